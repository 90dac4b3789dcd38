use crate::manifest::{Manifest, Place};

/// An object of the set in Kubernetes' own type, with the place of every field.
#[derive(Clone, Debug)]
pub struct Declared<'s, T> {
    /// As it is written.
    pub manifest: &'s Manifest,
    /// The namespace it is applied to.
    pub namespace: &'s str,
    /// As Kubernetes reads it.
    pub object: T,
}

impl<T> Declared<'_, T> {
    /// Where a field stands, by its path without the leading slash: `spec/selector`.
    #[must_use]
    pub fn at(&self, path: &str) -> Place {
        self.manifest.locate(&format!("/{path}"))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.manifest.name()
    }
}
