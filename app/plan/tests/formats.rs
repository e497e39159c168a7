//! All four formats of a statement parse to the same tree, on each major.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plan::{Node, Parsed, Plan};

const MAJORS: [&str; 6] = ["14", "15", "16", "17", "18", "19"];

fn folder(major: &str) -> PathBuf {
    common::root().join(major)
}

fn read(path: &Path) -> Parsed {
    let paste = std::fs::read_to_string(path).unwrap();
    let parsed =
        plan::parse(&paste).map_err(|error| format!("{}: {error}", path.display())).unwrap();
    assert_eq!(parsed.not_understood, [], "{}", path.display());
    parsed
}

fn one(path: &Path) -> Plan {
    let mut plans = read(path).plans;
    assert_eq!(plans.len(), 1, "{}", path.display());
    let plan = plans.remove(0);
    assert_eq!(plan.broken, None, "{}", path.display());
    plan
}

/// What must be the same in each format: all but clocks, caches and chance. Parallel workers share
/// the work differently each time.
fn essence(plan: &Plan) -> Vec<String> {
    let parallel = plan.nodes.iter().any(|node| node.kind.starts_with("Gather"));
    let mut lines: Vec<_> = plan.nodes.iter().map(|node| node_essence(node, parallel)).collect();
    lines.extend(
        plan.settings()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect::<std::collections::BTreeSet<_>>(),
    );
    for trigger in &plan.triggers {
        // TEXT names the relation only where more than one has triggers.
        let props =
            trigger.props.iter().filter(|prop| prop.key != "Time" && prop.key != "Relation");
        lines.push(format!(
            "{:?}",
            props.map(|prop| (&prop.key, prop.value.text())).collect::<Vec<_>>()
        ));
    }
    lines
}

fn node_essence(node: &Node, parallel: bool) -> String {
    let volatile = [
        "Blocks",
        "Time",
        "Memory",
        "WAL",
        "Space",
        "Usage",
        "Grouping Sets",
        "Storage",
        "I/O",
        "I/Os",
        "Prefetch",
    ];
    // Grouping sets are a list of lists in JSON and lines in TEXT.
    let skipped = [
        "Partial Mode",
        "Group Key",
        "Hash Key",
        "Scan Direction",
        "Original Hash Buckets",
        "Original Hash Batches",
    ];
    let mut props = BTreeMap::new();
    for prop in &node.props {
        let text = prop.value.text();
        let plain = ["0", "0.0", "0.00", "false", ""].contains(&text.as_ref());
        let operation = prop.key == "Operation" && text == "Select";
        let rows = parallel
            && (prop.key.starts_with("Rows")
                || prop.key.starts_with("Worker")
                || prop.key.contains("Hash"));
        if !plain
            && !operation
            && !rows
            && !skipped.contains(&prop.key.as_ref())
            && !volatile.iter().any(|part| prop.key.contains(part))
        {
            props.insert(prop.key.to_string(), text.into_owned());
        }
    }
    let actual = node
        .actual
        .filter(|_| !parallel)
        .map(|actual| (actual.rows, actual.loops, actual.fractional_rows && actual.loops > 0.0));
    format!(
        "{:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {actual:?} {props:?}",
        node.parent,
        node.title(),
        node.relationship,
        node.subplan,
        node.schema,
        node.relation,
        node.alias,
        node.index,
        node.cost,
    )
}

#[test]
fn four_formats_give_one_tree() {
    let mut compared = 0;
    for major in MAJORS {
        for entry in std::fs::read_dir(folder(major)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.extension().is_none_or(|ext| ext != "txt")
                || name.contains("frame")
                || name.contains("wrapped")
            {
                continue;
            }
            let text = essence(&one(&path));
            for ext in ["json", "yaml", "xml"] {
                let other = essence(&one(&path.with_extension(ext)));
                for (text, other) in text.iter().zip(&other) {
                    assert_eq!(text, other, "{major}/{name}.{ext}");
                }
                assert_eq!(text.len(), other.len(), "{major}/{name}.{ext}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 5 * 20 * 3, "only {compared} pairs of fixtures were found");
}

#[test]
fn every_frame_gives_the_plan_within() {
    let mut compared = 0;
    for major in MAJORS {
        let bare = essence(&one(&folder(major).join("nested_loop.txt")));
        for entry in std::fs::read_dir(folder(major)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("frame") || name.starts_with("wrapped") {
                assert_eq!(essence(&one(&path)), bare, "{major}/{name}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 5 * 28, "only {compared} framed fixtures were found");
}

#[test]
fn every_kind_in_the_fixtures_has_words() {
    for (name, plan) in common::fixtures() {
        for node in &plan.nodes {
            assert!(plan::node_help::help(node).is_some(), "{name}: {}", node.kind);
        }
    }
}

#[test]
fn copies_out_of_other_tools_give_the_plan_within() {
    let bare = essence(&one(&folder("18").join("nested_loop.txt")));
    let mut compared = 0;
    for entry in std::fs::read_dir(folder("clients")).unwrap() {
        let path = entry.unwrap().path();
        let copied = essence(&one(&path));
        if path.to_string_lossy().contains("json") {
            // Recorded in another run: the tree is the same, its figures are not.
            assert_eq!(copied.len(), bare.len());
        } else {
            assert_eq!(copied, bare, "{}", path.display());
        }
        compared += 1;
    }
    assert_eq!(compared, 4);
}
