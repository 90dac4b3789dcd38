use mongodb::error::{Error, ErrorKind, WriteConcernError};

use crate::history::WriteFate;

/// Errors with which a server ends a command that it may have carried out already: the election, the shutdown or the
/// time-out came while it waited for the write concern (MongoDB's `error_codes.yml`: `HostUnreachable`, `HostNotFound`,
/// `MaxTimeMSExpired`, `WriteConcernFailed`, `NetworkTimeout`, `ShutdownInProgress`, `PrimarySteppedDown`,
/// `ExceededTimeLimit`, `SocketException`, `InterruptedAtShutdown`, `Interrupted`, `InterruptedDueToReplStateChange`).
const INTERRUPTED: [i32; 12] = [6, 7, 50, 64, 89, 91, 189, 262, 9001, 11600, 11601, 11602];

/// Errors with which a server says that it gives up its place: "not primary" and "node is shutting down" of MongoDB's
/// specification of server discovery and monitoring (`InterruptedAtShutdown`, `InterruptedDueToReplStateChange`,
/// `NotPrimaryOrSecondary`, `PrimarySteppedDown`, `ShutdownInProgress`, `NotWritablePrimary`, `NotPrimaryNoSecondaryOk`
/// and the code for it before 4.0).
const GAVE_UP_ITS_PLACE: [i32; 8] = [11600, 11602, 13436, 189, 91, 10107, 13435, 10058];

/// What became of the rows of an insert that failed.
///
/// A write error is the server's word that its row is not there. A write concern error is not: the PRIMARY has the rows,
/// and whether the majority will, nobody knows, no more than when the connection just breaks.
pub fn fates(error: &Error, rows: usize) -> Vec<WriteFate> {
    let words = describe(error);
    let (others, refused) = match error.kind.as_ref() {
        ErrorKind::InsertMany(answer) => {
            let others = match &answer.write_concern_error {
                Some(error) => WriteFate::Unknown(unsatisfied(error)),
                None => WriteFate::Acknowledged,
            };
            (others, answer.write_errors.as_deref().unwrap_or_default())
        }
        ErrorKind::Command(answer) if !INTERRUPTED.contains(&answer.code) => {
            (WriteFate::Refused(words), [].as_slice())
        }
        _ => (WriteFate::Unknown(words), [].as_slice()),
    };
    let mut fates = vec![others; rows];
    for error in refused {
        let words = coded(
            error.code_name.as_deref().unwrap_or_default(),
            error.code,
            &error.message,
        );
        if let Some(fate) = fates.get_mut(error.index) {
            *fate = if INTERRUPTED.contains(&error.code) {
                WriteFate::Unknown(words)
            } else {
                WriteFate::Refused(words)
            };
        }
    }
    fates
}

/// Whether the connection is of no more use.
pub fn is_lost(error: &Error) -> bool {
    !matches!(
        error.kind.as_ref(),
        ErrorKind::InsertMany(_) | ErrorKind::Command(_) | ErrorKind::InvalidArgument { .. }
    )
}

/// Whether the server is no longer the set's PRIMARY, or no longer there.
pub fn is_lost_as_primary(error: &Error) -> bool {
    let code = match error.kind.as_ref() {
        ErrorKind::InsertMany(answer) => answer.write_concern_error.as_ref().map(|error| error.code),
        ErrorKind::Command(answer) => Some(answer.code),
        _ => None,
    };
    code.is_some_and(|code| GAVE_UP_ITS_PLACE.contains(&code)) || is_lost(error)
}

/// In the server's own words, with its code, which drivers and manuals are searched for.
pub fn describe(error: &Error) -> String {
    match error.kind.as_ref() {
        ErrorKind::Command(answer) => coded(&answer.code_name, answer.code, &answer.message),
        kind => kind.to_string(),
    }
}

fn unsatisfied(error: &WriteConcernError) -> String {
    let words = coded(&error.code_name, error.code, &error.message);
    format!("write concern not satisfied: {words}")
}

/// `NotWritablePrimary (10107): not master`.
pub fn coded(name: &str, code: i32, message: &str) -> String {
    let name = if name.is_empty() { "error" } else { name };
    format!("{name} ({code}): {message}")
}
