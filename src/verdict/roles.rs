use super::agreement::pod_of;
use super::model::Finding;
use super::role_history::{Role, roles_at};
use super::view::{DrillView, Ending};
use crate::history::{Event, Probe};
use crate::workload::ServiceRef;

/// `NotWritablePrimary`, called `NotMaster` before MongoDB 5.0.
const NOT_WRITABLE_PRIMARY: &str = "(10107)";

/// `NotPrimaryNoSecondaryOk`, called `NotMasterNoSlaveOk` before MongoDB 5.0.
const NOT_PRIMARY_NO_SECONDARY_OK: &str = "(13435)";

/// One PRIMARY, the others SECONDARY, each answering as its role lets it, and all under names that stay.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let roles = roles_at(view, usize::MAX);
    if roles.is_empty() {
        return Finding::inconclusive("no member said what its role is");
    }
    let mut evidence = Vec::new();
    let mut wrong = Vec::new();
    let said: Vec<String> = view
        .workload
        .members()
        .map(|member| match roles.get(member.pod.as_str()) {
            Some(Role {
                role,
                term: Some(term),
            }) => format!("{} {role} in term {term}", member.pod),
            Some(Role { role, .. }) => format!("{} {role}", member.pod),
            None => format!("{} said nothing", member.pod),
        })
        .collect();
    let count = |role: &str| roles.values().filter(|known| known.role == role).count();
    let all = view.workload.members().count();
    if count("PRIMARY") == 1 && count("PRIMARY") + count("SECONDARY") == all {
        evidence.push(said.join(", "));
    } else if view.ending == Ending::Complete {
        wrong.push(format!(
            "not one PRIMARY and {} SECONDARY: {}",
            all.saturating_sub(1),
            said.join(", ")
        ));
    } else {
        // A time-out of the harness is no proof.
        return Finding::inconclusive(said.join(", "));
    }
    match names(view) {
        Ok(names) => evidence.push(names),
        Err(Unstable::Unknown) => return Finding::inconclusive("no member said what its configuration is"),
        Err(Unstable::Names(why)) => wrong.extend(why),
    }
    match answers(view) {
        Ok(answers) => evidence.extend(answers),
        Err(why) => wrong.extend(why),
    }
    if wrong.is_empty() {
        Finding::held(evidence)
    } else {
        wrong.extend(evidence);
        Finding::violated(wrong)
    }
}

/// What a reader should know of the names that applications are given: one that leads to every member leads to those
/// that refuse.
pub(super) fn warnings(view: &DrillView<'_>) -> Vec<String> {
    let services = &view.workload.services;
    let spread = services.iter().filter(|service| {
        // The governing one is for the members themselves, unless there is no other.
        service.pod.is_none() && (service.name != view.workload.governing_service || services.len() == 1)
    });
    spread.filter_map(|service| warning(view, service)).collect()
}

fn warning(view: &DrillView<'_>, service: &ServiceRef) -> Option<String> {
    let refused: Vec<&str> = view
        .own()
        .filter_map(|at| match at.event {
            Event::Probed {
                probe: Probe::WriteThroughService,
                against,
                refused: Some(words),
                ..
            } if *against == service.dns => Some(words.as_str()),
            _ => None,
        })
        .collect();
    let first = refused.first()?;
    let accepted = view.own().filter(|at| {
        matches!(at.event, Event::Probed { probe: Probe::WriteThroughService, against, answer: Some(_), .. }
            if *against == service.dns)
    });
    Some(format!(
        "{}: the Service {} leads to SECONDARY members too: of {} writes through it {} were refused, for example by \
         {first}; an application that is given this name must know the replica set (replicaSet=…), or it finds no rows \
         now and then",
        view.workload.id(),
        service.name,
        accepted.count() + refused.len(),
        refused.len()
    ))
}

enum Unstable {
    Unknown,
    Names(Vec<String>),
}

/// Whether the hosts of the newest configuration are the members' stable names.
fn names(view: &DrillView<'_>) -> Result<String, Unstable> {
    let mut configurations = view.all().rev().filter_map(|at| match at.event {
        Event::Configuration { workload, hosts, .. } if *workload == *view.id.workload => Some(hosts),
        _ => None,
    });
    let hosts = configurations.next().ok_or(Unstable::Unknown)?;
    let mut wrong = Vec::new();
    let port = view.workload.engine.port;
    for member in view.workload.members() {
        let stable = [member.dns.as_str(), member.dns.trim_end_matches(".cluster.local")];
        if !stable
            .iter()
            .any(|name| hosts.contains(&format!("{name}:{port}")))
        {
            wrong.push(format!(
                "the configuration does not have {} under its name {}:{port}",
                member.pod, member.dns
            ));
        }
    }
    for host in hosts {
        let (name, _) = host.rsplit_once(':').unwrap_or((host, ""));
        let is_address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        if is_address {
            let whose = pod_of(view, name, usize::MAX).map_or_else(String::new, |pod| format!(" of {pod}"));
            wrong.push(format!(
                "it has the address {name}{whose}, which the next pod does not have"
            ));
        } else if !name.contains('.') {
            wrong.push(format!(
                "it has the short name {name}, which resolves in that pod only"
            ));
        }
    }
    if wrong.is_empty() {
        Ok(format!("configured with {}", hosts.join(", ")))
    } else {
        Err(Unstable::Names(wrong))
    }
}

/// Whether SECONDARY members refuse what they are to refuse, with the code that drivers know it by, and answer the rest.
fn answers(view: &DrillView<'_>) -> Result<Vec<String>, Vec<String>> {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for at in view.own() {
        let Event::Probed {
            probe,
            against,
            answer,
            refused,
            ..
        } = at.event
        else {
            continue;
        };
        let wanted = match probe {
            Probe::ReadPlain => Some((NOT_PRIMARY_NO_SECONDARY_OK, "a read without secondaryOk")),
            Probe::WriteSecondary => Some((NOT_WRITABLE_PRIMARY, "a write")),
            Probe::ReadSecondaryOk => None,
            Probe::WriteThroughService | Probe::Get => continue,
        };
        match (wanted, refused, answer) {
            (Some((code, what)), Some(words), _) if words.contains(code) => {
                right.push(format!("{against} refused {what}: {words}"));
            }
            (Some((_, what)), Some(words), _) => {
                wrong.push(format!("{against} refused {what} for another reason: {words}"));
            }
            (Some((_, what)), None, _) => {
                wrong.push(format!("{against}, a SECONDARY, did not refuse {what}"));
            }
            (None, None, Some(answer)) => {
                right.push(format!("{against} answered a read with secondaryOk: {answer}"));
            }
            (None, refused, _) => wrong.push(format!(
                "{against} refused a read with secondaryOk: {}",
                refused.as_deref().unwrap_or("no answer")
            )),
        }
    }
    if wrong.is_empty() { Ok(right) } else { Err(wrong) }
}
