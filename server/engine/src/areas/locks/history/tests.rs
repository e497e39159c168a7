//! Tests of the lock history: every second reads back as recorded, within the budget.

use model::Reason;
use model::locks::{Hold, LockMode, LockObject, LockSession, Locks, Node, ObjectKind, Queue, Wait};

use super::*;

fn locks(graph: Graph) -> Locks {
    Locks {
        server_now_ms: graph.server_now_ms,
        waiting: graph.waiting() as i64,
        graph: Ok(graph),
        prepared: Err(Reason::NotYet),
        table: Err(Reason::NotYet),
        counters: Err(Reason::NotYet),
        rates: Err(Reason::NotYet),
        serialization_failures: Err(Reason::NotYet),
        others: Ok(()),
    }
}

/// One holder and so many waiters on one advisory lock; the root is `pid`.
fn pile(now_ms: i64, pid: i32, waiters: u32, text: &str) -> Graph {
    let node = |pid: i32| Node {
        pid: Some(pid),
        session: Some(LockSession {
            backend_start_ms: Some(1),
            query: Some(format!("{text} {pid}")),
            ..LockSession::default()
        }),
        ..Node::default()
    };
    let object = LockObject {
        database: Some(5),
        classid: Some(0),
        objid: Some(1),
        objsubid: Some(1),
        ..LockObject::of(ObjectKind::Advisory)
    };
    let modes = [LockMode::Exclusive].into_iter().collect();
    let waits = (1..=waiters).map(|n| Wait {
        node: n,
        pid: 1_000 + n as i32,
        mode: LockMode::Exclusive,
        waitstart_us: Some(1_000 * i64::from(n)),
    });
    let mut graph = Graph {
        server_now_ms: now_ms,
        nodes: [node(pid)]
            .into_iter()
            .chain((1..=waiters).map(|n| node(1_000 + n as i32)))
            .collect(),
        queues: vec![Queue {
            object,
            holders: vec![Hold { node: 0, pid: Some(pid), modes, fastpath: false }],
            waiters: waits.collect(),
        }],
        ..Graph::default()
    };
    graph.roots = roots::roots(&graph);
    graph
}

#[test]
fn every_second_comes_back_as_it_was() {
    let mut history = History::default();
    let frames: Vec<Graph> =
        (0..400).map(|s| pile(s * 1_000, 7, 3 + (s as u32 * 7) % 20, "update")).collect();
    for (frame, second) in frames.iter().zip(0..) {
        history.record(50_000 + second * 1_000, &locks(frame.clone()));
    }
    for (frame, second) in frames.iter().zip(0..) {
        assert_eq!(history.at(50_000 + second * 1_000 + 400).as_ref(), Some(frame), "{second}");
    }
    assert_eq!(history.at(49_999), None, "before the first reading nothing is known");
    assert_eq!(history.at(800_000), None, "nor long after the last");
}

#[test]
fn an_incident_has_a_beginning_a_peak_and_an_end() {
    let mut history = History::default();
    let quiet = || locks(Graph::default());
    for second in 0..5 {
        history.record(second * 1_000, &quiet());
    }
    for (second, (root, waiters)) in (5..).zip([(7, 1), (7, 9), (8, 2)]) {
        history.record(second * 1_000, &locks(pile(1_001, root, waiters, "update")));
    }
    history.record(8_000, &quiet());
    history.record(9_000, &quiet());
    let summary = history.summary();
    assert_eq!(summary.ticks.len(), 5, "a quiet span is one entry: {summary:#?}");
    let [incident] = summary.incidents.as_slice() else { panic!("{summary:#?}") };
    assert_eq!((incident.started_ms, incident.ended_ms), (4_000, Some(8_000)));
    assert_eq!((incident.peak_ms, incident.peak_waiting), (6_000, 9));
    let roots: Vec<_> = incident.roots.iter().map(|r| (r.who.as_str(), r.seconds)).collect();
    assert_eq!(roots, [("pid 7", 2), ("pid 8", 1)]);
    let first = incident.first_waiter.as_deref().unwrap_or_default();
    assert!(first.starts_with("pid 1001 wants EXCLUSIVE on advisory lock 1"), "{first}");
    assert_eq!(history.at(2_500).map(|graph| graph.queues.len()), Some(0));
}

#[test]
fn an_unknown_second_is_a_gap_that_splits_no_incident() {
    let mut history = History::default();
    history.record(1_000, &locks(pile(1, 7, 2, "update")));
    for second in 2..9 {
        let unknown = Locks { graph: Err(Reason::NotYet), ..locks(Graph::default()) };
        history.record(second * 1_000, &unknown);
    }
    history.record(9_000, &locks(pile(1, 7, 2, "update")));
    assert_eq!(history.at(7_000), None);
    assert_eq!(history.summary().incidents.len(), 1, "the same root is in the way");
    // Another root, but a wait of 12 s: somebody waited all the while.
    history.record(20_000, &locks(pile(12_001, 8, 2, "update")));
    assert_eq!(history.summary().incidents.len(), 1);
    // Another root, and nobody who waited before.
    history.record(30_000, &locks(pile(1, 9, 2, "update")));
    assert_eq!(history.summary().incidents.len(), 2);
    // The same root long after may be another matter.
    history.record(100_000, &locks(pile(1, 9, 2, "update")));
    assert_eq!(history.summary().incidents.len(), 3);
}

