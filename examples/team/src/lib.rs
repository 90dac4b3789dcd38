//! Stands for a team's own crate: what matters is beside it, the manifests in `k8s/` and the tests in `tests/`.
