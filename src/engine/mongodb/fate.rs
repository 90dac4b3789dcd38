use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::history::WriteFate;

/// Errors with which a server ends a command that it may have carried out already: the election, the shutdown or the
/// time-out came while it waited for the write concern (MongoDB's `error_codes.yml`: `HostUnreachable`, `HostNotFound`,
/// `MaxTimeMSExpired`, `WriteConcernFailed`, `NetworkTimeout`, `ShutdownInProgress`, `PrimarySteppedDown`,
/// `ExceededTimeLimit`, `SocketException`, `InterruptedAtShutdown`, `Interrupted`, `InterruptedDueToReplStateChange`).
const INTERRUPTED: [i32; 12] = [6, 7, 50, 64, 89, 91, 189, 262, 9001, 11600, 11601, 11602];

/// What became of a row whose insert failed.
///
/// A write error is the server's word that the row is not there. A write concern error is not: the PRIMARY has it, and
/// whether the majority will, nobody knows, no more than when the connection just breaks.
pub fn fate(error: &Error) -> WriteFate {
    let words = describe(error);
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(refused)) if !INTERRUPTED.contains(&refused.code) => {
            WriteFate::Refused(words)
        }
        ErrorKind::Command(refused) if !INTERRUPTED.contains(&refused.code) => WriteFate::Refused(words),
        _ => WriteFate::Unknown(words),
    }
}

/// Whether the connection is of no more use.
pub fn is_lost(error: &Error) -> bool {
    !matches!(
        error.kind.as_ref(),
        ErrorKind::Write(_) | ErrorKind::Command(_) | ErrorKind::InvalidArgument { .. }
    )
}

/// In the server's own words, with its code, which drivers and manuals are searched for.
pub fn describe(error: &Error) -> String {
    match error.kind.as_ref() {
        ErrorKind::Command(answer) => coded(&answer.code_name, answer.code, &answer.message),
        ErrorKind::Write(WriteFailure::WriteError(answer)) => coded(
            answer.code_name.as_deref().unwrap_or_default(),
            answer.code,
            &answer.message,
        ),
        ErrorKind::Write(WriteFailure::WriteConcernError(answer)) => {
            format!(
                "write concern not satisfied: {}",
                coded(&answer.code_name, answer.code, &answer.message)
            )
        }
        kind => kind.to_string(),
    }
}

/// `NotWritablePrimary (10107): not master`.
pub fn coded(name: &str, code: i32, message: &str) -> String {
    let name = if name.is_empty() { "error" } else { name };
    format!("{name} ({code}): {message}")
}
