//! Hostile input: parsing, deriving and judging neither panic nor take more than linear time.

#[path = "common/spent.rs"]
mod spent;

use std::path::Path;
use std::time::Instant;

use spent::spent;

/// A small generator with a fixed seed: the test is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn try_all(paste: &str) {
    if let Ok(parsed) = plan::parse(paste) {
        assert!(!parsed.plans.is_empty());
        for plan in &parsed.plans {
            for (at, node) in plan.nodes.iter().enumerate() {
                assert!(node.parent.is_none_or(|parent| parent < at));
                let _ = (node.title(), node.object());
            }
            let derived = plan::derive(plan);
            assert_eq!(derived.nodes.len(), plan.nodes.len());
            let (found, _) = plan::rules::judge(plan, &derived, &plan::rules::Limits::new());
            assert!(found.iter().all(|one| one.node.is_none_or(|at| at < plan.nodes.len())));
        }
    }
}

#[test]
fn damaged_fixtures_never_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut pastes = vec![];
    for folder in ["14", "18", "log"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            pastes.push(std::fs::read_to_string(entry.unwrap().path()).unwrap());
        }
    }
    pastes.sort_by_key(String::len);
    let pieces = [
        "\"",
        "'",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "->  ",
        "\n",
        " ",
        "<",
        ">",
        "&lt;",
        ":",
        "é",
        "\u{0}",
        "\u{202e}",
        "│",
        "+",
        ".",
        "…",
        "(cost=",
        "(actual time=",
        "1e999",
        "-1",
        "99999999999999999999",
        "CTE x",
        "InitPlan 1",
        "$1",
        "Worker 7:  ",
        "loops=0",
        "\"Plans\": [",
        "\"Plan\": {",
        "<Plans>",
        "\\u",
        "\t",
        "----",
        "(1 row)",
        "duration: 1 ms  plan:",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let start = Instant::now();
    let mut tried = 0;
    while start.elapsed().as_secs() < 4 && tried < 20_000 {
        let source = &pastes[random.below(pastes.len())];
        let mut chars: Vec<char> = source.chars().take(6_000).collect();
        for _ in 0..=random.below(8) {
            let at = random.below(chars.len());
            let piece = pieces[random.below(pieces.len())];
            match random.below(4) {
                0 => chars.truncate(at),
                1 => drop(chars.splice(at..(at + random.below(40)).min(chars.len()), [])),
                2 => drop(chars.splice(at..at, piece.chars())),
                _ => {
                    let end = (at + random.below(300)).min(chars.len());
                    let copy: Vec<char> = chars[at..end].to_vec();
                    let to = random.below(chars.len());
                    drop(chars.splice(to..to, copy));
                }
            }
        }
        try_all(&chars.into_iter().collect::<String>());
        tried += 1;
    }
    assert!(tried > 200, "only {tried} pastes were tried");
}

#[test]
fn what_repeats_without_end_takes_linear_time() {
    for piece in [
        "[",
        "{\"Plan\":",
        "{\"a\":[",
        "[\"Plan\",\n",
        "<explain>",
        "<a>",
        "- Plan: \n",
        "  - Plan: \n",
        "->  Seq Scan\n",
        "CTE a\n->  CTE Scan on a  (cost=0.00..1.00 rows=1 width=1) (actual time=0.0..1.0 rows=1 loops=1)\n",
        "(",
        "\"",
        "----\n",
        "InitPlan 1 (returns $1)\n  ->  Result  (cost=0.00..1.00 rows=1 width=1)\n    Filter: ($1)\n",
        "a: ",
        "Settings: a = '",
        "duration: 1 ms  plan:\n",
        "\u{1F600}",
    ] {
        // The faster of two runs: what else the machine does only ever adds time.
        let time = |times: usize| {
            let paste =
                format!("Seq Scan on t  (cost=0.00..1.00 rows=1 width=1)\n{}", piece.repeat(times));
            let bare = piece.repeat(times);
            let start = Instant::now();
            let run = || {
                let before = spent(start);
                try_all(&paste);
                try_all(&bare);
                (spent(start) - before).as_secs_f64()
            };
            run().min(run())
        };
        // What is not linear is not linear again; a machine that does much else is so by chance.
        let mut ratios = std::iter::repeat_with(|| time(20_000) / time(2_000).max(0.001)).take(3);
        assert!(ratios.any(|ratio| ratio < 40.0), "{piece:?} takes more than 40 times as long");
    }
}

#[test]
fn what_is_no_plan_is_refused_in_one_sentence() {
    for (paste, line, column) in
        [("", 1, 1), ("\n\n  hello", 3, 3), ("{\"a\": 1}", 1, 1), ("\u{0}\u{1}\u{2}", 1, 1)]
    {
        let error = plan::parse(paste).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{paste:?}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn a_plan_that_is_cut_shows_what_was_read_and_where_it_ends() {
    let parsed = plan::parse("[{\"Plan\": {\"Node Type\": \"Limit\", \"Plans\": [\n {\"Node Type\": \"Sort\", \"Sort Key\": [\"a\"").unwrap();
    let plan = &parsed.plans[0];
    assert_eq!(plan.nodes.len(), 2);
    let broken = plan.broken.as_ref().unwrap();
    assert_eq!((broken.line, broken.expected.as_str()), (2, "“,” or “]”"));
}

#[test]
fn what_follows_a_plan_and_is_none_is_named_with_its_place() {
    let parsed = plan::parse("Limit  (cost=0.00..1.00 rows=1 width=1)\n  ->  Result  (cost=0.00..1.00 rows=1 width=1)\n\n   what is this\n").unwrap();
    let leftover = &parsed.not_understood[0];
    assert_eq!((leftover.line, leftover.column, leftover.text.as_str()), (4, 4, "what is this"));
}
