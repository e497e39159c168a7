//! Circular imports: no files of a package import each other in a circle, by their `use` lines. A module
//! and its submodules count as one direction.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{files, none, without_tests};

/// A module path: `["pages", "locks"]`.
type Module = Vec<String>;

fn module(path: &str) -> Module {
    let mut steps: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if steps.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        steps.pop();
    }
    steps
}

/// The paths of a `use` tree: `a::{b, c::D}` gives `a::b` and `a::c::D`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, rest)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths(part)).map(|path| format!("{before}{path}")).collect()
}

/// The module that a path in a file of `from` leads to, where it is one of the package's.
fn target(path: &str, from: &Module, modules: &BTreeSet<Module>) -> Option<Module> {
    let steps: Vec<&str> = path.split(" as ").next()?.trim().split("::").collect();
    let mut at: Module = match *steps.first()? {
        "crate" => Vec::new(),
        _ => from.clone(),
    };
    for step in steps {
        match step {
            "crate" | "self" => {}
            "super" => {
                at.pop()?;
            }
            other => at.push(other.to_owned()),
        }
    }
    while !modules.contains(&at) {
        at.pop()?;
    }
    (!at.is_empty()).then_some(at)
}

fn imports(text: &str) -> Vec<String> {
    let statements = without_tests(text).split(';').filter_map(|statement| {
        let last = statement.rsplit("\nuse ").next().filter(|_| statement.contains("\nuse "));
        let public =
            statement.rsplit("\npub use ").next().filter(|_| statement.contains("\npub use "));
        last.or(public)
    });
    statements.flat_map(|tree| paths(&tree.replace('\n', " "))).collect()
}

/// The modules from which `start` can be reached again.
fn reachable(start: &Module, edges: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![start.clone()]);
    while let Some(module) = open.pop() {
        for next in edges.get(&module).into_iter().flatten() {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

#[test]
fn files_do_not_import_each_other_in_a_circle() {
    let mut faults = Vec::new();
    for package in [
        "app/src",
        "app/model/src",
        "app/plan/src",
        "server/bloat/src",
        "server/engine/src",
        "server/src",
    ] {
        let sources: Vec<(Module, String)> = files(package, ".rs")
            .into_iter()
            .map(|(path, text)| {
                (module(path.trim_start_matches(package).trim_start_matches('/')), text)
            })
            .collect();
        let modules: BTreeSet<Module> = sources.iter().map(|(module, _)| module.clone()).collect();
        let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (from, text) in &sources {
            let to = imports(text).into_iter().filter_map(|path| target(&path, from, &modules));
            let others = to.filter(|to| !to.starts_with(from) && !from.starts_with(to));
            edges.entry(from.clone()).or_default().extend(others);
        }
        assert!(
            edges.values().map(BTreeSet::len).sum::<usize>() > 10,
            "{package}: no imports found"
        );
        for from in &modules {
            if reachable(from, &edges).contains(from) {
                faults.push(format!("{package}: {}", from.join("::")));
            }
        }
    }
    none(
        faults,
        "These are part of a circle of imports; move what both need to a file below them:",
    );
}
