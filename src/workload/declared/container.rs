use k8s_openapi::api::core::v1::{Container, LifecycleHandler, Probe};

use super::Command;
use crate::manifest::{Manifest, Place};

/// A container of a pod, with the place of every field.
#[derive(Clone, Debug)]
pub struct DeclaredContainer<'s> {
    /// The object it stands in.
    pub manifest: &'s Manifest,
    /// The JSON pointer to it.
    pub pointer: String,
    /// When it runs.
    pub kind: ContainerKind,
    /// As Kubernetes reads it.
    pub spec: Container,
}

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// Before the others, to its end.
    Init,
    /// Before the others, and beside them from then on (`restartPolicy: Always`).
    Sidecar,
    /// As the pod's own.
    Main,
}

/// Which of its probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// A failure restarts the container.
    Liveness,
    /// A failure takes the pod out of its Services.
    Readiness,
    /// Until it succeeds the others wait; a failure restarts the container.
    Startup,
}

impl ProbeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Liveness, Self::Readiness, Self::Startup];

    /// The field's name.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
            Self::Startup => "startupProbe",
        }
    }
}

impl<'s> DeclaredContainer<'s> {
    /// Where a field stands, by its path without a leading slash: `livenessProbe/timeoutSeconds`.
    #[must_use]
    pub fn at(&self, path: &str) -> Place {
        self.manifest.locate(&self.path(path))
    }

    /// The JSON pointer to a field.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.pointer)
    }

    /// Its image, empty where it names none.
    #[must_use]
    pub fn image(&self) -> &str {
        self.spec.image.as_deref().unwrap_or_default()
    }

    /// A probe of it.
    #[must_use]
    pub fn probe(&self, kind: ProbeKind) -> Option<&Probe> {
        match kind {
            ProbeKind::Liveness => self.spec.liveness_probe.as_ref(),
            ProbeKind::Readiness => self.spec.readiness_probe.as_ref(),
            ProbeKind::Startup => self.spec.startup_probe.as_ref(),
        }
    }

    /// How long a server may take to answer a probe for the first time until the kubelet ends it, in seconds
    /// (Kubernetes, "Configure Probes": the initial delay, and a period a failure that is borne).
    #[must_use]
    pub fn budget_seconds(&self, kind: ProbeKind) -> Option<u32> {
        let probe = self.probe(kind)?;
        let count = |value: Option<i32>, default: u32| {
            value.map_or(default, |value| u32::try_from(value).unwrap_or_default())
        };
        let failures = count(probe.failure_threshold, 3).max(1);
        let period = count(probe.period_seconds, 10).max(1);
        Some(count(probe.initial_delay_seconds, 0).saturating_add(period.saturating_mul(failures)))
    }

    /// What the image's entry point is given, or what comes in its place: `command` and `args`.
    #[must_use]
    pub fn command(&self) -> Command<'s> {
        let mut words = self.spec.command.clone().unwrap_or_default();
        words.extend(self.spec.args.clone().unwrap_or_default());
        Command::new(self.manifest, self.pointer.clone(), words)
    }

    /// What a probe runs in the container.
    #[must_use]
    pub fn probe_command(&self, kind: ProbeKind) -> Option<Command<'s>> {
        let words = self.probe(kind)?.exec.as_ref()?.command.clone()?;
        let pointer = self.path(&format!("{}/exec/command", kind.field()));
        Some(Command::new(self.manifest, pointer, words))
    }

    /// What runs beside the container's own process as soon as that is started.
    #[must_use]
    pub fn post_start(&self) -> Option<Command<'s>> {
        let handler = self.spec.lifecycle.as_ref()?.post_start.as_ref()?;
        self.hook(handler, "postStart")
    }

    /// What runs before the container is told to end.
    #[must_use]
    pub fn pre_stop(&self) -> Option<Command<'s>> {
        let handler = self.spec.lifecycle.as_ref()?.pre_stop.as_ref()?;
        self.hook(handler, "preStop")
    }

    /// Everything it runs: its own command first, then probes and hooks.
    #[must_use]
    pub fn commands(&self) -> Vec<Command<'s>> {
        let probes = ProbeKind::ALL
            .into_iter()
            .filter_map(|kind| self.probe_command(kind));
        std::iter::once(self.command())
            .chain(probes)
            .chain(self.post_start())
            .chain(self.pre_stop())
            .filter(|command| !command.words.is_empty())
            .collect()
    }

    fn hook(&self, handler: &LifecycleHandler, name: &str) -> Option<Command<'s>> {
        let words = handler.exec.as_ref()?.command.clone()?;
        let pointer = self.path(&format!("lifecycle/{name}/exec/command"));
        Some(Command::new(self.manifest, pointer, words))
    }
}
