use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::workload::Workload;

/// One thing that must be seen for a set to have failed as it was named.
///
/// Written `KIND/NAME:SIGN=TEXT`. A text matches where it is part of what the cluster says; a phase must be the same.
/// What a waiting container, a termination, an event or a log has once said counts from then on; a phase, and what the
/// scheduler says, must still be so in the end.
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

impl End {
    /// Whether it is about an object of this workload: the StatefulSet itself, a pod or a claim of a member.
    #[must_use]
    pub fn belongs_to(&self, workload: &Workload) -> bool {
        match self.kind.as_str() {
            "StatefulSet" => self.name == workload.name,
            "Pod" => workload.members().any(|member| member.pod == self.name),
            _ => workload
                .members()
                .any(|member| member.claims.contains(&self.name)),
        }
    }
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

    /// Whether objects of this kind have it.
    fn is_of(self, kind: &str) -> bool {
        match self {
            Self::Event => matches!(kind, "Pod" | "PersistentVolumeClaim" | "StatefulSet"),
            Self::Phase => matches!(kind, "Pod" | "PersistentVolumeClaim"),
            Self::Waiting | Self::Terminated | Self::Unschedulable | Self::Log => kind == "Pod",
        }
    }

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
    "`{0}` names no end: write KIND/NAME:SIGN=TEXT, for example `Pod/web-1:phase=Pending`, with a sign of {signs}; \
     claims (PersistentVolumeClaim) have phase and event, a StatefulSet has event",
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
            let whole = sign.is_of(kind) && !name.is_empty() && !text.is_empty();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_read_back_as_it_was_written() {
        for text in [
            "Pod/web-1:phase=Pending",
            "Pod/web-1:waiting=PostStartHookError: sh: mongosh: not found",
            "Pod/web-1:terminated=exit code 1",
            "Pod/web-1:unschedulable=didn't match pod anti-affinity rules",
            "Pod/web-1:event=FailedMount: secret \"db=tls\" not found",
            "Pod/web-1:log=FATAL: a=b/c",
            "PersistentVolumeClaim/data-web-1:phase=Pending",
            "StatefulSet/web:event=FailedCreate: exceeded quota",
        ] {
            assert_eq!(text.parse::<End>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_end_is_refused_with_what_there_is() {
        for text in [
            "",
            "web-1:phase=Pending",
            "Pod/:phase=Pending",
            "Pod/web-1:phase=",
            "Pod/web-1:phase",
            "Pod/web-1:mood=bad",
            "Pods/web-1:phase=Pending",
            "PersistentVolumeClaim/data:log=x",
            "StatefulSet/web:phase=Pending",
        ] {
            let error = text.parse::<End>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("`{text}`")) && error.contains("unschedulable, event, log"),
                "{error}"
            );
        }
    }
}
