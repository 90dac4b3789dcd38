/// The parts of an image's name: `registry/path/repository:tag@digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageName<'a> {
    /// Everything in front of the tag: `registry/path/repository`.
    pub(crate) path: &'a str,
    /// The last part of the repository's path, for example `postgres`.
    pub(crate) repository: &'a str,
    /// The tag, for example `16-alpine`.
    pub(crate) tag: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    pub(crate) fn parse(image: &'a str) -> Self {
        let named = image.split_once('@').map_or(image, |(named, _)| named);
        // A colon in front of the last slash is that of the registry's port.
        let last = named.rsplit_once('/').map_or(named, |(_, last)| last);
        match last.split_once(':') {
            Some((repository, tag)) => Self {
                path: &named[..named.len() - tag.len() - 1],
                repository,
                tag: Some(tag),
            },
            None => Self {
                path: named,
                repository: last,
                tag: None,
            },
        }
    }

    /// The path with the registry, which is Docker Hub where none is named: `docker.io/library/postgres`.
    pub(crate) fn full_path(self) -> String {
        let path = self.path;
        match path.split_once('/') {
            Some((registry, rest)) if is_registry(registry) => match (registry, rest.contains('/')) {
                ("docker.io" | "index.docker.io", false) => format!("docker.io/library/{rest}"),
                ("docker.io" | "index.docker.io", true) => format!("docker.io/{rest}"),
                _ => path.to_owned(),
            },
            Some(_) => format!("docker.io/{path}"),
            None => format!("docker.io/library/{path}"),
        }
    }

    /// Whether the path is this one, or ends in it: `mysql/mysql-server` is that of `registry.example/mysql/mysql-server`.
    pub(crate) fn is(self, path: &str) -> bool {
        self.path
            .strip_suffix(path)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }

    /// Whether a part of the path in front of the repository begins so: `bitnami` is the vendor of
    /// `docker.io/bitnamilegacy/postgresql`.
    pub(crate) fn is_by(self, vendor: &str) -> bool {
        let parts = self.path.rsplit('/').skip(1);
        parts.into_iter().any(|part| part.starts_with(vendor))
    }

    /// The major version that the tag begins with: 16 for `16-alpine` and `16.9`, none for `latest`.
    pub(crate) fn major(self) -> Option<u32> {
        self.version()?.split('.').next()?.parse().ok()
    }

    /// The version that the tag begins with: `16` for `16-alpine`, `8.0` for `8.0-debian`, none for `latest`.
    pub(crate) fn version(self) -> Option<&'a str> {
        let tag = self.tag?;
        let end = tag.find(|c: char| !(c.is_ascii_digit() || c == '.'));
        let version = tag[..end.unwrap_or(tag.len())].trim_end_matches('.');
        version
            .starts_with(|c: char| c.is_ascii_digit())
            .then_some(version)
    }
}

/// An image name as containerd lists it: with registry, path and tag, `docker.io/library/postgres:16-alpine`.
///
/// A name with a digest loses its tag, which a digest makes meaningless; the kubelet asks for it the same way
/// (`ParseDockerRef` of containerd's `reference/docker`).
pub(crate) fn canonical(image: &str) -> String {
    let name = ImageName::parse(image);
    let path = name.full_path();
    match image.split_once('@') {
        Some((_, digest)) => format!("{path}@{digest}"),
        None => format!("{path}:{}", name.tag.unwrap_or("latest")),
    }
}

/// The first component is a registry when it cannot be a user's name.
fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.chars().any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_containerd_lists() {
        for (given, canon) in [
            ("busybox", "docker.io/library/busybox:latest"),
            ("postgres:16-alpine", "docker.io/library/postgres:16-alpine"),
            ("library/postgres:16", "docker.io/library/postgres:16"),
            ("bitnami/mysql:8.0", "docker.io/bitnami/mysql:8.0"),
            ("docker.io/mongo:4.4", "docker.io/library/mongo:4.4"),
            ("index.docker.io/a/b", "docker.io/a/b:latest"),
            ("localhost/a", "localhost/a:latest"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
            ("ghcr.io/a/b/c", "ghcr.io/a/b/c:latest"),
            ("host:5000/a/b:1@sha256:00", "host:5000/a/b@sha256:00"),
            ("mysql@sha256:00", "docker.io/library/mysql@sha256:00"),
        ] {
            assert_eq!(canonical(given), canon, "{given}");
            assert_eq!(canonical(canon), canon, "a canonical name is its own");
        }
    }

    #[test]
    fn an_image_is_known_by_the_last_part_of_its_repository() {
        for (image, repository, major) in [
            ("postgres:16-alpine", "postgres", Some(16)),
            ("postgres", "postgres", None),
            ("docker.io/library/postgres:17.2", "postgres", Some(17)),
            ("registry.example:5000/mirror/postgres", "postgres", None),
            ("postgres:18@sha256:0123", "postgres", Some(18)),
            ("postgres@sha256:0123", "postgres", None),
            ("postgres:alpine3.22", "postgres", None),
            ("example/postgres-exporter:0.15", "postgres-exporter", Some(0)),
            ("postgres/something:1", "something", Some(1)),
        ] {
            let name = ImageName::parse(image);
            assert_eq!((name.repository, name.major()), (repository, major), "{image}");
        }
    }

    #[test]
    fn a_vendor_is_a_part_of_the_path_and_not_the_repository() {
        let name = ImageName::parse("registry.example:5000/bitnamilegacy/postgresql:16@sha256:0123");
        assert_eq!(name.path, "registry.example:5000/bitnamilegacy/postgresql");
        assert!(name.is("postgresql") && name.is("bitnamilegacy/postgresql") && !name.is("ostgresql"));
        assert!(name.is_by("bitnami") && !name.is_by("postgresql"));
    }

    #[test]
    fn a_version_is_what_the_tag_begins_with() {
        for (image, version) in [
            ("postgres:16-alpine", Some("16")),
            ("mysql:8.0", Some("8.0")),
            ("mysql:8.0.36-debian", Some("8.0.36")),
            ("mysql:8.", Some("8")),
            ("mongo:4.4@sha256:0123", Some("4.4")),
            ("nginx:latest", None),
            ("nginx:.5", None),
            ("nginx", None),
            ("nginx@sha256:0123", None),
        ] {
            assert_eq!(ImageName::parse(image).version(), version, "{image}");
        }
    }
}