#[test]
fn readings_that_come_too_late_split_no_incident() {
    let mut history = History::default();
    for reading in 0..12 {
        let now_ms = reading * 5_000;
        history.record(now_ms, &locks(pile(now_ms + 2, 7, 2, "update")));
    }
    history.record(60_000, &locks(Graph::default()));
    let incidents = history.summary().incidents;
    assert_eq!(incidents.len(), 1);
    let ended = incidents.first().and_then(|incident| incident.ended_ms);
    assert_eq!(ended, Some(55_000), "as far as is known");
}

#[test]
fn an_hour_of_a_steady_pile_up_is_small() {
    let mut history = History::default();
    for second in 0..3_700 {
        history.record(second * 1_000, &locks(pile(second * 1_000, 7, 40, "update")));
    }
    assert!(history.bytes() < 1 << 20, "{} bytes", history.bytes());
    let ticks = history.summary().ticks;
    assert!((3_600..=3_600 + CHUNK_TICKS).contains(&ticks.len()), "{} ticks", ticks.len());
}

#[test]
fn the_budget_holds_whatever_comes() {
    let mut seed = 11_u64;
    let mut dice = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    for budget in [0, 1_000, 20_000, 300_000] {
        let mut history = History::within(budget);
        let mut at_ms = 0;
        for _ in 0..120 {
            at_ms += 500 + dice(3_000) as i64;
            let text = "x".repeat(dice(300) as usize);
            match dice(8) {
                0 => history.record(at_ms, &locks(Graph::default())),
                _ => {
                    let waiters = 1 + dice(60) as u32;
                    let graph = pile(at_ms, 1 + dice(3) as i32, waiters, &text);
                    history.record(at_ms, &locks(graph.clone()));
                    if let Some(kept) = history.at(at_ms) {
                        assert_eq!(kept, graph);
                    }
                }
            }
            assert!(history.bytes() <= budget, "{} of {budget}", history.bytes());
            history.summary();
        }
        assert!(budget < 300_000 || history.at(at_ms).is_some(), "the newest second is kept");
    }
}

#[test]
fn a_recording_holds_the_hour_and_may_hold_anything() {
    let mut history = History::default();
    for second in 0..700_i64 {
        let waiters = if second % 50 < 20 { 1 + (second % 7) as u32 } else { 0 };
        history.record(second * 1_000, &locks(pile(second * 1_000, 77, waiters, "select 1")));
    }
    let recorded = history.recorded().unwrap();
    let back = History::of_recorded(recorded.clone()).unwrap();
    let same = |a: LockHistory| LockHistory { bytes: 0, ..a };
    assert_eq!(same(back.summary()), same(history.summary()));
    for at_ms in [5_000, 19_000, 61_000, 699_000, 800_000] {
        assert_eq!(back.at(at_ms), history.at(at_ms), "{at_ms}");
    }
    // Each part in turn is something else.
    let text = serde_json::to_string(&recorded).unwrap();
    for at in (0..text.len()).step_by(text.len() / 60 + 1) {
        let mut torn = text.clone().into_bytes();
        torn[at] = if torn[at] == b'f' { b'0' } else { b'f' };
        let Ok(torn) = serde_json::from_slice(&torn) else { continue };
        let Some(torn) = History::of_recorded(torn) else { continue };
        torn.summary();
        (0..700).step_by(50).for_each(|second| drop(torn.at(second * 1_000)));
    }
    assert!(History::of_recorded(serde_json::json!({"a": 1})).is_none());
    // Frames that double each time.
    let mut frames = "000001".to_owned() + "00";
    (0..40).for_each(|power: u32| {
        let mut length = 1_u64 << power.min(20);
        let mut number = String::new();
        while length >= 0x80 {
            number += &format!("{:02x}", (length as u8) | 0x80);
            length >>= 7;
        }
        number += &format!("{length:02x}");
        frames += &format!("{number}{number}00");
    });
    let end = frames.len() / 2;
    let tick = serde_json::json!({"at_ms": 0, "until_ms": 0, "server_now_ms": 0, "complete": true,
        "waiting": 1, "longest_ms": 1, "root": null, "held_up": 0, "first": null, "frame_end": end});
    let bomb =
        serde_json::json!([{"ticks": [tick], "frames": frames, "dictionary": "", "ends": []}]);
    assert_eq!(History::of_recorded(bomb).unwrap().at(0), None);
}
