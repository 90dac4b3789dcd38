use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP023",
    title: "acknowledged writes can be rolled back at a failover",
    level: Level::Warning,
    why: "A write that only the PRIMARY has acknowledged (w:1, w:0) is rolled back when another member is elected that \
          has not seen it. With an arbiter a member fewer holds the data, and the default write concern falls to w:1.",
    mend: "write with w=majority (the default since MongoDB 5.0), and use three members that hold data instead of an \
           arbiter",
    source: "MongoDB, \"Write Concern\", \"Replica Set Arbiter\"",
    foresees: &[Promise::Durability],
    fixable: false,
    check,
};

const ARBITERS: [&str; 3] = ["arbiterOnly: true", "arbiterOnly:true", "rs.addArb"];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for text in inventory.texts(maker) {
            let (part, message) = if let Some(arbiter) = text.mentions(&ARBITERS) {
                (
                    arbiter.to_owned(),
                    "the replica set has an arbiter: the default write concern becomes w:1",
                )
            } else if let Some(option) = weak_option(&text.text) {
                (
                    option,
                    "writes are acknowledged by fewer members than survive an election",
                )
            } else {
                continue;
            };
            findings.push(Finding::of(
                &RULE,
                maker,
                text.place_of(&part),
                "rolled back at a failover",
                message,
            ));
        }
    }
    findings
}

/// `w=1`, `w=0` or `journal=false` among the options of a `mongodb://` address.
fn weak_option(text: &str) -> Option<String> {
    ["mongodb://", "mongodb+srv://"].iter().find_map(|scheme| {
        let address = &text[text.find(scheme)?..];
        let address = address.split([' ', '"', '\'', '\n']).next().unwrap_or_default();
        let options = address.split_once('?')?.1;
        let weak = ["w=0", "w=1", "journal=false", "j=false"];
        options
            .split('&')
            .find(|option| weak.contains(option))
            .map(str::to_owned)
    })
}
