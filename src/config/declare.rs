use std::ops::Range;
use std::path::Path;
use std::{env, fs};

use toml::Spanned;

use super::fault::File;
use super::{ConfigProblem, WorkloadTable};
use crate::manifest::Problem;
use crate::workload::{Declaration, Password, Tls, WorkloadId};

impl WorkloadTable {
    pub(super) fn declaration(
        &self,
        key: &Spanned<String>,
        directory: &Path,
        file: &File<'_>,
    ) -> Result<(WorkloadId, Declaration), Problem> {
        let id = match key.get_ref().split('/').collect::<Vec<_>>()[..] {
            [namespace, name] if !namespace.is_empty() && !name.is_empty() => WorkloadId {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            _ => {
                return Err(Problem::new(ConfigProblem::WrongValue {
                    fault: format!("`{}` names no workload", key.get_ref()),
                    help:
                        "write namespace and name: `[workload.\"shop/orders\"]`; where the manifests name no \
                           namespace, it is `default`"
                            .to_owned(),
                })
                .at(file.place(key.span()), "no namespace and name"));
            }
        };
        let declaration = Declaration {
            by: file.name.to_owned(),
            engine: self.engine.clone(),
            port: self.port,
            user: self.user.clone(),
            password: self.password(key.get_ref(), directory, file)?,
            database: self.database.clone(),
            data_directory: self.data_directory.clone(),
            tls: self.tls.as_ref().map(|tls| *tls.get_ref()),
            authority: self.authority(directory, file)?,
        };
        Ok((id, declaration))
    }

    fn authority(&self, directory: &Path, file: &File<'_>) -> Result<Option<String>, Problem> {
        let wrong = |span: Range<usize>, fault: String, help: &str| {
            let help = help.to_owned();
            Problem::new(ConfigProblem::WrongValue { fault, help }).at(file.place(span), "named here")
        };
        let asked = self.tls.as_ref().filter(|tls| *tls.get_ref() == Tls::VerifyFull);
        let path = match (&self.tls_ca, asked) {
            (Some(path), Some(_)) => path,
            (Some(path), None) => {
                let fault = "`tls_ca` is for `verify-full`: without it no certificate is checked".to_owned();
                return Err(wrong(
                    path.span(),
                    fault,
                    "write `tls = \"verify-full\"`, or leave `tls_ca` out",
                ));
            }
            (None, Some(tls)) => {
                let fault = "`verify-full` without an authority".to_owned();
                let help = "name the file with its certificates: `tls_ca = \"ca.crt\"`".to_owned();
                let place = file.place(tls.span());
                return Err(Problem::new(ConfigProblem::WrongValue { fault, help })
                    .at(place, "checked against whom?"));
            }
            (None, None) => return Ok(None),
        };
        let at = directory.join(path.get_ref());
        let text = fs::read_to_string(&at).map_err(|error| {
            wrong(
                path.span(),
                format!("{}: {error}", at.display()),
                "name a file that can be read",
            )
        })?;
        if text.contains("-----BEGIN CERTIFICATE-----") {
            Ok(Some(text))
        } else {
            let fault = format!("{} holds no certificate in PEM", at.display());
            Err(wrong(
                path.span(),
                fault,
                "it begins with `-----BEGIN CERTIFICATE-----`",
            ))
        }
    }

    fn password(
        &self,
        workload: &str,
        directory: &Path,
        file: &File<'_>,
    ) -> Result<Option<Password>, Problem> {
        let missing = |span: Range<usize>, reason: String| {
            let workload = workload.to_owned();
            Problem::new(ConfigProblem::NoPassword { workload, reason }).at(file.place(span), "named here")
        };
        match (&self.password, &self.password_env, &self.password_file) {
            (None, None, None) => Ok(None),
            (Some(password), None, None) => Ok(Some(Password::new(password.get_ref()))),
            (None, Some(variable), None) => match env::var(variable.get_ref()) {
                Ok(password) => Ok(Some(Password::new(password))),
                // Not by its name: a password may have been written in its place.
                Err(_) => Err(missing(
                    variable.span(),
                    "the environment has no variable of this name, or it is no text".to_owned(),
                )),
            },
            (None, None, Some(path)) => {
                let at = directory.join(path.get_ref());
                match fs::read_to_string(&at) {
                    Ok(password) => Ok(Some(Password::new(password.trim_end_matches(['\r', '\n'])))),
                    Err(error) => Err(missing(path.span(), format!("the file: {error}"))),
                }
            }
            _ => {
                let (one, other) = match (&self.password, &self.password_env) {
                    (Some(_), Some(_)) => ("password", "password_env"),
                    (Some(_), None) => ("password", "password_file"),
                    _ => ("password_env", "password_file"),
                };
                let named = self.password_env.as_ref().map(Spanned::span);
                let named = named.or_else(|| self.password_file.as_ref().map(Spanned::span));
                let place = file.place(named.unwrap_or_default());
                Err(Problem::new(ConfigProblem::Conflict { one, other }).at(place, "a second password"))
            }
        }
    }
}
