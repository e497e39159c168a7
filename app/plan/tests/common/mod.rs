//! Shared by the tests: the fixtures, and a plan with its derived figures.
#![allow(dead_code, clippy::allow_attributes, reason = "each test takes what it needs")]

use std::path::{Path, PathBuf};

use plan::{Derived, Plan};

/// The folder of the fixtures.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Every fixture, in a fixed order.
pub fn files() -> Vec<PathBuf> {
    let mut folders = vec![root()];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ext = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if ext != "md" && ext != "catalog" {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 600);
    files
}

/// Every plan of every fixture with the path of its file.
pub fn fixtures() -> Vec<(String, Plan)> {
    let mut plans = vec![];
    for path in files() {
        let parsed = plan::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        plans.extend(parsed.plans.into_iter().map(|plan| (path.display().to_string(), plan)));
    }
    assert!(plans.len() > 400);
    plans
}

/// The first plan of a paste and what follows from it.
pub fn one(paste: &str) -> (Plan, Derived) {
    let plan = plan::parse(paste).unwrap().plans.remove(0);
    let derived = plan::derive(&plan);
    (plan, derived)
}

/// Every condition in every plan of every fixture, each once.
pub fn conditions() -> Vec<String> {
    const KEYS: [&str; 10] = [
        "Filter",
        "Index Cond",
        "Recheck Cond",
        "Join Filter",
        "Hash Cond",
        "Merge Cond",
        "Order By",
        "One-Time Filter",
        "Run Condition",
        "TID Cond",
    ];
    let mut found: Vec<String> = fixtures()
        .iter()
        .flat_map(|(_, plan)| &plan.nodes)
        .flat_map(|node| KEYS.iter().filter_map(|key| node.get(key)))
        .map(|text| text.into_owned())
        .collect();
    found.sort();
    found.dedup();
    found
}
