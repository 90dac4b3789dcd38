use std::fmt;

use super::WorkloadId;

/// An object of a set that is not verified although it runs pods, or has some operator run them; and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// Its kind, namespace and name; of a custom resource, its `apiVersion` too.
    pub object: String,
    /// Its namespace and name.
    pub id: WorkloadId,
    /// Where it is declared: `file:line`.
    pub declared_at: String,
    /// Why it is left alone.
    pub reason: String,
    /// Whether it is a custom resource that an operator acts upon: there may be a database that nobody has verified.
    pub out_of_reach: bool,
}

impl fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (declared at {}): {}",
            self.object, self.declared_at, self.reason
        )
    }
}
