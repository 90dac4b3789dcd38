use std::collections::BTreeSet;

use crate::history::{Event, History};
use crate::plan::Plan;
use crate::workload::Workload;

/// A sentence for each server that says another version than its image's tag asks for.
///
/// A tag that names no version asks for none, and an image that is not the engine's official one counts in versions of
/// its own.
pub(super) fn warnings(history: &History, plans: &[Plan]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let warnings = history.records.iter().filter_map(|record| {
        let Event::Server {
            drill, pod, version, ..
        } = &record.event
        else {
            return None;
        };
        let mut workloads = plans.iter().map(|plan| &plan.workload);
        let workload = workloads.find(|workload| match drill {
            Some(drill) => workload.id() == *drill.workload,
            None => workload.members().any(|member| member.pod == *pod),
        })?;
        warning(workload, pod, version)
    });
    warnings.filter(|warning| seen.insert(warning.clone())).collect()
}

fn warning(workload: &Workload, pod: &str, version: &str) -> Option<String> {
    let asked = workload.engine.version_asked()?;
    let said = number(version)?;
    let agree = asked
        .split('.')
        .zip(said.split('.').map(Some).chain(std::iter::repeat(None)))
        .all(|(asked, said)| Some(asked) == said);
    (!agree).then(|| {
        format!(
            "{pod}: the image {} asks for version {asked}, the server says {said}",
            workload.engine.image
        )
    })
}

/// The first number with dots in what a server says of itself: 16.9 in `PostgreSQL 16.9 on x86_64`.
fn number(version: &str) -> Option<&str> {
    let words = version.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    words
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|word| {
            let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.'));
            word[..end.unwrap_or(word.len())].trim_end_matches('.')
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_servers_number_is_found_in_its_own_words() {
        for (version, found) in [
            (
                "PostgreSQL 16.9 on x86_64-pc-linux-musl, compiled by gcc 13.2",
                Some("16.9"),
            ),
            ("9.7.4-1 (Debian)", Some("9.7.4")),
            ("8.0.36 MySQL Community Server - GPL", Some("8.0.36")),
            ("4.4.2", Some("4.4.2")),
            ("nginx/1.22.1", Some("1.22.1")),
            ("17beta2", Some("17")),
            ("nginx", None),
            ("", None),
        ] {
            assert_eq!(number(version), found, "{version}");
        }
    }
}
