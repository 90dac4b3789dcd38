use std::collections::HashMap;

use super::rules::{self, SP101, SP102};
use super::{Finding, Rule};
use crate::manifest::{Comment, Manifest, ManifestSet, Place, token};

/// What a comment begins with.
const MARK: &str = "stateproof:ignore";

/// The annotation, on an object or on its pods' template.
const ANNOTATION: &str = "stateproof.dev/ignore";

/// A finding that the manifests ask not to be told of.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why, in the manifest's own words.
    pub reason: String,
    /// Where it is said.
    pub said_at: Place,
}

/// One rule that somebody asks to leave out, and where.
struct Suppression<'s> {
    rule: &'static Rule,
    reason: String,
    manifest: &'s Manifest,
    place: Place,
    comment: Option<Comment>,
    used: bool,
}

impl Suppression<'_> {
    fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule
            && match &self.comment {
                Some(comment) => comment.covers(finding.place()),
                None => self.manifest.holds(finding.place()),
            }
    }
}

/// Parts what is suppressed from what is not. What is wrong with the suppressions is among the findings.
pub(super) fn apply(set: &ManifestSet, found: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
    let mut problems = Vec::new();
    let mut suppressions = in_annotations(set, &mut problems);
    suppressions.extend(in_comments(set, &mut problems));
    let mut by_file: HashMap<String, Vec<usize>> = HashMap::new();
    for (position, suppression) in suppressions.iter().enumerate() {
        let file = suppression.place.file().to_owned();
        by_file.entry(file).or_default().push(position);
    }
    let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
    for finding in found {
        let of_file = by_file.get(finding.place().file()).into_iter().flatten();
        let mut reason = None;
        // Every one that covers it is of use.
        for &position in of_file {
            let suppression = &mut suppressions[position];
            if suppression.covers(&finding) {
                suppression.used = true;
                reason.get_or_insert((suppression.reason.clone(), suppression.place.clone()));
            }
        }
        match reason {
            Some((reason, said_at)) => suppressed.push(Suppressed {
                finding,
                reason,
                said_at,
            }),
            None => findings.push(finding),
        }
    }
    findings.extend(problems);
    for unused in suppressions.into_iter().filter(|suppression| !suppression.used) {
        let message = format!("{} is suppressed here and does not occur", unused.rule.id);
        let finding = Finding::new(&SP102, unused.manifest, unused.place, "of no use", message);
        findings.push(finding);
    }
    (findings, suppressed)
}

/// `stateproof.dev/ignore: "SP007: reason; SP008: reason"`.
fn in_annotations<'s>(set: &'s ManifestSet, problems: &mut Vec<Finding>) -> Vec<Suppression<'s>> {
    let mut suppressions = Vec::new();
    for manifest in set.iter() {
        for metadata in ["/metadata", "/spec/template/metadata"] {
            let annotations = manifest.json().pointer(&format!("{metadata}/annotations"));
            let Some(text) = annotations
                .and_then(|annotations| annotations.get(ANNOTATION))
                .and_then(|value| value.as_str())
            else {
                continue;
            };
            let pointer = format!("{metadata}/annotations/{}", token(ANNOTATION));
            let entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
            let mut none = true;
            for entry in entries {
                none = false;
                let (id, reason) = entry.split_once(':').unwrap_or((entry, ""));
                let place = manifest.locate(&pointer);
                match parse(id, reason) {
                    Ok((rule, reason)) => suppressions.push(Suppression {
                        rule,
                        reason,
                        manifest,
                        place,
                        comment: None,
                        used: false,
                    }),
                    Err(fault) => problems.push(Finding::new(&SP101, manifest, place, "here", fault)),
                }
            }
            if none {
                let place = manifest.locate(&pointer);
                let fault = "the suppression names no rule";
                problems.push(Finding::new(&SP101, manifest, place, "here", fault));
            }
        }
    }
    suppressions
}

/// `# stateproof:ignore SP007 reason`, also for several rules: `SP007,SP008`.
fn in_comments<'s>(set: &'s ManifestSet, problems: &mut Vec<Finding>) -> Vec<Suppression<'s>> {
    let mut suppressions = Vec::new();
    let mut by_file: HashMap<&str, Vec<(usize, &Manifest)>> = HashMap::new();
    let comments = set.comments(MARK);
    if comments.is_empty() {
        return suppressions;
    }
    let places: Vec<(Place, &Manifest)> = set.iter().map(|manifest| (manifest.place(), manifest)).collect();
    for (place, manifest) in &places {
        let start = place.span().start;
        by_file.entry(place.file()).or_default().push((start, manifest));
    }
    for comment in comments {
        // The object that it stands in or above.
        let of_file = by_file
            .get(comment.place.file())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let covered = of_file
            .iter()
            .find(|(_, manifest)| comment.covers(&manifest.place()));
        let around = of_file
            .iter()
            .rev()
            .find(|(start, _)| *start <= comment.place.span().start);
        let Some((_, manifest)) = covered.or(around).or(of_file.first()) else {
            continue;
        };
        let (ids, reason) = comment
            .text
            .split_once(char::is_whitespace)
            .unwrap_or((&comment.text, ""));
        for id in ids.split(',') {
            let place = comment.place.clone();
            match parse(id.trim_end_matches(':'), reason) {
                Ok((rule, reason)) => suppressions.push(Suppression {
                    rule,
                    reason,
                    manifest,
                    place,
                    comment: Some(comment.clone()),
                    used: false,
                }),
                Err(fault) => problems.push(Finding::new(&SP101, manifest, place, "here", fault)),
            }
        }
    }
    suppressions
}

fn parse(id: &str, reason: &str) -> Result<(&'static Rule, String), String> {
    let (id, reason) = (id.trim(), reason.trim().trim_start_matches(':').trim());
    if id.is_empty() {
        return Err("the suppression names no rule".to_owned());
    }
    let rule = rules::find(id).ok_or_else(|| format!("there is no rule {id} to suppress"))?;
    if *rule == SP101 || *rule == SP102 {
        return Err(format!("{id} is about suppressions and cannot be suppressed"));
    }
    if reason.is_empty() {
        return Err(format!("{id} is suppressed without a reason"));
    }
    Ok((rule, reason.to_owned()))
}
