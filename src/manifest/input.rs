use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{ManifestError, Place, Problem};

/// A larger file is no manifest. Bytes.
const LARGEST: u64 = 32 << 20;

/// What standard input is called in messages.
const STDIN: &str = "<stdin>";

/// An input's name and its bytes.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Reads files, directories with everything below them, and `-` for standard input, each file once.
pub(super) fn read_all(paths: &[PathBuf]) -> (Vec<Input>, Vec<Problem>) {
    let mut reading = Reading::default();
    for path in paths {
        if path.as_os_str() == "-" {
            reading.keep(STDIN.to_owned(), io::stdin().lock());
        } else if path.is_dir() {
            reading.directory(path);
        } else {
            reading.file(path);
        }
    }
    (reading.inputs, reading.problems)
}

/// What a file is, by its name alone, that is a recipe for manifests.
pub(super) fn is_kustomization(name: &str) -> bool {
    let name = Path::new(name).file_name().unwrap_or_default();
    ["kustomization.yaml", "kustomization.yml", "Kustomization"]
        .iter()
        .any(|kustomization| name == *kustomization)
}

#[derive(Default)]
struct Reading {
    inputs: Vec<Input>,
    problems: Vec<Problem>,
    /// Resolved paths of what was read: a symbolic link may lead back.
    seen: HashSet<PathBuf>,
}

impl Reading {
    fn directory(&mut self, directory: &Path) {
        match self.is_new(directory) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.unreadable(directory, error),
        }
        let mut entries: Vec<PathBuf> = match fs::read_dir(directory)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(directory, error),
        };
        entries.retain(|entry| !is_hidden(entry));
        entries.sort();

        // The files of a chart are templates, those of a kustomization may be patches: neither is a manifest,
        // and one message says more than one about each of them.
        if let Some(chart) = entries.iter().find(|entry| entry.ends_with("Chart.yaml")) {
            let problem = Problem::new(ManifestError::HelmChart);
            return self.recipe(chart, problem);
        }
        if let Some(kustomization) = entries.iter().find(|entry| is_kustomization(&text(entry))) {
            let problem = Problem::new(ManifestError::Kustomization);
            return self.recipe(kustomization, problem);
        }
        for entry in entries {
            if entry.is_dir() {
                self.directory(&entry);
            } else if is_manifest(&entry) {
                self.file(&entry);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        match self.is_new(path) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.unreadable(path, error),
        }
        match fs::File::open(path) {
            Ok(file) => self.keep(text(path), file),
            Err(error) => self.unreadable(path, error),
        }
    }

    fn keep(&mut self, name: String, from: impl Read) {
        let mut bytes = Vec::new();
        match from.take(LARGEST + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > LARGEST => {
                let limit = format!("{} MiB in {name}", LARGEST >> 20);
                self.problems
                    .push(Problem::new(ManifestError::TooLarge { limit }));
            }
            Ok(_) => self.inputs.push(Input { name, bytes }),
            Err(source) => {
                let error = ManifestError::Unreadable { path: name, source };
                self.problems.push(Problem::new(error));
            }
        }
    }

    fn is_new(&mut self, path: &Path) -> io::Result<bool> {
        Ok(self.seen.insert(path.canonicalize()?))
    }

    /// A recipe is marked at its first line.
    fn recipe(&mut self, path: &Path, problem: Problem) {
        let first_line = fs::read_to_string(path).unwrap_or_default();
        let place = Place::start_of(&text(path), first_line.lines().next().unwrap_or_default());
        self.problems
            .push(problem.at(place, "this is a recipe for manifests"));
    }

    fn unreadable(&mut self, path: &Path, source: io::Error) {
        let path = text(path);
        self.problems
            .push(Problem::new(if source.kind() == io::ErrorKind::NotFound {
                ManifestError::NotFound { path }
            } else {
                ManifestError::Unreadable { path, source }
            }));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Whether a directory's entry is read: by its name, and not a pipe or a device, which might never end.
fn is_manifest(path: &Path) -> bool {
    let named = path
        .extension()
        .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
    // A dangling link is taken, so that it is reported.
    named && fs::metadata(path).map_or(true, |metadata| metadata.is_file())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
