use super::view::DrillView;
use crate::history::{ClaimState, Event, ObjectRef};

/// The claims that an inspection found.
#[derive(Clone, Copy)]
pub(super) struct Inspection<'h> {
    pub place: usize,
    claims: &'h [(ObjectRef, ClaimState)],
}

impl<'h> DrillView<'h> {
    /// The drill's inspections of the claims, in order.
    pub fn inspections(&self) -> Vec<Inspection<'h>> {
        self.own()
            .filter_map(|at| match at.event {
                Event::ClaimsInspected { claims, .. } => Some(Inspection {
                    place: at.place,
                    claims,
                }),
                _ => None,
            })
            .collect()
    }
}

impl<'h> Inspection<'h> {
    pub fn claim(&self, namespace: &str, name: &str) -> Option<(&'h ObjectRef, &'h ClaimState)> {
        self.claims
            .iter()
            .find(|(object, _)| object.namespace == namespace && object.name == name)
            .map(|(object, state)| (object, state))
    }
}
