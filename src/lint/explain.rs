use std::fmt::Write;

use super::{Rule, catalogue};

/// What a rule finds, why, how to mend it and where it comes from, as text.
///
/// ```
/// let rule = stateproof::lint::find("SP007").unwrap();
/// assert!(stateproof::lint::explain(rule).starts_with("SP007 (error): "));
/// ```
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let mut text = format!("{} ({}): {}\n\n{}\n\n", rule.id, rule.level, rule.title, rule.why);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {value}");
    };
    line("To mend it", rule.mend);
    line("Source", rule.source);
    if !rule.foresees.is_empty() {
        line("Foresees a violation of", &promises(rule));
    }
    if rule.fixable {
        line("Fix", "`stateproof lint --fix` does it where it is certain");
    }
    line(
        "To leave it out",
        &format!(
            "a comment `# stateproof:ignore {} REASON` on or above the line or the object",
            rule.id
        ),
    );
    text
}

/// Every rule as a Markdown page.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("\n| rule | level | finds |\n|---|---|---|\n");
    for rule in catalogue() {
        let anchor = rule.id.to_ascii_lowercase();
        let _ = writeln!(
            text,
            "| [{}](#{anchor}) | {} | {} |",
            rule.id, rule.level, rule.title
        );
    }
    for rule in catalogue() {
        let _ = write!(
            text,
            "\n## {}\n\n**{}** ({})\n\n{}\n\n- To mend it: {}\n- Source: {}\n",
            rule.id, rule.title, rule.level, rule.why, rule.mend, rule.source
        );
        if !rule.foresees.is_empty() {
            let _ = writeln!(text, "- Foresees a violation of: {}", promises(rule));
        }
        if rule.fixable {
            text.push_str("- `--fix` mends it where that is certain.\n");
        }
    }
    text
}

fn promises(rule: &Rule) -> String {
    let names: Vec<String> = rule.foresees.iter().map(ToString::to_string).collect();
    names.join(", ")
}

const INTRODUCTION: &str = "\
# Rules of `stateproof lint`

<!-- Made by `stateproof lint --explain all --format markdown > docs/rules.md`; a test compares the two. -->

`stateproof lint DIR…` finds in manifests, before there is a cluster, what is known to fail. Each rule comes from a
failure that somebody had; its identifier never changes its meaning. Some findings weigh less than their rule: a
message says why.

Exit codes: 0 nothing at or above the level of `--deny` (`error` unless it is said), 1 findings at or above it, 2 input
that cannot be used: unreadable, not YAML, larger or deeper than any manifest.

A finding is left out with a reason, or not at all: by a comment on or above the line, or on or above the first line of
a block or an object, for everything in it,

```yaml
# stateproof:ignore SP030 rows of the preview are made anew each night
persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete }
```

or by an annotation of the object, `stateproof.dev/ignore: \"SP030: made anew each night; SP015: one node\"`. A
suppression without a reason is a finding (SP101), and so is one that suppresses nothing (SP102).
";
