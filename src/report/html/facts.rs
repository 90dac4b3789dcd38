use std::collections::BTreeMap;

use crate::verdict::{ServerFacts, Verdict};

/// Servers that said the same of themselves.
pub(super) struct Servers<'v> {
    pub pods: Vec<&'v str>,
    pub version: &'v str,
    pub settings: &'v BTreeMap<String, String>,
}

/// What the servers said, each answer once with all who gave it.
pub(super) fn servers(verdict: &Verdict) -> Vec<Servers<'_>> {
    let mut all: Vec<Servers<'_>> = Vec::new();
    for ServerFacts {
        pod,
        version,
        settings,
    } in &verdict.facts.servers
    {
        let known = all
            .iter_mut()
            .find(|known| known.version == version && known.settings == settings);
        match known {
            Some(known) if known.pods.contains(&pod.as_str()) => {}
            Some(known) => known.pods.push(pod),
            None => all.push(Servers {
                pods: vec![pod],
                version,
                settings,
            }),
        }
    }
    all
}
