use super::prelude::*;
use crate::workload::declared::Command;

pub(super) static RULE: Rule = Rule {
    id: "SP025",
    title: "a script calls a program that the image does not have",
    level: Level::Error,
    why: "The call ends with \"command not found\". In a loop that waits for its success it is repeated for ever; in a \
          probe it fails every time; in a hook it kills the container.",
    mend: "call what the image has (mongo up to MongoDB 4.4, mongosh from 6.0 on), or use another image",
    source: "docker-library/mongo#558",
    foresees: &[Promise::Recovery, Promise::Roles, Promise::Failure],
    fixable: false,
    check,
};

/// Programs of other engines' images.
const OF_POSTGRES: [&str; 4] = ["psql", "pg_isready", "pg_dump", "initdb"];
const OF_MYSQL: [&str; 3] = ["mysql", "mysqladmin", "mysqldump"];
const OF_MONGO: [&str; 4] = ["mongosh", "mongo", "mongodump", "mongod"];
const OF_REDIS: [&str; 2] = ["redis-cli", "redis-server"];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for container in &maker.containers {
            let missing = missing_in(container.image());
            if missing.is_empty() {
                continue;
            }
            let mut told: Vec<(String, String)> = Vec::new();
            for command in container.commands() {
                for script in inventory.scripts(maker, container, &command) {
                    let Some(program) = called(&script, &command, &missing) else {
                        continue;
                    };
                    // A script that several hooks run is told of once.
                    let key = (
                        script.manifest.to_string(),
                        format!("{} {program}", script.pointer),
                    );
                    if told.contains(&key) {
                        continue;
                    }
                    told.push(key);
                    let message = format!("the image {} has no {program}", container.image());
                    let place = script.place_of(program);
                    let finding = Finding::of(&RULE, maker, place, "not in the image", message);
                    findings.push(finding.and(container.at("image"), "this image"));
                }
            }
        }
    }
    findings
}

fn called<'m>(script: &Snippet<'_>, command: &Command<'_>, missing: &[&'m str]) -> Option<&'m str> {
    let commands = if script.manifest.kind() == "ConfigMap" {
        simple_commands(&script.text)
    } else {
        command.simple_commands()
    };
    let programs = commands
        .iter()
        .map(|words| words[0].rsplit('/').next().unwrap_or(&words[0]));
    let mut found =
        programs.filter_map(|program| missing.iter().find(|missing| **missing == program).copied());
    // A script that looks before it calls knows what it does.
    found.find(|program| {
        ["command -v", "which", "type", "hash"]
            .iter()
            .all(|look| !script.text.contains(&format!("{look} {program}")))
    })
}

/// What an official image is known not to have. Of an image that is not known, nothing is said.
fn missing_in(image: &str) -> Vec<&'static str> {
    let name = ImageName::parse(image);
    let major = name.major();
    // One of somebody's own may have anything; the official ones are in no repository but their own.
    let path = image.split('@').next().unwrap_or(image);
    let path = path
        .rsplit_once(':')
        .filter(|(_, tag)| !tag.contains('/'))
        .map_or(path, |(path, _)| path);
    let official = [name.repository.to_owned(), format!("library/{}", name.repository)]
        .iter()
        .any(|known| {
            path == known
                || path.ends_with(&format!("/library/{}", name.repository))
                || path == format!("docker.io/{}", name.repository)
        });
    if !official {
        return Vec::new();
    }
    let mut missing = Vec::new();
    match name.repository {
        "mongo" => {
            missing.extend(OF_POSTGRES.iter().chain(&OF_MYSQL).chain(&OF_REDIS));
            match major {
                Some(..=4) => missing.push("mongosh"),
                Some(6..) => missing.push("mongo"),
                _ => {}
            }
        }
        "postgres" => missing.extend(OF_MYSQL.iter().chain(&OF_MONGO).chain(&OF_REDIS)),
        "mysql" => missing.extend(OF_POSTGRES.iter().chain(&OF_MONGO).chain(&OF_REDIS)),
        "mariadb" => {
            missing.extend(OF_POSTGRES.iter().chain(&OF_MONGO).chain(&OF_REDIS));
            // Since version 11 its programs are called mariadb, mariadb-admin and mariadb-dump.
            if major >= Some(11) {
                missing.extend(OF_MYSQL);
            }
        }
        "busybox" | "alpine" => {
            let all = OF_POSTGRES
                .iter()
                .chain(&OF_MYSQL)
                .chain(&OF_MONGO)
                .chain(&OF_REDIS);
            missing.extend(all);
            missing.extend(["bash", "curl", "kubectl", "jq"]);
        }
        _ => {}
    }
    missing
}
