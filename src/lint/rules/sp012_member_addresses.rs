use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP012",
    title: "a replica set's members are known by their pods' addresses",
    level: Level::Error,
    why: "A pod that is made anew has another address. The replica set's configuration still has the old ones: after all \
          pods were lost, no member finds itself or another in it, and none is ever PRIMARY again.",
    mend: "initiate it with the members' DNS names: POD.SERVICE.NAMESPACE.svc.cluster.local",
    source: "helm/charts#7075",
    foresees: &[Promise::Roles, Promise::Recovery],
    fixable: false,
    check,
};

/// How members are made known to a replica set.
const CALLS: [&str; 4] = ["rs.initiate", "rs.add", "replSetInitiate", "replSetReconfig"];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        let addresses = address_variables(maker);
        for text in inventory.texts(maker) {
            if text.mentions(&CALLS).is_none() {
                continue;
            }
            let by_command = text.mentions(&["hostname -i", "hostname -I", "hostname --ip-address"]);
            let by_variable = addresses.iter().find(|name| {
                [format!("${name}"), format!("${{{name}}}"), format!("$({name})")]
                    .iter()
                    .any(|used| text.text.contains(used))
            });
            let by_number = literal_member(&text.text);
            let Some(used) = by_command
                .map(str::to_owned)
                .or(by_variable.cloned())
                .or(by_number)
            else {
                continue;
            };
            let message = "the replica set is initiated with addresses that change with the pods";
            findings.push(Finding::of(
                &RULE,
                maker,
                text.place_of(&used),
                "a pod's address",
                message,
            ));
        }
    }
    findings
}

/// Variables that hold the pod's own address.
fn address_variables(maker: &PodMaker<'_>) -> Vec<String> {
    let variables = maker
        .containers
        .iter()
        .flat_map(|container| container.spec.env.iter().flatten());
    variables
        .filter(|variable| {
            let source = variable
                .value_from
                .as_ref()
                .and_then(|source| source.field_ref.as_ref());
            source.is_some_and(|field| field.field_path == "status.podIP")
        })
        .map(|variable| variable.name.clone())
        .collect()
}

/// `host: "10.244.0.7:27017"`: the number itself.
fn literal_member(text: &str) -> Option<String> {
    text.match_indices("host").find_map(|(at, found)| {
        let rest = text[at + found.len()..].trim_start_matches([' ', ':', '"', '\'', '\\']);
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let address: std::net::Ipv4Addr = rest[..end].parse().ok()?;
        (!address.is_loopback()).then(|| rest[..end].to_owned())
    })
}
