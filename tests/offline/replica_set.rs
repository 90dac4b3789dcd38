//! What is planned for MongoDB's members, alone and as a replica set, and how hand-written histories of them are judged.

pub mod tape;

use stateproof::history::{Event, Fault, Probe};
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Outcome, Plan, Promise, Selection};
use stateproof::report::{Style, render};
use stateproof::verdict::Verdict;
use stateproof::workload::{EngineKind, Replication, Workload, discover};

use tape::{NOT_PRIMARY, PRIMARY_SERVICE, Tape, fixture, hosts, replica_set, service, two_members};

fn observed(verdict: &Verdict, promise: Promise) -> (Outcome, String) {
    let found = verdict.promises.iter().find(|found| found.promise == promise);
    let found = found.unwrap_or_else(|| panic!("{promise} was not promised"));
    (found.observed, found.evidence.join("; "))
}

mod discovery {
    use super::*;

    #[test]
    fn a_replica_set_is_known_by_its_command_line() {
        let set = fixture("3-replica-set");
        assert_eq!(set.engine.kind, EngineKind::MongoDb);
        assert_eq!(
            (set.engine.port, set.engine.data_directory.as_str()),
            (27017, "/data/db")
        );
        assert_eq!(
            set.replication,
            Some(Replication::ReplicaSet { name: "rs0".into() })
        );
        assert!(
            !set.notes.iter().any(|note| note.contains("separate databases")),
            "{:?}",
            set.notes
        );

        let alone = fixture("1-two-members");
        assert_eq!(alone.replication, None);
        assert!(
            alone
                .notes
                .iter()
                .any(|note| note.contains("2 separate databases")),
            "{:?}",
            alone.notes
        );
    }

    #[test]
    fn the_credentials_are_those_of_the_environment_or_none() {
        let credentials = |environment: &str| {
            let text = format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{ name: m }}\nspec: {{ clusterIP: None, selector: {{ a: m }} }}\n\
                 ---\napiVersion: v1\nkind: Secret\nmetadata: {{ name: s }}\nstringData: {{ password: \"it's %40\" }}\n\
                 ---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: m }}\nspec:\n  serviceName: m\n  \
                 selector: {{ matchLabels: {{ a: m }} }}\n  template:\n    metadata: {{ labels: {{ a: m }} }}\n    \
                 spec:\n      containers:\n      - name: m\n        image: docker.io/library/mongo:4.4\n        \
                 args: [--port, \"27018\", --dbpath=/data/orders, --replSet, $(SET)]\n        env: {environment}\n"
            );
            let found = discover(&ManifestSet::from_str("m.yaml", &text).unwrap(), "default");
            found
                .map(|mut found| found.remove(0))
                .map_err(|problems| problems.to_string())
        };
        let none = credentials("[{ name: SET, value: rs1 }]").unwrap();
        assert_eq!(
            (none.credentials.user.as_str(), none.credentials.database.as_str()),
            ("", "stateproof")
        );
        assert_eq!(
            (
                none.workload.engine.port,
                none.workload.engine.data_directory.as_str()
            ),
            (27018, "/data/orders")
        );
        assert_eq!(
            none.workload.replication,
            Some(Replication::ReplicaSet { name: "rs1".into() })
        );

        let secret = "[{ name: MONGO_INITDB_ROOT_USERNAME, value: root }, { name: MONGO_INITDB_ROOT_PASSWORD, \
                      valueFrom: { secretKeyRef: { name: s, key: password } } }, \
                      { name: MONGO_INITDB_DATABASE, value: orders }]";
        let found = credentials(secret).unwrap().credentials;
        assert_eq!(
            (found.user.as_str(), found.password.reveal()),
            ("root", "it's %40")
        );
        assert_eq!(found.database, "orders");

        let missing = secret.replace("key: password", "key: pass");
        assert!(credentials(&missing).unwrap_err().contains("password"));
    }
}

mod plans {
    use super::*;

    fn plan(workload: Workload, drill: Drill) -> Result<Vec<(Promise, Outcome)>, String> {
        let plan = Plan::new(workload, &Selection::of(&[drill]));
        match plan.drills.first() {
            Some(planned) => Ok(planned
                .expectations
                .iter()
                .map(|expectation| (expectation.promise, expectation.expected))
                .collect()),
            None => Err(plan.left_out[0].reason.clone()),
        }
    }

    #[test]
    fn members_that_do_not_replicate_have_no_roles_and_may_differ() {
        assert!(plan(two_members(), Drill::Roles).is_err());
        assert!(plan(two_members(), Drill::StepDown).is_err());
        let promises = plan(two_members(), Drill::Divergence).unwrap();
        assert_eq!(
            promises,
            [
                (Promise::Agreement, Outcome::Held),
                (Promise::Durability, Outcome::Held)
            ]
        );
        assert!(plan(fixture("2-one-member"), Drill::Divergence).is_err());
    }

