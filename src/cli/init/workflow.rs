use serde_json::Value;

/// The text of a workflow for GitHub Actions that lints and proves these sets, named from the repository's root.
pub fn workflow(sets: &[String], git: Option<&str>) -> String {
    let list: Vec<String> = sets.iter().map(|set| item(10, set)).collect();
    let paths: Vec<String> = sets
        .iter()
        .map(|set| match set.as_str() {
            "." => item(6, "**"),
            set => item(6, &format!("{}/**", set.strip_prefix("./").unwrap_or(set))),
        })
        .collect();
    let (list, paths) = (list.concat(), paths.concat());
    let version = env!("CARGO_PKG_VERSION");
    let install = match git {
        Some(url) => format!(
            "cargo install --locked --git \"$SOURCE\" stateproof\n        env:\n          SOURCE: {}",
            quoted(url)
        ),
        None => format!("cargo install --locked stateproof@{version}"),
    };
    format!(
        r#"# Lints the manifests and proves them on a real cluster, for each change to them and every night.
# Written by `stateproof init`, and yours to change.
name: stateproof

on:
  pull_request:
    paths:
{paths}      - ".github/workflows/stateproof.yml"
  schedule:
    - cron: "17 2 * * *"
  workflow_dispatch:

permissions:
  contents: read

jobs:
  verify:
    # Docker and kind are there.
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    strategy:
      # What one set comes to says nothing of another.
      fail-fast: false
      matrix:
        manifests:
{list}    env:
      MANIFESTS: ${{{{ matrix.manifests }}}}
    steps:
      - uses: actions/checkout@v5
      - uses: Swatinem/rust-cache@v2
      - name: Install stateproof
        run: {install}
      - name: What is known to fail, before there is a cluster
        run: stateproof lint "$MANIFESTS"
      - name: Prove it
        run: stateproof verify "$MANIFESTS" --report "$RUNNER_TEMP/stateproof"
      - name: Keep the history and the reports
        if: always()
        uses: actions/upload-artifact@v5
        with:
          name: stateproof-${{{{ strategy.job-index }}}}
          path: ${{{{ runner.temp }}}}/stateproof
          if-no-files-found: ignore
"#
    )
}

/// A line of a list, so far from the left.
fn item(indent: usize, text: &str) -> String {
    format!("{:indent$}- {}\n", "", quoted(text))
}

/// Every JSON text is YAML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
