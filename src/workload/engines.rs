use super::EngineKind;
use super::image::ImageName;

/// The engines by the last part of their images' repositories: `docker.io/library/postgres:16` is `postgres`.
/// What such an image promises of its environment and its directories stands in the engine's own file.
const KNOWN: &[(&str, EngineKind)] = &[
    ("postgres", EngineKind::PostgreSql),
    ("mongo", EngineKind::MongoDb),
];

/// The engine that an image holds.
pub(super) fn recognise(image: &str) -> Option<EngineKind> {
    let repository = ImageName::parse(image).repository;
    KNOWN
        .iter()
        .find(|(known, _)| *known == repository)
        .map(|&(_, kind)| kind)
}
