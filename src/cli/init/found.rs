use std::fs;
use std::path::{Path, PathBuf};

use stateproof::manifest::{Manifest, ManifestSet, Problems};
use stateproof::workload::{
    Declaration, Declarations, Discovered, EngineKind, LeftAlone, WorkloadId, outline, survey,
};

/// How far below the directory that is named manifests are looked for.
const DEEPEST: usize = 6;

/// Directories in which others' files are.
const FOREIGN: [&str; 3] = ["node_modules", "target", "vendor"];

/// A directory of manifests with something to prove.
pub struct Found {
    pub directory: PathBuf,
    pub workloads: Vec<Known>,
    pub left_alone: Vec<LeftAlone>,
    /// What keeps the set from being proven as it is.
    pub problems: Option<Problems>,
}

/// What is known of a workload from its manifests.
pub struct Known {
    /// Namespace and name, as a table of `stateproof.toml` names it.
    pub name: String,
    /// What it is, and where.
    pub what: String,
    declared_at: String,
    /// Its engine, as `stateproof.toml` calls it.
    pub engine: Option<&'static str>,
    /// What was seen, where it does not tell the engine.
    pub untold: Option<String>,
    pub port: Option<u16>,
    pub user: String,
    pub database: String,
    pub data_directory: String,
}

/// The directory itself where it is a set with something to prove, else those below it that are.
///
/// The problems are those of the directory, where there is nothing to prove below it either.
pub fn find(directory: &Path) -> Result<Vec<Found>, Problems> {
    let problems = match look(directory) {
        Ok(found) => return Ok(vec![found]),
        Err(problems) => problems,
    };
    let mut found = Vec::new();
    search(directory, DEEPEST, &mut found);
    if found.is_empty() {
        Err(problems)
    } else {
        Ok(found)
    }
}

/// Links are not followed: they may lead back.
fn search(directory: &Path, deeper: usize, found: &mut Vec<Found>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut below: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            !name.to_string_lossy().starts_with('.') && FOREIGN.iter().all(|foreign| name != *foreign)
        })
        .map(|entry| entry.path())
        .collect();
    below.sort();
    for directory in below {
        match look(&directory) {
            Ok(set) => found.push(set),
            Err(_) if deeper > 0 => search(&directory, deeper - 1, found),
            Err(_) => {}
        }
    }
}

fn look(directory: &Path) -> Result<Found, Problems> {
    let set = ManifestSet::read(&[directory.to_owned()])?;
    let mut untold: Vec<(WorkloadId, String)> = Vec::new();
    let surveyed = survey(&set, "default", &Declarations::new()).or_else(|problems| {
        untold = set
            .iter()
            .filter_map(|manifest| untold_engine(manifest, &problems))
            .collect();
        // As if somebody had said that stateproof does not speak it: then whatever else is there is found.
        let declared = untold.iter().map(|(id, _)| {
            let declaration = Declaration {
                engine: Some("other".to_owned()),
                ..Declaration::default()
            };
            (id.clone(), declaration)
        });
        survey(&set, "default", &declared.collect())
    });
    let (discovered, left_alone, problems) = match surveyed {
        Ok(survey) => (survey.found, survey.left_alone, None),
        Err(problems) => match outline(&set, "default") {
            Ok(found) => (found, Vec::new(), Some(problems)),
            Err(_) => return Err(problems),
        },
    };
    let directory = common(&set).unwrap_or_else(|| directory.to_owned());
    let mut workloads: Vec<Known> = discovered.iter().map(|found| known(found, &untold)).collect();
    for workload in &mut workloads {
        // Named from the file beside it, whatever the directory was called on the command line.
        let beginning = format!("{}/", directory.display());
        let named = workload.declared_at.trim_start_matches("./");
        let from_here = named.strip_prefix(&beginning).unwrap_or(named);
        workload.what = format!("{} ({from_here})", workload.what);
    }
    Ok(Found {
        directory,
        workloads,
        left_alone,
        problems,
    })
}

/// The nearest directory in which all of a set's files are: what is there besides is no business of stateproof's.
fn common(set: &ManifestSet) -> Option<PathBuf> {
    let files = set.iter().filter_map(|manifest| {
        let place = manifest.place();
        Path::new(place.file()).parent().map(Path::to_owned)
    });
    let common = files.reduce(|one, other| {
        let shared = one.components().zip(other.components());
        shared
            .take_while(|(one, other)| one == other)
            .map(|(one, _)| one)
            .collect()
    })?;
    let named = common.strip_prefix(".").unwrap_or(&common);
    Some(if named.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        named.to_owned()
    })
}

/// The workload of a manifest whose engine cannot be told, and what was seen of it.
fn untold_engine(manifest: &Manifest, problems: &Problems) -> Option<(WorkloadId, String)> {
    let beginning = format!("{manifest}: ");
    let seen = problems
        .iter()
        .filter(|problem| problem.id() == "stateproof::workload::unknown_engine")
        .find_map(|problem| Some(problem.message().strip_prefix(&beginning)?.to_owned()))?;
    let id = WorkloadId {
        namespace: manifest.namespace().unwrap_or("default").to_owned(),
        name: manifest.name().to_owned(),
    };
    Some((id, seen))
}

fn known(found: &Discovered, untold: &[(WorkloadId, String)]) -> Known {
    let workload = &found.workload;
    let id = workload.id();
    let seen = untold.iter().find(|(known, _)| *known == id);
    let engine = match workload.engine.kind {
        EngineKind::PostgreSql => Some("postgresql"),
        EngineKind::MySql => Some("mysql"),
        EngineKind::MongoDb => Some("mongodb"),
        EngineKind::Http => Some("http"),
        EngineKind::Other => Some("other"),
        EngineKind::Unknown => None,
    };
    let untold = match (seen, engine) {
        (Some((_, seen)), _) => Some(seen.clone()),
        (None, None) => Some("which engine it runs cannot be told from its image or its command".to_owned()),
        (None, Some(_)) => None,
    };
    let by = match workload.engine.recognised_by.as_str() {
        _ if untold.is_some() => String::new(),
        "" => format!(", {}", workload.engine),
        by => format!(", {} by {by}", workload.engine),
    };
    Known {
        name: id.to_string(),
        what: format!("{:?}{by}", workload.kind),
        declared_at: workload.declared_at.clone(),
        engine: engine.filter(|_| untold.is_none()),
        untold,
        port: Some(workload.engine.port).filter(|port| *port > 0),
        user: found.credentials.user.clone(),
        database: found.credentials.database.clone(),
        data_directory: workload.engine.data_directory.clone(),
    }
}
