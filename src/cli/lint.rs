use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::GraphicalReportHandler;
use similar::TextDiff;
use stateproof::lint::{self, Level, Lint};
use stateproof::manifest::{ManifestSet, Problems};
use stateproof::report::{lint_json, lint_text, sarif};

use super::console::{Color, handler, print, say};
use super::exit::Exit;

pub const EXIT_CODES: &str = "\
Exit codes:
  0    nothing found at or above the level of --deny
  1    something found at or above it
  2    the command line or the manifests cannot be used";

/// `stateproof lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files or directories with manifests; `-` is standard input
    #[arg(required_unless_present = "explain", value_name = "PATH")]
    pub manifests: Vec<PathBuf>,

    /// How the findings are told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// End with exit code 1 for findings of this level or above: error, warning or info
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub deny: Level,

    /// Mend what can be mended with certainty, and show what is changed. Comments and formatting stay
    #[arg(long, conflicts_with = "explain")]
    pub fix: bool,

    /// With --fix: show what would be changed, and change nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,

    /// Tell of one rule, or of `all` of them, instead of looking at manifests
    #[arg(long, value_name = "RULE", conflicts_with = "manifests")]
    pub explain: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the file, the line, and the text marked
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
    /// With --explain only
    Markdown,
}

/// Carries it out.
pub fn lint_command(args: &LintArgs, color: Color) -> Exit {
    if let Some(rule) = &args.explain {
        return explain(rule, args.format);
    }
    if args.format == Format::Markdown {
        eprintln!("error: --format markdown tells of rules: it goes with --explain");
        return Exit::Usage;
    }
    let handler = as_lint(color.on(&std::io::stdout()));
    let set = match ManifestSet::read(&args.manifests) {
        Ok(set) => set,
        Err(problems) => return refuse(&problems, color),
    };
    let mut found = lint::lint(&set, "default");
    if args.fix {
        let texts = match mend(&found, args.dry_run) {
            Ok(texts) => texts,
            Err(exit) => return exit,
        };
        if !args.dry_run && !texts.is_empty() {
            let set = match ManifestSet::read(&args.manifests) {
                Ok(set) => set,
                Err(problems) => return refuse(&problems, color),
            };
            found = lint::lint(&set, "default");
        }
    }
    match args.format {
        Format::Text | Format::Markdown => print(&lint_text(&found, &handler)),
        Format::Json => print(&lint_json(&found)),
        Format::Sarif => print(&sarif(&found)),
    }
    if found.findings.iter().any(|finding| finding.level >= args.deny) {
        Exit::Violated
    } else {
        Exit::Held
    }
}

fn explain(rule: &str, format: Format) -> Exit {
    let known = lint::find(rule);
    match (rule, known, format) {
        ("all", _, Format::Markdown) => print(&lint::markdown()),
        ("all", _, Format::Text) => {
            let texts: Vec<String> = lint::catalogue().iter().map(|rule| lint::explain(rule)).collect();
            print(&texts.join("\n"));
        }
        (_, Some(rule), Format::Text) => print(&lint::explain(rule)),
        (_, None, _) if rule != "all" => {
            let known: Vec<&str> = lint::catalogue().iter().map(|rule| rule.id).collect();
            eprintln!(
                "error: there is no rule {rule}: there are {}, and `all`",
                known.join(", ")
            );
            return Exit::Usage;
        }
        _ => {
            eprintln!("error: --explain tells of a rule as text, and of `all` as text or markdown");
            return Exit::Usage;
        }
    }
    Exit::Held
}

/// Mends files in place, or shows only what would be changed. The diff goes to standard error, so that the report on
/// standard output stays whole. Gives the files that changed.
fn mend(found: &Lint, dry_run: bool) -> Result<BTreeMap<String, String>, Exit> {
    let mut texts = BTreeMap::new();
    for finding in found.findings.iter().filter(|finding| finding.is_fixable()) {
        let file = finding.place().file();
        if !texts.contains_key(file) {
            match std::fs::read_to_string(file) {
                Ok(text) => {
                    texts.insert(file.to_owned(), text);
                }
                Err(error) => say(format_args!("not mended: {file}: {error}")),
            }
        }
    }
    let mut changed = BTreeMap::new();
    for (file, fixed) in lint::fix(found, &texts) {
        let fixed = match fixed {
            Ok(fixed) => fixed,
            Err(error) => {
                say(format_args!("not mended: {error}"));
                continue;
            }
        };
        let before = texts.get(&file).map(String::as_str).unwrap_or_default();
        let diff = TextDiff::from_lines(before, &fixed.text);
        say(diff.unified_diff().context_radius(0).header(&file, &file));
        if !dry_run && let Err(error) = write(Path::new(&file), &fixed.text) {
            say(format_args!("error: {file} cannot be written: {error}"));
            return Err(Exit::Usage);
        }
        changed.insert(file, fixed.text);
    }
    Ok(changed)
}

/// Whole or not at all: beside the file first, then in its place, with its permissions. Where it is a link, what it
/// leads to is written.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let file = file.canonicalize()?;
    let mut beside = file.clone().into_os_string();
    beside.push(".stateproof-new");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, text)?;
    let put = std::fs::metadata(&file)
        .and_then(|metadata| std::fs::set_permissions(&beside, metadata.permissions()))
        .and_then(|()| std::fs::rename(&beside, &file));
    if put.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    put
}

/// Shows the problems; what they are about cannot be used.
pub(super) fn refuse(problems: &Problems, color: Color) -> Exit {
    eprintln!("{}", problems.render(&as_lint(color.on(&std::io::stderr()))));
    Exit::Usage
}

/// As a file is shown, and no link to the rule's page.
fn as_lint(colored: bool) -> GraphicalReportHandler {
    handler(colored).with_links(false).with_width(100)
}
