use super::page::Page;
use crate::verdict::{Verdict, seconds};

/// Who had which role from when to when, a line a span.
pub(super) fn roles(page: &mut Page, verdict: &Verdict) {
    for workload in &verdict.facts.workloads {
        let spans: Vec<_> = verdict
            .roles
            .iter()
            .filter(|span| span.workload == workload.id)
            .collect();
        if spans.is_empty() {
            continue;
        }
        page.heading(&format!("roles of {}, since the run began", workload.id));
        let width = spans.iter().map(|span| span.pod.len()).max().unwrap_or(0);
        for span in spans {
            let until = span.until_us.map_or_else(|| "the end".to_owned(), seconds);
            let term = span
                .term
                .map_or_else(String::new, |term| format!(", term {term}"));
            page.raw(&format!(
                "{:width$}  {:>8} – {until:<8}  {}{term}",
                span.pod,
                seconds(span.from_us),
                span.role
            ));
        }
    }
}
