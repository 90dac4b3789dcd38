use super::RunError;
use super::drill::Bench;
use crate::engine::Target;
use crate::history::{DrillId, Event, Probe};
use crate::workload::Member;

/// Asks a member that keeps no rows for its page, until it answers, and records what it said.
pub async fn get(
    bench: &Bench<'_>,
    drill: &DrillId,
    target: &Target,
    member: &Member,
) -> Result<(), RunError> {
    let session = bench.route.connect(drill, target, bench.deadline).await?;
    let facts = session.facts().await?;
    let told = |name| facts.settings.get(name).map(String::as_str).unwrap_or_default();
    bench.recorder.record(Event::Probed {
        drill: drill.clone(),
        probe: Probe::Get,
        against: target.name(),
        answer: Some(format!("{}: {}", told("GET / status"), told("GET / page"))),
        refused: None,
    })?;
    Ok(bench.recorder.record(Event::Server {
        drill: Some(drill.clone()),
        pod: member.pod.clone(),
        version: facts.version,
        settings: facts.settings,
    })?)
}
