use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One thing that must be seen for a set to have failed as it was named.
///
/// Written `KIND/NAME:SIGN=TEXT`. A text matches where it is part of what the cluster says; a phase must be the same.
///
/// ```
/// use stateproof::plan::{End, Sign};
///
/// let end: End = "PersistentVolumeClaim/data-web-1:event=ProvisioningFailed: storageclass".parse()?;
/// assert_eq!((end.kind.as_str(), end.name.as_str()), ("PersistentVolumeClaim", "data-web-1"));
/// assert_eq!(end.sign, Sign::Event);
/// assert_eq!(end.text, "ProvisioningFailed: storageclass");
/// # Ok::<(), stateproof::plan::NotAnEnd>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The kind of the object: `Pod`, `PersistentVolumeClaim` or `StatefulSet`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where it is looked for.
    pub sign: Sign,
    /// What must be there.
    pub text: String,
}

/// Where a failure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// `status.phase`.
    Phase,
    /// Why a container waits, `REASON: MESSAGE`.
    Waiting,
    /// How a container ended, `REASON (exit code N): MESSAGE`.
    Terminated,
    /// Why the scheduler finds no node.
    Unschedulable,
    /// An event about the object, `REASON: MESSAGE`.
    Event,
    /// The last lines of a container's log.
    Log,
}

impl Sign {
    const ALL: [Self; 6] = [
        Self::Phase,
        Self::Waiting,
        Self::Terminated,
        Self::Unschedulable,
        Self::Event,
        Self::Log,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Waiting => "waiting",
            Self::Terminated => "terminated",
            Self::Unschedulable => "unschedulable",
            Self::Event => "event",
            Self::Log => "log",
        }
    }
}

/// A text that names no end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` names no end: write KIND/NAME:SIGN=TEXT, for example `Pod/web-1:phase=Pending`, with a sign of {signs}",
    signs = Sign::ALL.map(Sign::name).join(", ")
)]
pub struct NotAnEnd(String);

impl FromStr for End {
    type Err = NotAnEnd;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = || {
            let (object, sign) = text.split_once(':')?;
            let (kind, name) = object.split_once('/')?;
            let (sign, text) = sign.split_once('=')?;
            let sign = Sign::ALL.into_iter().find(|known| known.name() == sign)?;
            let whole = !kind.is_empty() && !name.is_empty() && !text.is_empty();
            whole.then(|| Self {
                kind: kind.to_owned(),
                name: name.to_owned(),
                sign,
                text: text.to_owned(),
            })
        };
        parts().ok_or_else(|| NotAnEnd(text.to_owned()))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}:{}={}",
            self.kind,
            self.name,
            self.sign.name(),
            self.text
        )
    }
}
