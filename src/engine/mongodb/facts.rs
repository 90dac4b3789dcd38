use std::collections::BTreeMap;

use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error;

use crate::engine::Facts;

/// What `getCmdLineOpts` says, by the names of the configuration file.
const OPTIONS: [&str; 4] = [
    "replication.replSet",
    "replication.replSetName",
    "storage.dbPath",
    "storage.journal.enabled",
];

/// Asks a server for its version and for what durability depends on (MongoDB's manual, "Write Concern" and "Journaling").
///
/// A question that the user may not ask, or that this server does not know, is left out: only the version must be
/// there.
pub async fn facts(admin: &Database) -> Result<Facts, Error> {
    let build = admin.run_command(doc! {"buildInfo": 1}).await?;
    let version = format!("MongoDB {}", build.get_str("version").unwrap_or_default());
    let mut settings = BTreeMap::new();
    let mut put = |name: &str, value: Option<&Bson>| {
        if let Some(value) = value {
            settings.insert(name.to_owned(), plain(value));
        }
    };
    if let Ok(answer) = admin.run_command(doc! {"getCmdLineOpts": 1}).await {
        for name in OPTIONS {
            put(name, at(&answer, &format!("parsed.{name}")));
        }
    }
    let quiet = doc! {"serverStatus": 1, "metrics": 0, "locks": 0, "tcmalloc": 0, "wiredTiger": 0};
    if let Ok(answer) = admin.run_command(quiet).await {
        put("storageEngine", at(&answer, "storageEngine.name"));
        put(
            "storageEngine.persistent",
            at(&answer, "storageEngine.persistent"),
        );
    }
    if let Ok(answer) = admin.run_command(doc! {"replSetGetConfig": 1}).await {
        for name in ["writeConcernMajorityJournalDefault", "protocolVersion"] {
            put(name, at(&answer, &format!("config.{name}")));
        }
    }
    if let Ok(answer) = admin.run_command(doc! {"getDefaultRWConcern": 1}).await {
        put("defaultReadConcern", at(&answer, "defaultReadConcern"));
        put("defaultWriteConcern", at(&answer, "defaultWriteConcern"));
    }
    Ok(Facts { version, settings })
}

/// A value by its path.
fn at<'d>(document: &'d Document, path: &str) -> Option<&'d Bson> {
    match path.split_once('.') {
        None => document.get(path),
        Some((first, rest)) => at(document.get_document(first).ok()?, rest),
    }
}

fn plain(value: &Bson) -> String {
    match value {
        Bson::String(text) => text.clone(),
        other => other.to_string(),
    }
}
