use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document};

/// What a server says of its place in its set (MongoDB's manual, `hello`).
#[derive(Clone, Debug, PartialEq)]
pub struct Hello {
    /// The set's name; none where there is no set, or none yet.
    pub set: Option<String>,
    /// Its own name in the set, with its port.
    pub me: Option<String>,
    /// The members' names, with their ports.
    pub hosts: Vec<String>,
    /// `PRIMARY`, `SECONDARY` or `ARBITER`; none where it is none of them.
    pub role: Option<&'static str>,
    /// The term of the election that made it PRIMARY.
    pub term: Option<i64>,
    /// The version of the set's configuration.
    pub configuration: Option<i64>,
    /// Whether it was started to be a member of a set and has not heard of one.
    pub uninitiated: bool,
    /// What to ask with the next time; none before MongoDB 4.4.
    pub topology: Option<TopologyVersion>,
}

/// What a server's answer to `hello` counts as: it changes when the answer does.
#[derive(Clone, Debug, PartialEq)]
pub struct TopologyVersion(pub(super) Document);

impl From<Document> for Hello {
    fn from(answer: Document) -> Self {
        let is = |key| answer.get_bool(key).unwrap_or_default();
        let text = |key| answer.get_str(key).ok().map(str::to_owned);
        let set = text("setName");
        let role = if set.is_none() {
            None
        } else if is("isWritablePrimary") || is("ismaster") {
            Some("PRIMARY")
        } else if is("secondary") {
            Some("SECONDARY")
        } else if is("arbiterOnly") {
            Some("ARBITER")
        } else {
            None
        };
        let names = |key| answer.get_array(key).into_iter().flatten();
        let hosts = names("hosts").chain(names("passives")).chain(names("arbiters"));
        Self {
            role,
            me: text("me"),
            hosts: hosts.filter_map(Bson::as_str).map(str::to_owned).collect(),
            // One that has won and is still catching up says it too.
            term: answer
                .get_object_id("electionId")
                .ok()
                .map(term)
                .filter(|_| role == Some("PRIMARY")),
            configuration: answer.get_i32("setVersion").ok().map(i64::from),
            uninitiated: set.is_none() && is("isreplicaset"),
            topology: answer
                .get_document("topologyVersion")
                .ok()
                .cloned()
                .map(TopologyVersion),
            set,
        }
    }
}

/// An election's ID has its term in the last eight bytes (MongoDB's `OID::fromTerm`).
fn term(election: ObjectId) -> i64 {
    let [_, _, _, _, term @ ..] = election.bytes();
    i64::from_be_bytes(term)
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn a_primary_says_its_term() {
        let election = ObjectId::from_bytes([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 2]);
        let hello = Hello::from(doc! {
            "isWritablePrimary": true, "secondary": false, "setName": "rs0", "setVersion": 3, "electionId": election,
            "me": "a:27017", "hosts": ["a:27017", "b:27017"], "arbiters": ["c:27017"],
        });
        assert_eq!((hello.role, hello.term), (Some("PRIMARY"), Some(258)));
        assert_eq!(hello.hosts, ["a:27017", "b:27017", "c:27017"]);
        assert_eq!(hello.configuration, Some(3));
    }

    #[test]
    fn a_standalone_has_no_role_though_it_can_be_written_to() {
        let hello = Hello::from(doc! {"isWritablePrimary": true});
        assert_eq!((hello.role, hello.uninitiated), (None, false));
    }

    #[test]
    fn a_member_without_a_set_says_so() {
        let hello = Hello::from(doc! {"isWritablePrimary": false, "secondary": false, "isreplicaset": true});
        assert_eq!((hello.role, hello.uninitiated), (None, true));
    }
}
