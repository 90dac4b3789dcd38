use miette::Diagnostic;
use thiserror::Error;

/// What can be wrong with a `stateproof.toml`. Nothing has been touched.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigProblem {
    /// It cannot be read.
    #[error("{path} cannot be read: {reason}")]
    #[diagnostic(code(stateproof::config::unreadable))]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// It is not TOML.
    #[error("not TOML: {reason}")]
    #[diagnostic(code(stateproof::config::not_toml), help("{help}"))]
    NotToml {
        /// What the parser said.
        reason: String,
        /// What to do about it.
        help: String,
    },
    /// A key that there is not.
    #[error("there is no key `{key}`{suggestion}")]
    #[diagnostic(code(stateproof::config::unknown_key), help("{known}"))]
    UnknownKey {
        /// The key.
        key: String,
        /// The one that was probably meant, as an end of the message; empty where none is near.
        suggestion: String,
        /// Those that there are.
        known: String,
    },
    /// A value of another type, or one that there is not.
    #[error("{fault}")]
    #[diagnostic(code(stateproof::config::wrong_value), help("{help}"))]
    WrongValue {
        /// What is wrong.
        fault: String,
        /// What to write instead.
        help: String,
    },
    /// Two settings that exclude each other.
    #[error("`{one}` and `{other}` cannot be used together")]
    #[diagnostic(code(stateproof::config::conflict), help("leave one of them out"))]
    Conflict {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A password that is not where it is said to be.
    #[error("the password of {workload} is not there: {reason}")]
    #[diagnostic(code(stateproof::config::no_password), help("set it before the run"))]
    NoPassword {
        /// The workload.
        workload: String,
        /// Why.
        reason: String,
    },
    /// A table of a workload that the manifests do not have.
    #[error("the manifests have no workload `{workload}`{suggestion}")]
    #[diagnostic(code(stateproof::config::no_workload), help("they have {known}"))]
    NoWorkload {
        /// The name.
        workload: String,
        /// The one that was probably meant, as an end of the message; empty where none is near.
        suggestion: String,
        /// Those that there are.
        known: String,
    },
    /// A table of a workload that is not verified.
    #[error("`{workload}` is not verified: {reason}")]
    #[diagnostic(
        code(stateproof::config::left_alone),
        help("leave the table out, or name in it what the workload runs: `engine = \"postgresql\"`")
    )]
    LeftAlone {
        /// The name.
        workload: String,
        /// Why it is left alone.
        reason: String,
    },
    /// More than one file where one counts.
    #[error("there is a stateproof.toml in {first} and in {second}")]
    #[diagnostic(
        code(stateproof::config::ambiguous),
        help("name the one that counts with `--config`")
    )]
    Ambiguous {
        /// The one directory.
        first: String,
        /// The other.
        second: String,
    },
    /// A file where it is not looked for, beside manifests that are read.
    #[error("there is no stateproof.toml in {directory}, and one below it: {file}")]
    #[diagnostic(
        code(stateproof::config::below),
        help("name it with `--config {file}`, or name the directory that it is in instead of {directory}")
    )]
    Below {
        /// The directory that is read.
        directory: String,
        /// The file.
        file: String,
    },
}
