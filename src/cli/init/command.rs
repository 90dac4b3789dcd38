use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::console::{Color, print, say};
use super::super::exit::Exit;
use super::super::lint::refuse;
use super::found::{Found, find};
use super::settings::settings;
use super::workflow::workflow;

const SETTINGS: &str = "stateproof.toml";
const WORKFLOW: &str = ".github/workflows/stateproof.yml";

/// `stateproof init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The directory with the manifests, or one with such directories below it
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,

    /// Write over files that are there
    #[arg(long)]
    pub force: bool,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub print: bool,

    /// Have CI install stateproof from this Git repository, instead of from crates.io
    #[arg(long, value_name = "URL")]
    pub git: Option<String>,
}

/// Carries it out: all files or none.
pub fn init_command(args: &InitArgs, color: Color) -> Exit {
    let found = match find(&args.directory) {
        Ok(found) => found,
        Err(problems) => return refuse(&problems, color),
    };
    let root = root_of(&args.directory);
    let mut files: Vec<(PathBuf, String)> = found
        .iter()
        .map(|set| (set.directory.join(SETTINGS), settings(set)))
        .collect();
    let sets: Vec<String> = found.iter().map(|set| below(&set.directory, &root)).collect();
    let at = root.join(WORKFLOW);
    files.push((at, workflow(&sets, args.git.as_deref())));
    if args.print {
        let shown: Vec<String> = files
            .iter()
            .map(|(path, text)| format!("# {}\n\n{text}", path.display()))
            .collect();
        print(&shown.join("\n"));
    } else if let Err(exit) = write_all(&files, args.force) {
        return exit;
    }
    tell(&found);
    Exit::Held
}

/// What is still to be done by hand.
fn tell(found: &[Found]) {
    for set in found {
        for workload in set.workloads.iter().filter(|workload| workload.untold.is_some()) {
            say(format_args!(
                "{}: which engine {} runs cannot be told; say it in {SETTINGS}",
                set.directory.display(),
                workload.name
            ));
        }
        if let Some(problems) = &set.problems {
            eprintln!(
                "{}: to be mended before anything can be proven:",
                set.directory.display()
            );
            for problem in problems.iter() {
                say(format_args!("  {problem}"));
            }
        }
    }
}

/// Writes what is not there yet. Nothing is touched where one of the files is there, unless that is asked for; where one
/// cannot be written, those that were made before it are taken away again.
fn write_all(files: &[(PathBuf, String)], force: bool) -> Result<(), Exit> {
    let there: Vec<String> = files
        .iter()
        .filter(|(path, _)| path.symlink_metadata().is_ok())
        .map(|(path, _)| path.display().to_string())
        .collect();
    if !force && !there.is_empty() {
        eprintln!(
            "error: there is already {}; nothing was written\n  help: --force writes over it, --print shows what would be written",
            there.join(" and ")
        );
        return Err(Exit::Usage);
    }
    let mut made: Vec<&Path> = Vec::new();
    for (path, text) in files {
        if let Err(error) = write(path, text, force) {
            eprintln!("error: cannot write {}: {error}", path.display());
            if !force {
                for path in made {
                    let _ = fs::remove_file(path);
                }
            }
            return Err(Exit::Setup);
        }
        made.push(path);
    }
    for path in made {
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

fn write(path: &Path, text: &str, force: bool) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut options = OpenOptions::new();
    if force {
        options.create(true).truncate(true);
    } else {
        // Not even what was made since we looked.
        options.create_new(true);
    }
    options.write(true).open(path)?.write_all(text.as_bytes())
}

/// The root of the repository that a directory is in: CI finds its workflows there. The directory itself where it is in
/// none.
fn root_of(directory: &Path) -> PathBuf {
    let resolved = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mut above = resolved.ancestors().enumerate();
    let Some((levels, _)) = above.find(|(_, directory)| directory.join(".git").exists()) else {
        return directory.to_owned();
    };
    // As it was named, so that messages name it so too.
    let named = (0..levels).try_fold(directory, |path, _| {
        path.parent().filter(|parent| !parent.as_os_str().is_empty())
    });
    match named {
        Some(named)
            if named
                .canonicalize()
                .is_ok_and(|named| named.join(".git").exists()) =>
        {
            named.to_owned()
        }
        _ => resolved.ancestors().nth(levels).unwrap_or(&resolved).to_owned(),
    }
}

/// A directory as it is named from the repository's root, so that no shell takes it for an option.
fn below(directory: &Path, root: &Path) -> String {
    let resolve = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let resolved = resolve(directory);
    let within = resolved.strip_prefix(resolve(root)).unwrap_or(&resolved);
    let text = within.display().to_string();
    match text.as_str() {
        "" => ".".to_owned(),
        text if text.starts_with('-') => format!("./{text}"),
        _ => text,
    }
}
