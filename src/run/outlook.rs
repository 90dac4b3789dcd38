use std::fmt;

use crate::plan::Plan;
use crate::workload::LeftAlone;

/// What would be done, and what would be left alone.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// A plan a workload.
    pub plans: Vec<Plan>,
    /// What runs pods, or has some operator run them, and is not verified.
    pub left_alone: Vec<LeftAlone>,
    /// What else is to be known before a run, a sentence each.
    pub notes: Vec<String>,
}

/// The plans as a person reads them, then the rest.
impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, plan) in self.plans.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{plan}")?;
        }
        if !self.left_alone.is_empty() {
            writeln!(f, "\nleft alone")?;
        }
        for left_alone in &self.left_alone {
            writeln!(f, "  {left_alone}")?;
        }
        for (position, note) in self.notes.iter().enumerate() {
            writeln!(f, "{}note: {note}", if position == 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}
