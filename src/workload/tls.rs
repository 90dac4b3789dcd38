use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether connections to a server are encrypted, and what of its certificate is checked: libpq's `sslmode` by another
/// name (PostgreSQL's manual, "SSL Support").
///
/// ```
/// use stateproof::workload::Tls;
///
/// assert_eq!(Tls::default(), Tls::Prefer);
/// assert_eq!(Tls::VerifyFull.to_string(), "verify-full");
/// assert!(Tls::Require.is_wanted() && !Tls::Prefer.is_wanted());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Never.
    Disable,
    /// Where PostgreSQL offers it and where MySQL insists on it; the certificate may be anybody's. MongoDB is spoken to
    /// in plain text.
    #[default]
    Prefer,
    /// Always; the certificate may be anybody's.
    Require,
    /// Always; the certificate is signed by the authority that was named, for the name that was dialled.
    VerifyFull,
}

impl Tls {
    /// Whether a connection without it is none.
    #[must_use]
    pub fn is_wanted(self) -> bool {
        matches!(self, Self::Require | Self::VerifyFull)
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `skip_serializing_if` gives a reference"
    )]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyFull => "verify-full",
        })
    }
}
