use serde_path_to_error::{Path, Segment};

/// A path as a JSON pointer (RFC 6901).
pub(crate) fn pointer_of(path: &Path) -> String {
    path.iter().filter_map(step).collect()
}

/// A key as a part of a JSON pointer (RFC 6901).
pub(crate) fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", token(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}