    #[test]
    fn where_no_service_spreads_over_the_members_nobody_claims_that_they_agree() {
        let headless = Workload {
            services: vec![service("mongodb", true, None)],
            ..two_members()
        };
        assert_eq!(
            plan(headless, Drill::Divergence).unwrap(),
            [(Promise::Durability, Outcome::Held)]
        );
    }

    #[test]
    fn a_selector_of_one_pod_is_expected_not_to_follow_the_primary() {
        let promises = plan(replica_set(), Drill::StepDown).unwrap();
        assert_eq!(promises[0], (Promise::PrimaryAddress, Outcome::Violated));
        let without = Workload {
            services: vec![service("mongodb-headless", true, None)],
            ..replica_set()
        };
        let promises = plan(without, Drill::StepDown).unwrap();
        assert!(
            promises
                .iter()
                .all(|(promise, _)| *promise != Promise::PrimaryAddress),
            "{promises:?}"
        );
    }

    #[test]
    fn a_replica_sets_rows_are_not_on_one_members_claims_alone() {
        assert!(
            plan(replica_set(), Drill::DeleteClaim)
                .unwrap_err()
                .contains("replicate")
        );
        assert!(
            plan(replica_set(), Drill::Divergence)
                .unwrap_err()
                .contains("replicate")
        );
    }
}

mod divergence {
    use super::*;

    /// Document 3's own case: three rows, two on one member and one on the other.
    fn written() -> Tape {
        let mut tape = Tape::of(two_members(), Drill::Divergence);
        for server in ["mongodb-0", "mongodb-1", "mongodb-0"] {
            tape.connect(PRIMARY_SERVICE, server).acknowledged(1);
        }
        tape
    }

    #[test]
    fn members_that_each_have_a_part_disagree_and_keep_what_they_took() {
        let mut tape = written();
        let verdict = tape
            .member_read("mongodb-0", [1, 3])
            .member_read("mongodb-1", [2])
            .verdict();
        let (outcome, evidence) = observed(&verdict, Promise::Agreement);
        assert_eq!(outcome, Outcome::Violated);
        assert!(
            evidence.starts_with("no member has all rows, and together they have all 3"),
            "{evidence}"
        );
        assert!(
            evidence.contains("mongodb-0 has 2 of 3") && evidence.contains("mongodb-1 has 1 of 3"),
            "{evidence}"
        );
        assert_eq!(observed(&verdict, Promise::Durability).0, Outcome::Held);
        assert_eq!(verdict.outcome, Outcome::Violated);
        let [warning] = verdict.warnings.as_slice() else {
            panic!("{:?}", verdict.warnings)
        };
        assert!(
            warning
                .contains("two databases, not a cluster: a row written on mongodb-0 is absent on mongodb-1"),
            "{warning}"
        );
        assert!(render(&verdict, &Style::default()).contains("databases, not a cluster"));
    }

    #[test]
    fn members_that_all_have_all_agree() {
        let mut tape = written();
        let verdict = tape
            .member_read("mongodb-0", 1..=3)
            .member_read("mongodb-1", 1..=3)
            .verdict();
        assert_eq!(observed(&verdict, Promise::Agreement).0, Outcome::Held);
        assert_eq!(verdict.outcome, Outcome::Held);
        assert!(verdict.warnings.is_empty(), "{:?}", verdict.warnings);
    }

    #[test]
    fn a_row_that_its_member_no_longer_has_is_lost() {
        let mut tape = written();
        let verdict = tape
            .member_read("mongodb-0", [1])
            .member_read("mongodb-1", [2])
            .verdict();
        let (outcome, evidence) = observed(&verdict, Promise::Durability);
        assert_eq!(outcome, Outcome::Violated);
        assert!(
            evidence.contains("on no member: 1 acknowledged rows: 3"),
            "{evidence}"
        );
        // On another member than the one that took it is not where it should be either.
        let mut tape = written();
        let verdict = tape
            .member_read("mongodb-0", [1])
            .member_read("mongodb-1", [2, 3])
            .verdict();
        let (outcome, evidence) = observed(&verdict, Promise::Durability);
        assert_eq!(outcome, Outcome::Violated);
        assert!(
            evidence.contains("mongodb-0 took 1, 3 and is without 3"),
            "{evidence}"
        );
    }

