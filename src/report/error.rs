use thiserror::Error;

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The `JUnit` report is no XML.
    #[error("cannot write the JUnit report: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// The verdict is no JSON.
    #[error("cannot write the verdict as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
