/// An image name as containerd lists it: with registry, path and tag, `docker.io/library/postgres:16-alpine`.
///
/// A name with a digest loses its tag, which a digest makes meaningless; the kubelet asks for it the same way
/// (`ParseDockerRef` of containerd's `reference/docker`).
pub(super) fn canonical(name: &str) -> String {
    let (rest, digest) = match name.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (name, None),
    };
    // A colon before the last slash is a registry's port.
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (rest, "latest"),
    };
    let path = match path.split_once('/') {
        Some((registry, rest)) if is_registry(registry) => match (registry, rest.contains('/')) {
            ("docker.io" | "index.docker.io", false) => format!("docker.io/library/{rest}"),
            ("docker.io" | "index.docker.io", true) => format!("docker.io/{rest}"),
            _ => path.to_owned(),
        },
        Some(_) => format!("docker.io/{path}"),
        None => format!("docker.io/library/{path}"),
    };
    match digest {
        Some(digest) => format!("{path}@{digest}"),
        None => format!("{path}:{tag}"),
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
}
