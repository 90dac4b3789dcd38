use crate::tape::*;
use stateproof::history::*;
use stateproof::plan::Drill;
fn save(name: &str, tape: &Tape) {
    let text = tape.history().to_json_lines().unwrap();
    std::fs::write(format!("{}/fixtures/histories/{name}.jsonl", env!("CARGO_MANIFEST_DIR")), text).unwrap();
}
#[test]
fn generate() {
    let small = || Rows {
        before: (1..=3).map(|k| (k, WriteFate::Acknowledged)).collect(),
        after: vec![(4, WriteFate::Unknown("connection closed".into())), (5, WriteFate::Acknowledged)],
        unreported: vec![],
        read: (1..=5).collect(),
        corrupt: vec![],
    };
    let lp = |rows: &Rows| Tape::with(&[Drill::LosePod], rows);
    save("lose-pod", &lp(&small()));
    save("all-drills", &Tape::with(&Drill::ALL, &small()));
    save("negative-control", &Tape::with(&[Drill::DeleteClaim], &small()));
    save("lost-row", &lp(&Rows { read: vec![1, 3, 4, 5], ..small() }));
    save("phantom-row", &lp(&Rows { read: vec![1, 2, 3, 4, 5, 9], ..small() }));
    save("corrupt-row", &lp(&Rows { corrupt: vec![2], ..small() }));
    let mut r = small();
    r.after.push((6, refused()));
    r.read.push(6);
    save("refused-but-present", &lp(&r));
    save("unproven-fault", &lp(&small()).without(|e| matches!(e, Event::Gone { .. }) || matches!(e, Event::Observed{object,..} if object.uid == uid(2))));
    let is_read = |e: &Event| matches!(e, Event::Read { .. });
    let mut t = lp(&small()).until(is_read);
    let at = t.events.last().unwrap().0;
    t.events.push((at, Event::RunEnded { interrupted: true }));
    save("interrupted", &t);
    let whole = lp(&small()).history().to_json_lines().unwrap();
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/cut-off.jsonl"), &whole[..whole.len() - 400]).unwrap();
    let newer = whole.replacen("\"format\":1", "\"format\":2", 1).replacen("\"version\":\"0.1.0\"", "\"version\":\"9.0.0\"", 1);
    let newer = newer.replacen("\"plans\":[", "\"plans\":[\"something that this version does not know\",", 1);
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/newer-format.jsonl"), newer).unwrap();
    let mut n = 0;
    let ret = Tape::with(&[Drill::DeleteStatefulset], &Rows { read: vec![5], ..small() })
        .changed(delete_with_set)
        .before(|e| matches!(e, Event::Gone { object } if object.kind == "Pod"), Event::Gone { object: claim(1) })
        .changed(|e| if let Event::ClaimsInspected { claims, .. } = e { n += 1; if n > 1 { claims.clear(); } });
    save("retention-delete", &ret);
}
