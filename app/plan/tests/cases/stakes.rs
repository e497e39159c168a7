//! Stakes: what is at stake in findings that stand for themselves adds up to no more than the whole.

use model::Severity;
use plan::Plan;
use plan::rules::{Judged, Limits, Whole, judge};

use crate::common::{files, one};
use crate::judged;

/// The time of which findings have parts at stake: the execution, or nodes and triggers.
fn whole(plan: &Plan) -> f64 {
    let derived = plan::derive(plan);
    let nodes = derived.nodes_ms.unwrap_or(0.0) + derived.triggers_ms.unwrap_or(0.0);
    plan.execution_ms().unwrap_or(nodes)
}

fn found(plan: &Plan) -> Vec<Judged> {
    // Everything is a finding, so that claims meet.
    let mut limits = Limits::new();
    for rule in plan::rules::RULES {
        for limit in rule.about.limits.iter().filter(|limit| limit.name.starts_with("min_")) {
            let known = plan::rules::RULES.iter().map(|rule| (rule.id, rule.about));
            limits.set(known, (rule.id, limit.name), 0.001).unwrap();
        }
    }
    judge(plan, &plan::derive(plan), &limits).0
}

/// Checks one plan; how many findings are within others.
fn check(plan: &Plan, name: &str) -> usize {
    let found = found(plan);
    let sum = |of: Whole| -> f64 {
        let heads = found.iter().filter(|one| one.within.is_none() && one.whole == of);
        heads.filter_map(|one| one.saves_ms).sum()
    };
    let (most, slack) = (whole(plan), 1e-6 * whole(plan).max(1.0));
    assert!(sum(Whole::Execution) <= most + slack, "{name}: {} of {most}", sum(Whole::Execution));
    assert!(sum(Whole::Planning) <= plan.planning_ms().unwrap_or(0.0).max(0.0) + slack, "{name}");
    let mut head = None;
    for (at, one) in found.iter().enumerate() {
        match one.within {
            None => head = Some(at),
            within => assert_eq!(within, head, "{name}: it stands behind what it is part of"),
        }
        if let Some(ms) = one.saves_ms.filter(|_| one.whole == Whole::Execution) {
            assert!((0.0..=most + slack).contains(&ms), "{name}: {ms} of {most}");
        }
    }
    found.iter().filter(|one| one.within.is_some()).count()
}

/// Numbers that are as good as random and the same each time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

/// A paste with other digits in it, and without some of its lines.
fn mutated(paste: &str, random: &mut Random) -> String {
    let mut text = String::new();
    for line in paste.lines() {
        if random.below(40) == 0 {
            continue;
        }
        let change = random.below(3) == 0;
        text.extend(line.chars().map(|c| match c.to_digit(10) {
            Some(_) if change && random.below(2) == 0 => ['0', '1', '7', '9'][random.below(4)],
            _ => c,
        }));
        text.push('\n');
    }
    text
}

#[test]
fn stakes_add_up_to_no_more_than_the_execution() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut plans, mut within) = (0, 0);
    for path in files() {
        let name = path.display().to_string();
        let paste = std::fs::read_to_string(&path).unwrap();
        for round in 0..2 {
            let text = if round == 0 { paste.clone() } else { mutated(&paste, &mut random) };
            for plan in plan::parse(&text).map(|parsed| parsed.plans).unwrap_or_default() {
                within += check(&plan, &name);
                plans += 1;
            }
        }
    }
    assert!(plans > 900 && within > 100, "{plans} plans, {within} findings within others");
}

/// The rules of a paste's findings, those within another behind a `>`.
fn shape(paste: &str) -> Vec<String> {
    let (plan, derived) = one(paste);
    let (found, _) = judge(&plan, &derived, &Limits::new());
    let name = |one: &Judged| one.finding.rule.trim_start_matches("plan/").to_owned();
    found
        .iter()
        .map(|one| format!("{}{}", if one.within.is_some() { "> " } else { "" }, name(one)))
        .collect()
}

const SPILL: &str = "\
Sort  (cost=900.00..910.00 rows=40 width=12) (actual time=1500.000..1800.000 rows=400000 loops=1)
  Sort Key: o.at
  Sort Method: external merge  Disk: 90000kB
  ->  Nested Loop  (cost=0.42..800.00 rows=40 width=12) (actual time=0.050..1200.000 rows=400000 loops=1)
        ->  Seq Scan on customers c  (cost=0.00..400.00 rows=20 width=4) (actual time=0.010..100.000 rows=100000 loops=1)
              Filter: ((country = 'de'::text) AND (city = 'Kiel'::text))
              Rows Removed by Filter: 90
        ->  Index Scan using o_c on orders o  (cost=0.42..20.00 rows=2 width=12) (actual time=0.002..0.010 rows=4 loops=100000)
              Index Cond: (customer_id = c.id)