    #[test]
    fn a_row_that_nobody_wrote_is_no_durability() {
        let mut tape = written();
        let verdict = tape
            .member_read("mongodb-0", [1, 3, 9])
            .member_read("mongodb-1", [2])
            .verdict();
        assert_eq!(observed(&verdict, Promise::Durability).0, Outcome::Violated);
    }

    #[test]
    fn without_a_read_of_every_member_or_a_row_nothing_is_shown() {
        let mut tape = written();
        let verdict = tape.member_read("mongodb-0", [1, 3]).verdict();
        assert_eq!(observed(&verdict, Promise::Agreement).0, Outcome::Inconclusive);
        assert_eq!(observed(&verdict, Promise::Durability).0, Outcome::Inconclusive);

        let mut tape = Tape::of(two_members(), Drill::Divergence);
        let verdict = tape
            .member_read("mongodb-0", [])
            .member_read("mongodb-1", [])
            .verdict();
        assert_eq!(verdict.outcome, Outcome::Inconclusive);

        let mut tape = written();
        tape.member_read("mongodb-0", 1..=3)
            .member_read("mongodb-1", 1..=3);
        let verdict = tape
            .connect(PRIMARY_SERVICE, "mongodb-0")
            .acknowledged(1)
            .verdict();
        assert_eq!(observed(&verdict, Promise::Agreement).0, Outcome::Inconclusive);
    }
}

mod roles {
    use super::*;

    fn settled(hosts: &[&str]) -> Tape {
        let mut tape = Tape::of(replica_set(), Drill::Roles);
        tape.role("mongodb-0", "PRIMARY", Some(1))
            .role("mongodb-1", "SECONDARY", None);
        tape.configured(hosts);
        tape.connect("replica set rs0", &self::hosts()[0]).acknowledged(5);
        tape
    }

    fn probed(mut tape: Tape) -> Verdict {
        tape.probed(
            Probe::ReadPlain,
            "mongodb-1",
            Err("NotPrimaryNoSecondaryOk (13435): not master and slaveOk=false"),
        )
        .probed(Probe::ReadSecondaryOk, "mongodb-1", Ok("5 rows"))
        .probed(Probe::WriteSecondary, "mongodb-1", Err(NOT_PRIMARY));
        tape.member_read("mongodb-0", 1..=5)
            .member_read("mongodb-1", 1..=5)
            .verdict()
    }

    fn stable() -> Vec<String> {
        hosts().to_vec()
    }

    fn borrowed(hosts: &[String]) -> Vec<&str> {
        hosts.iter().map(String::as_str).collect()
    }

    #[test]
    fn one_primary_and_the_others_secondary_under_stable_names_hold() {
        let verdict = probed(settled(&borrowed(&stable())));
        let (outcome, evidence) = observed(&verdict, Promise::Roles);
        assert_eq!(outcome, Outcome::Held, "{evidence}");
        assert!(
            evidence.contains("mongodb-0 PRIMARY in term 1, mongodb-1 SECONDARY"),
            "{evidence}"
        );
        assert!(
            evidence.contains("13435") && evidence.contains("10107"),
            "{evidence}"
        );
        assert_eq!(observed(&verdict, Promise::Agreement).0, Outcome::Held);
        assert_eq!(verdict.outcome, Outcome::Held);
        let report = render(&verdict, &Style::default());
        assert!(report.contains("roles of grade-submission/mongodb"), "{report}");
        assert!(report.contains("PRIMARY, term 1"), "{report}");
    }

    #[test]
    fn addresses_and_short_names_are_no_stable_names() {
        for (host, why) in [
            ("10.244.0.5:27017", "it has the address 10.244.0.5 of mongodb-0"),
            ("mongodb-0:27017", "it has the short name mongodb-0"),
        ] {
            let (outcome, evidence) = observed(&probed(settled(&[host, &hosts()[1]])), Promise::Roles);
            assert_eq!(outcome, Outcome::Violated, "{host}");
            assert!(evidence.contains(why), "{evidence}");
        }
    }

    #[test]
    fn two_primaries_or_none_are_no_replica_set() {
        for role in ["PRIMARY", "RECOVERING", "DOWN"] {
            let mut tape = settled(&borrowed(&stable()));
            tape.role("mongodb-1", role, None);
            assert_eq!(
                observed(&probed(tape), Promise::Roles).0,
                Outcome::Violated,
                "{role}"
            );
        }
    }

