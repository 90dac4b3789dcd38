use super::{Drill, End};

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The drills; empty stands for those that are run unasked.
    pub drills: Vec<Drill>,
    /// The end that the set is expected to come to. Where one is named, nothing else is done.
    pub ends: Vec<End>,
}

impl Selection {
    /// Only these drills.
    #[must_use]
    pub fn of(drills: &[Drill]) -> Self {
        Self {
            drills: drills.to_vec(),
            ends: Vec::new(),
        }
    }

    /// Whether a drill was named.
    #[must_use]
    pub fn names(&self, drill: Drill) -> bool {
        self.drills.contains(&drill)
    }
}
