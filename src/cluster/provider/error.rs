use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::Provider;
use crate::manifest::Problem;

/// Why a cluster could not be had, used or removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The `docker` command is not there.
    #[error("`docker` is not on PATH: run scripts/setup, or install Docker")]
    DockerMissing,
    /// The `docker` command is there, the engine does not answer it.
    #[error("the Docker engine does not answer: start Docker, or run scripts/setup ({detail})")]
    DockerUnreachable {
        /// What the command said.
        detail: String,
    },
    /// A provider's command is not there.
    #[error("`{tool}` is neither on PATH nor at {}: run scripts/setup, or install {tool}", .looked.display())]
    ToolMissing {
        /// The command.
        tool: &'static str,
        /// Where it was looked for besides PATH.
        looked: PathBuf,
    },
    /// A command could not be started, or its pipes broke.
    #[error("`{command}` could not be run")]
    Command {
        /// The command with its arguments.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// A command ended with an error.
    #[error("`{command}` ended with {status}{}", indented(.stderr))]
    Failed {
        /// The command with its arguments.
        command: String,
        /// The exit status or the signal.
        status: String,
        /// The last lines that it wrote to standard error.
        stderr: String,
    },
    /// A command did not end in time and was killed.
    #[error("`{command}` did not end within {} s{}", .after.as_secs(), indented(.stderr))]
    Deadline {
        /// The command with its arguments.
        command: String,
        /// How long it was given.
        after: Duration,
        /// The last lines that it wrote to standard error.
        stderr: String,
    },
    /// A command's answer is not what it is documented to be.
    #[error("`{command}` answered what cannot be read: {reason}")]
    Answer {
        /// The command with its arguments.
        command: String,
        /// What is wrong with it, and the text.
        reason: String,
    },
    /// The name cannot be a cluster's.
    #[error(
        "{name:?} cannot name a cluster: lower-case letters, digits and inner hyphens, 1 to {longest} \
         characters are allowed"
    )]
    Name {
        /// The name.
        name: String,
        /// How many characters the provider allows.
        longest: usize,
    },
    /// A cluster without nodes was asked for.
    #[error("a cluster needs at least one node")]
    NoNodes,
    /// The configuration file is another provider's.
    #[error("{} is no configuration of {provider}", .path.display())]
    OtherConfig {
        /// The file.
        path: PathBuf,
        /// The provider that was asked for.
        provider: Provider,
    },
    /// The configuration file cannot be used. Nothing was made.
    #[error("{0}")]
    Config(Box<Problem>),
    /// A cluster of that name exists and was not made by stateproof, or not with this state directory.
    #[error(
        "the {provider} cluster {name:?} is not ours and is left untouched (containers {}; not in the journal {}): \
         choose another name, or remove it yourself with `{}`",
        .containers.join(", "), .journal.display(), .provider.deletion(.name)
    )]
    NotOurs {
        /// What made it.
        provider: Provider,
        /// The cluster's name.
        name: String,
        /// Its containers.
        containers: Vec<String>,
        /// The journal that does not know them.
        journal: PathBuf,
    },
    /// Our cluster of that name is another than the one asked for.
    #[error(
        "the cluster {name:?} is there with {has}, asked for is {asked}: choose another name, or remove it with \
         `stateproof down {name}`"
    )]
    Differs {
        /// The cluster's name.
        name: String,
        /// What it has.
        has: String,
        /// What was asked for.
        asked: String,
    },
    /// A journal cannot be read.
    #[error("the journal {} is damaged: {reason}", .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state directory cannot be used.
    #[error("{action} {} failed", .path.display())]
    State {
        /// What was done, for example `writing`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no place for the journal.
    #[error("neither STATEPROOF_STATE, XDG_STATE_HOME nor HOME is set: no place for the journal")]
    NoStateDir,
    /// The cluster is no longer the one that was got.
    #[error("the cluster {name:?} was removed meanwhile")]
    Gone {
        /// The cluster's name.
        name: String,
    },
    /// What an interrupted creation left running cannot be ended.
    #[error("the interrupted creation of cluster {name:?} does not end")]
    StillCreating {
        /// The cluster's name.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A removal left something behind.
    #[error("the removal of cluster {name:?} left behind: {}", .what.join(", "))]
    LeftBehind {
        /// The cluster's name.
        name: String,
        /// What is still there.
        what: Vec<String>,
    },
    /// A node still lacks an image after it was loaded.
    #[error("node {node} lacks {image} after it was loaded")]
    NotLoaded {
        /// The node.
        node: String,
        /// The image, as containerd names it.
        image: String,
    },
    /// The stream of a node's events ended.
    #[error("the container events of node {node} ended: {reason}")]
    EventsEnded {
        /// The node.
        node: String,
        /// What the command said.
        reason: String,
    },
}

/// Standard error below the message, so that a long one stays readable.
fn indented(stderr: &str) -> String {
    stderr
        .lines()
        .fold(String::new(), |text, line| text + "\n    " + line)
}