Planning Time: 0.500 ms
Execution Time: 1850.000 ms
";

#[test]
fn what_a_wrong_estimate_spoiled_is_part_of_it() {
    let shape = shape(SPILL);
    assert_eq!(shape[0], "row_misestimate", "{shape:?}");
    assert!(shape[1..].iter().all(|rule| rule.starts_with("> ")), "{shape:?}");
    for rule in ["> nested_loop_over_many_rows", "> sort_spill"] {
        assert!(shape.iter().any(|one| one == rule), "{rule}: {shape:?}");
    }
    let (plan, derived) = one(SPILL);
    let (found, _) = judge(&plan, &derived, &Limits::new());
    // The loop's own 100 ms, its inner side's 1000 ms, and half of the sort's 600 ms.
    assert!((found[0].saves_ms.unwrap() - 1400.0).abs() < 1.0, "{:?}", found[0].saves_ms);
    assert_eq!(found[0].finding.severity, Severity::Critical);
    assert_eq!(found[0].node, Some(2), "the estimate that was wrong first");
}

#[test]
fn a_wrong_estimate_that_spoiled_nothing_is_no_warning() {
    let paste = "\
Aggregate  (cost=900.00..900.01 rows=1 width=8) (actual time=190.000..190.000 rows=1 loops=1)
  ->  Seq Scan on orders  (cost=0.00..800.00 rows=100 width=0) (actual time=0.010..180.000 rows=90000 loops=1)
        Filter: (status = 'open'::text)
        Rows Removed by Filter: 1000
Execution Time: 191.000 ms
";
    let (plan, derived) = one(paste);
    let (found, _) = judge(&plan, &derived, &Limits::new());
    let estimate = found.iter().find(|one| one.finding.rule == "plan/row_misestimate").unwrap();
    assert_eq!((estimate.saves_ms, estimate.finding.severity), (Some(0.0), Severity::Info));
}

#[test]
fn two_rules_on_one_scan_claim_its_time_once() {
    for case in ["nl-outer-column", "rls-function-of-no-column", "builtin-called-own"] {
        let found = judged(case);
        let heads = found.iter().filter(|one| one.within.is_none());
        let nodes: Vec<_> =
            heads.filter(|one| one.saves_ms > Some(1.0)).filter_map(|one| one.node).collect();
        let mut once = nodes.clone();
        once.dedup();
        assert_eq!(nodes, once, "{case}: {found:?}");
    }
}

#[test]
fn planning_and_compilation_have_time_of_their_own() {
    let paste = "\
Gather  (cost=1.00..2.00 rows=1 width=8) (actual time=90.000..1000.000 rows=9 loops=1)
  Workers Planned: 3
  Workers Launched: 3
  ->  Parallel Seq Scan on t  (cost=1.00..2.00 rows=9 width=8) (actual time=80.000..990.000 rows=2 loops=4)
Planning Time: 2000.000 ms
JIT:
  Functions: 12
  Options: Inlining true, Optimization true, Expressions true, Deforming true
  Timing: Generation 40.000 ms, Inlining 160.000 ms, Optimization 1000.000 ms, Emission 400.000 ms, Total 1600.000 ms
Execution Time: 1010.000 ms
";
    let (plan, derived) = one(paste);
    let (found, _) = judge(&plan, &derived, &Limits::new());
    let of = |rule: &str| found.iter().find(|one| one.finding.rule == rule).unwrap();
    let planning = of("plan/slow_planning");
    assert_eq!((planning.saves_ms, planning.whole), (Some(2000.0), Whole::Planning));
    // Four processes compiled side by side.
    assert_eq!(of("plan/jit_cost").saves_ms, Some(400.0));
}

/// Recorded to go to disk.
const SPILLING: [&str; 2] = ["hash_join", "sort_spill"];

#[test]
fn healthy_statements_draw_no_finding_above_information() {
    let mut healthy = 0;
    for major in ["14", "15", "16", "17", "18", "19"] {
        for path in files()
            .into_iter()
            .filter(|path| path.parent().unwrap().ends_with(format!("fixtures/{major}")))
        {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if SPILLING.contains(&name.as_str()) {
                continue;
            }
            let parsed = plan::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            for plan in &parsed.plans {
                let (found, _) = judge(plan, &plan::derive(plan), &Limits::new());
                let bad: Vec<_> =
                    found.iter().filter(|one| one.finding.severity > Severity::Info).collect();
                assert!(bad.is_empty(), "{}: {bad:#?}", path.display());
                healthy += 1;
            }
        }
    }
    assert!(healthy > 120, "{healthy} plans");
}
