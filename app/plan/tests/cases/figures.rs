//! Figures that tools have rewritten.

use crate::reading::{PLAN, one, read};

#[test]
fn separators_of_thousands_are_no_ends_of_figures() {
    let (clean, ..) = one(PLAN);
    let grouped = |group: &'static str, point: &'static str| {
        let mut text = String::new();
        let mut rest = PLAN;
        // Every run of digits, grouped; every point between digits, replaced.
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            let (head, tail) = rest.split_at(at);
            let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let decimal = head == "." && text.ends_with(|c: char| c.is_ascii_digit());
            text.push_str(if decimal { point } else { head });
            for (place, digit) in tail[..end].chars().enumerate() {
                if place > 0 && (end - place) % 3 == 0 && !decimal {
                    text.push_str(group);
                }
                text.push(digit);
            }
            rest = &tail[end..];
        }
        text + rest
    };
    for (group, point) in [
        (",", "."),
        (".", ","),
        (" ", ","),
        ("\u{a0}", ","),
        ("'", "."),
        ("’", "."),
        ("_", "."),
        ("", ","),
    ] {
        let paste = grouped(group, point).replace("(weight > 1,200)", "(weight > 1200)");
        let (plan, _, notices) = one(&paste);
        assert_eq!(plan.nodes[3].actual, clean.nodes[3].actual, "{paste}");
        assert_eq!(plan.nodes[3].number("Rows Removed by Filter"), Some(159_000.0), "{paste}");
        assert_eq!(plan.nodes[3].number("Shared Hit Blocks"), Some(2190.0), "{paste}");
        assert_eq!(plan.nodes[4].number("Hash Buckets"), Some(1024.0), "{paste}");
        assert_eq!(plan.execution_ms(), Some(48.3), "{paste}");
        for (own, clean) in plan.nodes.iter().zip(&clean.nodes) {
            assert_eq!((own.cost, own.actual), (clean.cost, clean.actual), "{paste}");
        }
        assert!(notices[0].starts_with("The figures are written with separators"), "{notices:?}");
    }
}

#[test]
fn abbreviated_figures_are_doubtful() {
    let parsed = read(
        "Seq Scan on t  (cost=0.00..9.00 rows=52k width=4) (actual time=0.010..2.500 rows=5,2 loops=1)\n",
    );
    let node = &parsed.plans[0].nodes[0];
    assert_eq!((node.cost.unwrap().rows, node.actual.unwrap().rows), (52_000.0, 5.2));
    assert!(parsed.notices[0].doubtful, "{:?}", parsed.notices);
}
