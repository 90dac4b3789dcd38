use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::workload::Workload;

/// One thing that must be seen for a set to have failed as it was named.
///
/// Written `KIND/NAME:SIGN=TEXT`. A text matches where it is part of what the cluster says; a phase must be the same.
/// What a waiting container, a termination, an event or a log has once said counts from then on; a phase, and what the
/// scheduler says, must still be so in the end. An event's text may begin with its type: `event=Warning/REASON: MESSAGE`.
///
/// ```
/// use stateproof::plan::{End, EventType, Sign};
///
/// let end: End = "PersistentVolumeClaim/data-web-1:event=Warning/ProvisioningFailed: storageclass".parse()?;
/// assert_eq!((end.kind.as_str(), end.name.as_str()), ("PersistentVolumeClaim", "data-web-1"));
/// assert_eq!(end.sign, Sign::Event);
/// assert_eq!(end.event_type, Some(EventType::Warning));
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
    /// The type of the event that counts; of either type where it is not said, and of no other sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
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
    /// An event about the object, `REASON: MESSAGE`, of the type that may be said before it.
    Event,
    /// The last lines of a container's log.
    Log,
}

/// How grave an event is to the cluster, by the words that its API has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventType {
    /// What was to be expected.
    Normal,
    /// Something that somebody may have to look at.
    Warning,
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

impl EventType {
    const ALL: [Self; 2] = [Self::Normal, Self::Warning];

    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// A text that names no end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotAnEnd {
    /// It has another form.
    #[error(
        "`{0}` names no end: write KIND/NAME:SIGN=TEXT, for example `Pod/web-1:phase=Pending`, with a sign of {signs}; \
         claims (PersistentVolumeClaim) have phase and event, a StatefulSet has event",
        signs = Sign::ALL.map(Sign::name).join(", ")
    )]
    Form(String),
    /// No event is of that type.
    #[error(
        "`{end}` names no end: `{found}` is no type of an event, which is {types}; a text with a slash of its own comes \
         after the reason: `event=REASON: TEXT`",
        types = EventType::ALL.map(EventType::name).join(" or ")
    )]
    EventType {
        /// The whole text.
        end: String,
        /// What stands where the type would.
        found: String,
    },
}

impl FromStr for End {
    type Err = NotAnEnd;

    fn from_str(end: &str) -> Result<Self, Self::Err> {
        let parts = || {
            let (object, sign) = end.split_once(':')?;
            let (kind, name) = object.split_once('/')?;
            let (sign, text) = sign.split_once('=')?;
            let sign = Sign::ALL.into_iter().find(|known| known.name() == sign)?;
            (sign.is_of(kind) && !name.is_empty()).then_some((kind, name, sign, text))
        };
        let form = || NotAnEnd::Form(end.to_owned());
        let (kind, name, sign, text) = parts().ok_or_else(form)?;
        let (event_type, text) = match type_in(text).filter(|_| sign == Sign::Event) {
            Some((found, text)) => {
                let known = EventType::ALL.into_iter().find(|known| known.name() == found);
                let unknown = || NotAnEnd::EventType {
                    end: end.to_owned(),
                    found: found.to_owned(),
                };
                (Some(known.ok_or_else(unknown)?), text)
            }
            None => (None, text),
        };
        if text.is_empty() {
            return Err(form());
        }
        Ok(Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            sign,
            event_type,
            text: text.to_owned(),
        })
    }
}

/// A word before a slash at the beginning of an event's text, and what comes after: no reason has a slash in it.
fn type_in(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once('/')?;
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word.then_some((word, rest))
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, text, .. } = self;
        write!(f, "{kind}/{name}:{}=", self.sign.name())?;
        if let Some(event_type) = self.event_type {
            write!(f, "{}/", event_type.name())?;
        }
        f.write_str(text)
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
            "Pod/web-1:event=Warning/FailedMount: secret \"db/tls\" not found",
            "Pod/web-1:event=Normal/Killing",
            "Pod/web-1:event=storage.k8s.io/v1",
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
            "Pod/web-1:event=",
            "Pod/web-1:event=Warning/",
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

    #[test]
    fn an_events_type_is_one_of_two() {
        for (text, found) in [
            ("Pod/web-1:event=Error/FailedMount", "Error"),
            ("Pod/web-1:event=warning/FailedMount", "warning"),
            ("StatefulSet/web:event=FailedCreate/x", "FailedCreate"),
        ] {
            let error = text.parse::<End>().unwrap_err().to_string();
            let said = format!(
                "`{text}` names no end: `{found}` is no type of an event, which is Normal or Warning"
            );
            assert!(error.starts_with(&said), "{error}");
        }
    }

    /// What was written before there were types is of either.
    #[test]
    fn a_history_without_types_is_read() {
        let old = r#"{"kind":"Pod","name":"web-1","sign":"event","text":"FailedMount"}"#;
        let end: End = serde_json::from_str(old).unwrap();
        assert_eq!(end, "Pod/web-1:event=FailedMount".parse().unwrap());
        assert_eq!(serde_json::to_string(&end).unwrap(), old);
    }
}
