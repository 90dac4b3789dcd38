use std::fmt;

/// What a client needs to log in.
///
/// Never serialised: a history, a report and a log must not contain a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user that the ledger is written as.
    pub user: String,
    /// That user's password.
    pub password: Password,
    /// The database that the ledger's table is made in.
    pub database: String,
    /// The certificates, in PEM, of whoever signs the servers': for [`Tls::VerifyFull`](super::Tls::VerifyFull).
    pub authority: Option<String>,
}

/// A password that no `Debug` output, log line or history contains.
///
/// ```
/// use stateproof::workload::Password;
///
/// let password = Password::new("hunter2");
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// assert_eq!(password.reveal(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The password itself, for the driver's login and nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
