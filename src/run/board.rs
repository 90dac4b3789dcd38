use std::collections::BTreeMap;

/// The state of a member that no configuration has reached.
pub const STARTUP: &str = "STARTUP";

/// What is known of a set right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// The members' roles and terms, by their pods' names.
    pub members: BTreeMap<String, (String, Option<i64>)>,
    /// How many members the set has by what its members say, whatever the manifest asks for.
    pub hosts: usize,
    /// The version and the hosts of the newest configuration that was seen.
    pub configuration: Option<(i64, Vec<String>)>,
}

impl Board {
    pub fn is(&self, pod: &str, role: &str) -> bool {
        self.members.get(pod).is_some_and(|(known, _)| known == role)
    }

    /// One PRIMARY, the others behind it, and together the majority of the set: without it a PRIMARY is one for some ten
    /// seconds more.
    pub fn settled(&self, pods: &[String]) -> bool {
        let primaries = pods.iter().filter(|pod| self.is(pod, "PRIMARY")).count();
        let followers = pods
            .iter()
            .filter(|pod| self.is(pod, "SECONDARY") || self.is(pod, "ARBITER"));
        primaries == 1 && primaries + followers.count() == pods.len() && pods.len() * 2 > self.hosts
    }

    pub fn has_other_primary(&self, pod: &str) -> bool {
        self.members
            .iter()
            .any(|(other, (role, _))| other != pod && role == "PRIMARY")
            && !self.is(pod, "PRIMARY")
    }

    /// Whether every member could vote and stand: what is missing is an election. One that still copies its first data is
    /// left its time.
    pub fn could_elect(&self, replicas: u32) -> bool {
        let votes =
            |(role, _): &(String, Option<i64>)| ["PRIMARY", "SECONDARY", "ARBITER"].contains(&role.as_str());
        self.members.len() == usize::try_from(replicas).unwrap_or(usize::MAX)
            && self.members.values().all(votes)
    }

    pub fn describe(&self) -> String {
        if self.members.is_empty() {
            return "no member has answered".to_owned();
        }
        let members = self.members.iter().map(|(pod, (role, _))| match role.as_str() {
            STARTUP => format!("{pod} STARTUP: it has received no replica set config"),
            role => format!("{pod} {role}"),
        });
        members.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(roles: &[(&str, &str)]) -> Board {
        let members = roles
            .iter()
            .map(|(pod, role)| ((*pod).to_owned(), ((*role).to_owned(), None)));
        Board {
            hosts: roles.len(),
            members: members.collect(),
            configuration: None,
        }
    }

    fn pods(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_set_is_settled_with_one_primary_and_nobody_in_between() {
        let settled = |roles: &[(&str, &str)]| board(roles).settled(&pods(&["m-0", "m-1"]));
        assert!(settled(&[("m-0", "PRIMARY"), ("m-1", "SECONDARY")]));
        assert!(!settled(&[("m-0", "PRIMARY"), ("m-1", "PRIMARY")]));
        assert!(!settled(&[("m-0", "SECONDARY"), ("m-1", "SECONDARY")]));
        assert!(!settled(&[("m-0", "PRIMARY"), ("m-1", "STARTUP2")]));
        assert!(!settled(&[("m-0", "PRIMARY")]));
        let alone = Board {
            hosts: 3,
            ..board(&[("m-0", "PRIMARY")])
        };
        assert!(!alone.settled(&pods(&["m-0"])), "of three members one alone");
    }

    #[test]
    fn only_a_set_whose_members_could_all_vote_can_be_said_to_elect_nobody() {
        assert!(board(&[("m-0", "SECONDARY"), ("m-1", "SECONDARY")]).could_elect(2));
        assert!(!board(&[("m-0", "SECONDARY")]).could_elect(2));
        assert!(!board(&[("m-0", "SECONDARY"), ("m-1", "DOWN")]).could_elect(2));
        assert!(!board(&[("m-0", "STARTUP"), ("m-1", "STARTUP")]).could_elect(2));
        assert!(!board(&[("m-0", "SECONDARY"), ("m-1", "STARTUP2")]).could_elect(2));
    }
}
