use std::fmt;

use super::{Expectation, Outcome, Plan, PlannedDrill, Step, reason};
use crate::workload::{ClaimTemplate, Workload};

/// The plan as a person reads it before a run: the workload, then a paragraph a drill.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        workload(&self.workload, f)?;
        for planned in &self.drills {
            drill(planned, &self.workload, f)?;
        }
        if let Some(rounds) = &self.rounds {
            let names = |round| {
                let drills = self.round(round);
                let names: Vec<_> = drills.iter().map(|planned| planned.drill.name()).collect();
                names.join(", ")
            };
            writeln!(f, "\nrounds\n  {rounds}")?;
            for (when, drills) in [("the first", names(1)), ("once, afterwards", names(0))] {
                if !drills.is_empty() {
                    writeln!(f, "  {when}: {drills}")?;
                }
            }
        }
        if !self.left_out.is_empty() {
            writeln!(f, "\nleft out")?;
        }
        for left_out in &self.left_out {
            writeln!(f, "  {}: {}", left_out.drill, left_out.reason)?;
        }
        Ok(())
    }
}

/// A step in a word or two.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve => f.write_str("resolve"),
            Self::Write { rows } => write!(f, "write {rows} rows"),
            Self::StartWriter => f.write_str("start the writer"),
            Self::Crash => f.write_str("kill the server process"),
            Self::DeletePod { grace_seconds: None } => f.write_str("delete the pod"),
            Self::DeletePod {
                grace_seconds: Some(seconds),
            } => write!(f, "delete the pod with grace period {seconds} s"),
            Self::DeleteStatefulSet => f.write_str("delete the StatefulSet"),
            Self::DeleteClaims => f.write_str("delete the claims"),
            Self::Reapply => f.write_str("apply again"),
            Self::AwaitReady => f.write_str("await Ready"),
            Self::AwaitRows { rows } => write!(f, "await {rows} more rows"),
            Self::StopWriter { rows_after } => write!(f, "stop the writer {rows_after} rows later"),
            Self::InspectClaims => f.write_str("inspect the claims"),
            Self::Read => f.write_str("read"),
            Self::ReadServices => f.write_str("read through the Services"),
            Self::Get => f.write_str("GET /"),
            Self::ResolveServices => f.write_str("resolve the Services"),
            Self::RenewFirst => f.write_str("renew the first pod"),
            Self::DeletePods => f.write_str("delete all pods"),
            Self::Scale { replicas } => write!(f, "scale to {replicas}"),
            Self::AwaitAllReady => f.write_str("await all Ready"),
            Self::Restart => f.write_str("restart"),
            Self::Undo => f.write_str("undo the restart"),
            Self::BreakImage => f.write_str("ask for an image that cannot be had"),
            Self::AwaitBroken => f.write_str("await a pod without its image"),
            Self::MendImage => f.write_str("set the image back"),
            Self::AwaitMended => f.write_str("await all Ready, with help if need be"),
            Self::Upgrade { .. } => f.write_str("apply the new manifests"),
            Self::Evict { pods: 1 } => f.write_str("evict the pod"),
            Self::Evict { pods } => write!(f, "evict {pods} pods"),
            Self::Cordon => f.write_str("cordon its node"),
            Self::AwaitDisplaced => f.write_str("await it Ready elsewhere, or Pending for its volume"),
            Self::Uncordon => f.write_str("uncordon the node"),
            Self::PauseNode => f.write_str("pause its node"),
            Self::ResumeNode => f.write_str("let the node go on"),
            Self::AwaitEnded => f.write_str("await the old server's end"),
            Self::WriteThroughServices => f.write_str("write through the Services"),
            Self::ReadMembers => f.write_str("read each member"),
            Self::AwaitRoles => f.write_str("await PRIMARY and SECONDARY"),
            Self::ProbeRoles => f.write_str("ask each role"),
            Self::ElectFirst => f.write_str("have the first member elected PRIMARY"),
            Self::StepDown => f.write_str("step the PRIMARY down"),
            Self::ProbePrimaryAddress => f.write_str("write through the PRIMARY's Service"),
            Self::AwaitEnd => f.write_str("await the named end"),
        }
    }
}

fn workload(workload: &Workload, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let engine = &workload.engine;
    let members = match workload.replicas {
        1 => "1 member".to_owned(),
        members => format!("{members} members"),
    };
    writeln!(
        f,
        "{}: {} ({}), {members}, declared at {}",
        workload.id(),
        engine,
        engine.image,
        workload.declared_at
    )?;
    if !engine.recognised_by.is_empty() {
        writeln!(
            f,
            "  recognised by {}, in container {}",
            engine.recognised_by, engine.container
        )?;
    }
    if !workload.login.is_empty() {
        writeln!(f, "  login: {}", workload.login)?;
    }
    for claim in &workload.claims {
        self::claim(claim, f)?;
    }
    for note in &workload.notes {
        writeln!(f, "  note: {note}")?;
    }
    Ok(())
}

fn claim(claim: &ClaimTemplate, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let class = claim.storage_class.as_ref().map_or_else(
        || "of the default class".to_owned(),
        |class| format!("of class {class}"),
    );
    writeln!(
        f,
        "  claim {}: {} {} {class}, mounted at {}",
        claim.name,
        claim.storage,
        claim.access_modes.join(", "),
        claim.mounts.join(", ")
    )
}

fn drill(planned: &PlannedDrill, workload: &Workload, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\n{} {}", planned.drill, workload.member(planned.member).pod)?;
    writeln!(f, "  why: {}", reason::why(planned, workload))?;
    let steps: Vec<String> = planned.steps.iter().map(Step::to_string).collect();
    writeln!(f, "  steps: {}", steps.join(" → "))?;
    for differs in planned.change.iter().flat_map(|change| &change.differs) {
        writeln!(f, "  changes: {differs}")?;
    }
    for end in &planned.ends {
        writeln!(f, "  end: {end}")?;
    }
    let promises: Vec<String> = planned.expectations.iter().copied().map(expectation).collect();
    writeln!(f, "  promises: {}", promises.join(", "))
}

/// A promise, and what passes where it is not that it holds.
fn expectation(expectation: Expectation) -> String {
    match expectation.expected {
        Outcome::Held => expectation.promise.to_string(),
        other => format!("{} (expected to be {other})", expectation.promise),
    }
}