    #[test]
    fn a_secondary_that_takes_a_row_or_gives_one_unasked_is_none() {
        let spoiled = |probe: Probe, answer: Result<&str, &str>| {
            let mut tape = settled(&borrowed(&stable()));
            tape.probed(probe, "mongodb-1", answer);
            observed(&probed(tape), Promise::Roles).0
        };
        let violated = Outcome::Violated;
        assert_eq!(spoiled(Probe::WriteSecondary, Ok("acknowledged")), violated);
        assert_eq!(spoiled(Probe::ReadPlain, Ok("rows")), violated);
        assert_eq!(spoiled(Probe::ReadSecondaryOk, Err("gone")), violated);
        let for_another_reason = Err("Unauthorized (13): no");
        let mut tape = settled(&borrowed(&stable()));
        tape.probed(Probe::WriteSecondary, "mongodb-1", for_another_reason);
        assert_eq!(observed(&probed(tape), Promise::Roles).0, violated);
    }

    #[test]
    fn a_secondary_without_a_majoritys_row_does_not_agree() {
        let mut tape = settled(&borrowed(&stable()));
        let verdict = tape
            .member_read("mongodb-0", 1..=5)
            .member_read("mongodb-1", 1..=4)
            .verdict();
        let (outcome, evidence) = observed(&verdict, Promise::Agreement);
        assert_eq!(outcome, Outcome::Violated);
        assert!(
            evidence.contains("mongodb-1 has 4 of 5 acknowledged rows: without 5"),
            "{evidence}"
        );
    }

    /// A history that was spoiled so that its workload has no members is judged, and not Held.
    #[test]
    fn a_set_without_members_is_judged() {
        let mut tape = settled(&borrowed(&stable()));
        let Event::RunStarted { plans, .. } = &mut tape.records[0].event else {
            panic!("a run begins with its plans");
        };
        plans[0].workload.replicas = 0;
        assert_ne!(observed(&probed(tape), Promise::Roles).0, Outcome::Held);
    }

    #[test]
    fn who_was_not_asked_shows_nothing() {
        let mut tape = Tape::of(replica_set(), Drill::Roles);
        assert_eq!(observed(&tape.verdict(), Promise::Roles).0, Outcome::Inconclusive);
        let mut tape = Tape::of(replica_set(), Drill::Roles);
        tape.role("mongodb-0", "PRIMARY", Some(1))
            .role("mongodb-1", "SECONDARY", None);
        assert_eq!(
            observed(&tape.verdict(), Promise::Roles).0,
            Outcome::Inconclusive,
            "no configuration"
        );
    }

    /// D3.7: the application's only name is that of all members.
    #[test]
    fn a_name_that_leads_to_secondary_members_too_is_warned_of() {
        let only = Workload {
            services: vec![service("mongodb-headless", true, None)],
            ..replica_set()
        };
        let name = only.services[0].dns.clone();
        let through = |workload: Workload| {
            let mut tape = Tape::of(workload, Drill::Roles);
            tape.probed(Probe::WriteThroughService, &name, Ok("mongodb-0"))
                .probed(Probe::WriteThroughService, &name, Err(NOT_PRIMARY));
            tape.verdict().warnings
        };
        let warnings = through(only);
        assert!(
            warnings[0].contains("of 2 writes through it 1 were refused"),
            "{warnings:?}"
        );
        // Where there is another for the application, the members' own is theirs.
        assert!(through(replica_set()).is_empty());
    }
}

mod step_down {
    use super::*;

    /// Who was PRIMARY before and after, with a row through the PRIMARY's Service each time; then the last member goes
    /// and comes back.
    fn tape(before: Result<&str, &str>, after: Result<&str, &str>) -> Tape {
        let mut tape = stepped_down(before, after);
        tape.scaled(1).scaled(2);
        tape.role("mongodb-0", "PRIMARY", Some(3))
            .role("mongodb-1", "SECONDARY", None);
        tape.read(1..=20);
        tape
    }

    fn stepped_down(before: Result<&str, &str>, after: Result<&str, &str>) -> Tape {
        let mut tape = Tape::of(replica_set(), Drill::StepDown);
        tape.role("mongodb-0", "PRIMARY", Some(1))
            .role("mongodb-1", "SECONDARY", None);
        tape.probed(Probe::WriteThroughService, PRIMARY_SERVICE, before);
        tape.connect("replica set rs0", &hosts()[0]).acknowledged(10);
        let primary = tape.pod(0);
        tape.fault(Fault::StepDown, vec![primary]);
        tape.role("mongodb-0", "SECONDARY", None)
            .role("mongodb-1", "PRIMARY", Some(2));
        tape.connect("replica set rs0", &hosts()[1]).acknowledged(10);
        tape.probed(Probe::WriteThroughService, PRIMARY_SERVICE, after);
        tape
    }

