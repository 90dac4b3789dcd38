use super::declaration::Declaration;
use super::environment::Setting;
use super::{Credentials, Password};

/// How to log in, with where each part of it is from. It holds a password: no `Debug`.
pub(super) struct Login {
    pub(super) user: Setting,
    pub(super) password: Setting,
    pub(super) database: Setting,
    /// Who signs the server's certificate.
    pub(super) authority: Option<String>,
}

impl Login {
    /// Without a user: nobody logs in.
    pub(super) fn nobody() -> Self {
        let nothing = || Setting::default_of("");
        Self {
            user: nothing(),
            password: nothing(),
            database: nothing(),
            authority: None,
        }
    }

    /// As what is declared says, in the parts of which it says anything.
    pub(super) fn or_declared(mut self, declared: &Declaration) -> Self {
        let says = |value: &str| Setting::declared(value, &declared.by);
        if let Some(user) = &declared.user {
            self.user = says(user);
        }
        if let Some(password) = &declared.password {
            self.password = says(password.reveal());
        }
        if let Some(database) = &declared.database {
            self.database = says(database);
        }
        self.authority.clone_from(&declared.authority);
        self
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials {
            user: self.user.value.clone(),
            password: Password::new(self.password.value.clone()),
            database: self.database.value.clone(),
            authority: self.authority.clone(),
        }
    }

    /// Where each part is from; of a Secret's values, and of a password whatever it is from, never the value itself.
    pub(super) fn told(&self) -> String {
        if self.user.value.is_empty() {
            return "as nobody: no user is made".to_owned();
        }
        let password = if self.password.value.is_empty() {
            "without a password".to_owned()
        } else {
            format!("password from {}", self.password.from)
        };
        format!(
            "user {}, {password}, database {}",
            self.user.told(),
            self.database.told()
        )
    }
}
