/// What a program says when it fails and will fail the same way at its next start: what it finds on its volumes and in
/// its image does not change by itself.
const LASTING: [&str; 9] = [
    "Permission denied",
    "permission denied",
    "Read-only file system",
    "No space left on device",
    "exists but is not empty",
    "command not found",
    ": not found",
    "executable file not found",
    "exited with 127",
];

/// Whether it says so.
pub(super) fn lasts(text: &str) -> bool {
    LASTING.iter().any(|words| text.contains(words))
}

/// The line of a log that tells most: the last that names a lasting fault, else the last.
pub(super) fn telling(lines: &[String]) -> Option<&str> {
    let lasting = lines.iter().rev().find(|line| lasts(line));
    lasting.or(lines.last()).map(|line| line.trim())
}
