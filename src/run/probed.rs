use std::collections::BTreeMap;
use std::fmt;

use crate::workload::WorkloadId;

/// What a probe has found of one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The workload.
    pub workload: WorkloadId,
    /// The name through which it was reached.
    pub name: String,
    /// Which server answered, where it says so.
    pub server: Option<String>,
    /// Its version in its own words.
    pub version: String,
    /// Its durability settings, by its own names.
    pub settings: BTreeMap<String, String>,
    /// The members' roles, where they are a replica set.
    pub roles: Vec<(String, String)>,
    /// How many rows were written.
    pub written: u64,
    /// How many of them were acknowledged, and at which level.
    pub acknowledged: u64,
    /// What an acknowledgement means.
    pub write_level: String,
    /// How many of the acknowledged ones were read back, whole.
    pub read: u64,
    /// What the server said of the first row that it did not take.
    pub refusal: Option<String>,
}

impl Probed {
    /// Whether every row was acknowledged and read back.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.acknowledged == self.written && self.read == self.written
    }
}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.workload, self.version)?;
        write!(f, "  reached as {}", self.name)?;
        match &self.server {
            Some(server) => writeln!(f, "; {server} answered")?,
            None => writeln!(f)?,
        }
        for (pod, role) in &self.roles {
            writeln!(f, "  {pod}: {role}")?;
        }
        for (setting, value) in &self.settings {
            writeln!(f, "  {setting} = {value}")?;
        }
        write!(
            f,
            "  {} rows written, {} acknowledged ({}), {} read back; removed again",
            self.written, self.acknowledged, self.write_level, self.read
        )?;
        match &self.refusal {
            Some(refusal) => write!(f, "\n  the first that was not: {refusal}"),
            None => Ok(()),
        }
    }
}
