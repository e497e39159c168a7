//! Trees whose indentation is lost.

use plan::Plan;

use crate::common;
use crate::reading::{PLAN, one, own, read, tree};

/// A plan as it is, but for the lines it stands on.
fn without_lines(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.line = 0;
    for node in &mut plan.nodes {
        node.lines = (0, 0);
        for prop in node.props.iter_mut().chain(node.workers.iter_mut().flat_map(|w| &mut w.props))
        {
            prop.line = 0;
        }
    }
    for prop in plan.props.iter_mut().chain(plan.triggers.iter_mut().flat_map(|t| &mut t.props)) {
        prop.line = 0;
    }
    plan
}

/// How a line gets lost indentation.
type Loss = fn(&str) -> String;
const LOSSES: [(&str, Loss); 8] = [
    ("all", |line| line.trim_start().to_owned()),
    ("arrows too", |line| line.trim_start().trim_start_matches("->").trim_start().to_owned()),
    ("arrows only", |line| line.replacen("->  ", "    ", 1)),
    ("arrows and their width", |line| {
        let body = line.trim_start();
        format!("{}{}", &line[..line.len() - body.len()], body.trim_start_matches("->  "))
    }),
    ("one space", |line| {
        let body = line.trim_start();
        format!("{}{body}", if body.len() < line.len() { " " } else { "" })
    }),
    ("half", |line| {
        let body = line.trim_start();
        format!("{}{body}", " ".repeat((line.len() - body.len()) / 2))
    }),
    ("tabs", |line| {
        let body = line.trim_start();
        format!("{}{body}", "\t".repeat((line.len() - body.len()) / 2))
    }),
    ("at most ten", |line| {
        let body = line.trim_start();
        format!("{}{body}", " ".repeat((line.len() - body.len()).min(10)))
    }),
];

/// Those that leave the order of columns.
const KEPT: [&str; 4] = ["arrows only", "arrows and their width", "half", "tabs"];

fn mangled(paste: &str, loss: Loss) -> String {
    paste.lines().map(|line| loss(line) + "\n").collect()
}

#[test]
fn a_tree_without_indentation_is_rebuilt() {
    let (clean, derived, notices) = one(PLAN);
    assert_eq!(notices, [] as [String; 0]);
    assert_eq!(own(&derived), [0.02, 3.82, 7.4, 36.2, 0.3, 0.4]);
    for (name, loss) in LOSSES {
        let (plan, derived, notices) = one(&mangled(PLAN, loss));
        assert_eq!(without_lines(&plan), without_lines(&clean), "{name}");
        assert_eq!(own(&derived), [0.02, 3.82, 7.4, 36.2, 0.3, 0.4], "{name}");
        let told =
            notices.iter().any(|text| text.starts_with("The indentation of the plan is lost"));
        assert_eq!(told, !KEPT.contains(&name), "{name}: {notices:?}");
    }
}

#[test]
fn recorded_plans_without_indentation_are_rebuilt_or_said_to_be_a_guess() {
    let (mut all, mut equal, mut wrong) = (0, 0, vec![]);
    for path in common::files() {
        let name = path.display().to_string();
        let of_server = ["/14/", "/15/", "/16/", "/17/", "/18/", "/19/"];
        if !name.ends_with(".txt")
            || !of_server.iter().any(|major| name.contains(major))
            || ["frame", "wrapped", "rules"].iter().any(|part| name.contains(part))
        {
            continue;
        }
        let paste = std::fs::read_to_string(&path).unwrap();
        let clean = plan::parse(&paste).unwrap();
        assert!(clean.notices.iter().all(|notice| !notice.doubtful), "{name}: {:?}", clean.notices);
        for (kind, loss) in LOSSES {
            // A root under COSTS OFF is told by what is indented below it.
            let costs = clean.plans[0].nodes[0].cost.is_some();
            if !costs || clean.plans.len() > 1 {
                continue;
            }
            let read = plan::parse(&mangled(&paste, loss)).unwrap();
            all += 1;
            let same = read.plans.len() == 1
                && without_lines(&read.plans[0]) == without_lines(&clean.plans[0]);
            if same {
                equal += 1;
            } else if !read.notices.iter().any(|notice| notice.doubtful) {
                wrong.push(format!("{name}, {kind}"));
            }
        }
    }
    assert!(all > 500 && equal * 100 >= all * 95, "{equal} of {all} are the same");
    assert_eq!(wrong, [] as [String; 0], "{equal} of {all} are the same");
}

#[test]
fn where_an_append_ends_is_told_by_costs_and_rows() {
    const UNION: &str = "\
Hash Join  (cost=9.00..72.00 rows=60 width=8) (actual time=1.000..9.000 rows=50 loops=1)
Hash Cond: (a.id = b.id)
->  Append  (cost=0.00..61.00 rows=300 width=8) (actual time=0.010..6.000 rows=300 loops=1)
->  Seq Scan on old a  (cost=0.00..20.00 rows=100 width=8) (actual time=0.010..2.000 rows=100 loops=1)
->  Nested Loop  (cost=0.00..39.50 rows=200 width=8) (actual time=0.010..3.000 rows=200 loops=1)
->  Append  (cost=0.00..12.00 rows=20 width=8) (actual time=0.010..1.000 rows=20 loops=1)
->  Seq Scan on x1  (cost=0.00..6.00 rows=10 width=8) (actual time=0.010..0.400 rows=10 loops=1)
->  Seq Scan on x2  (cost=0.00..5.90 rows=10 width=8) (actual time=0.010..0.400 rows=10 loops=1)
->  Index Scan using y_id on y  (cost=0.00..1.30 rows=10 width=8) (actual time=0.010..0.050 rows=10 loops=20)
->  Hash  (cost=8.00..8.00 rows=80 width=8) (actual time=0.500..0.500 rows=80 loops=1)
->  Seq Scan on b  (cost=0.00..8.00 rows=80 width=8) (actual time=0.010..0.300 rows=80 loops=1)
";
    let parsed = read(UNION);
    let parents: Vec<_> = parsed.plans[0].nodes.iter().map(|node| node.parent).collect();
    let expected =
        [None, Some(0), Some(1), Some(1), Some(3), Some(4), Some(4), Some(3), Some(0), Some(8)];
    assert_eq!(parents, expected);
    let notice = &parsed.notices[0];
    assert!(notice.doubtful && notice.text.contains("is a guess by costs and rows"), "{notice:?}");
}

#[test]
fn subplans_find_their_owners_without_indentation() {
    let mut paste = String::new();
    for line in std::fs::read_to_string(common::root().join("cases/pg19-subplan-names.txt"))
        .unwrap()
        .lines()
    {
        paste.push_str(line.trim_start());
        paste.push('\n');
    }
    let (plan, derived, _) = one(&paste);
    let clean =
        std::fs::read_to_string(common::root().join("cases/pg19-subplan-names.txt")).unwrap();
    let (clean, expected, _) = one(&clean);
    assert_eq!(tree(&plan), tree(&clean));
    assert_eq!(own(&derived), own(&expected));
}

#[test]
fn lines_that_were_left_out_are_noticed() {
    let parsed = read(
        "\
Nested Loop  (cost=1.00..9.00 rows=1 width=4)
  ->  Hash Join  (cost=1.00..5.00 rows=1 width=4)
        ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)
  ->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4)
",
    );
    let notice = &parsed.notices[0];
    assert!(
        notice.doubtful && notice.text.starts_with("The node of line 2 lacks an input"),
        "{notice:?}"
    );
}