    #[test]
    fn a_selector_knows_pods_and_not_roles() {
        let verdict = tape(Ok("mongodb-0"), Err(NOT_PRIMARY)).verdict();
        let (outcome, evidence) = observed(&verdict, Promise::PrimaryAddress);
        assert_eq!(outcome, Outcome::Violated, "{evidence}");
        assert!(
            evidence.contains("led to mongodb-0, SECONDARY, which refused the row"),
            "{evidence}"
        );
        assert!(
            evidence.contains("a selector knows pods, not roles"),
            "{evidence}"
        );
        assert_eq!(observed(&verdict, Promise::Durability).0, Outcome::Held);
        let (outcome, evidence) = observed(&verdict, Promise::Recovery);
        assert_eq!(outcome, Outcome::Held, "{evidence}");
        assert!(evidence.contains("mongodb-1 was PRIMARY"), "{evidence}");
        assert_eq!(verdict.outcome, Outcome::Held, "what was expected came to be");
        assert!(
            verdict
                .warnings
                .iter()
                .any(|warning| warning.contains("the PRIMARY mongodb-1 was removed")),
            "{:?}",
            verdict.warnings
        );
    }

    #[test]
    fn a_service_that_follows_the_primary_is_not_what_was_expected() {
        let verdict = tape(Ok("mongodb-0"), Ok("mongodb-1")).verdict();
        assert_eq!(observed(&verdict, Promise::PrimaryAddress).0, Outcome::Held);
        assert_eq!(verdict.outcome, Outcome::Violated);
    }

    #[test]
    fn a_service_that_was_not_tried_before_and_after_shows_nothing() {
        let mut tape = tape(Ok("mongodb-0"), Err(NOT_PRIMARY));
        let probes = |event: &Event| matches!(event, Event::Probed { .. });
        let last = tape
            .records
            .iter()
            .rposition(|record| probes(&record.event))
            .unwrap();
        tape.records.remove(last);
        assert_eq!(
            observed(&tape.verdict(), Promise::PrimaryAddress).0,
            Outcome::Inconclusive
        );
    }

    #[test]
    fn a_row_that_the_majority_acknowledged_and_the_next_primary_does_not_have_is_lost() {
        let mut tape = stepped_down(Ok("mongodb-0"), Err(NOT_PRIMARY));
        tape.scaled(1).scaled(2);
        tape.read(1..=19);
        assert_eq!(
            observed(&tape.verdict(), Promise::Durability).0,
            Outcome::Violated
        );
    }

    #[test]
    fn a_primary_that_stays_is_no_step_down() {
        let mut tape = Tape::of(replica_set(), Drill::StepDown);
        tape.role("mongodb-0", "PRIMARY", Some(1))
            .role("mongodb-1", "SECONDARY", None);
        tape.connect("replica set rs0", &hosts()[0]).acknowledged(10);
        let primary = tape.pod(0);
        tape.fault(Fault::StepDown, vec![primary]);
        tape.connect("replica set rs0", &hosts()[0]).acknowledged(10);
        tape.scaled(1).scaled(2);
        tape.read(1..=20);
        let verdict = tape.verdict();
        let (outcome, evidence) = observed(&verdict, Promise::Durability);
        assert_eq!(outcome, Outcome::Inconclusive);
        assert!(evidence.contains("nobody was seen to be elected"), "{evidence}");
        assert_eq!(verdict.outcome, Outcome::Inconclusive);
    }

    /// A spoiled history's times may run backwards: no time is less than none.
    #[test]
    fn times_that_run_backwards_are_judged() {
        let mut tape = tape(Ok("mongodb-0"), Err(NOT_PRIMARY));
        for (at, record) in tape.records.iter_mut().rev().enumerate() {
            record.at_us = at as u64;
        }
        let verdict = tape.verdict();
        let (_, evidence) = observed(&verdict, Promise::Recovery);
        assert!(evidence.contains("was PRIMARY 0.00 s after"), "{evidence}");
    }

    #[test]
    fn roles_are_told_in_the_order_in_which_they_were_had() {
        let verdict = tape(Ok("mongodb-0"), Err(NOT_PRIMARY)).verdict();
        let spans: Vec<_> = verdict
            .roles
            .iter()
            .map(|span| (span.pod.as_str(), span.role.as_str(), span.until_us.is_some()))
            .collect();
        assert_eq!(
            spans,
            [
                ("mongodb-0", "PRIMARY", true),
                ("mongodb-1", "SECONDARY", true),
                ("mongodb-0", "SECONDARY", true),
                ("mongodb-1", "PRIMARY", true),
                ("mongodb-0", "PRIMARY", false),
                ("mongodb-1", "SECONDARY", false),
            ]
        );
    }
}
