//! What must hold of the guard of EXPLAIN: it never panics, and what it lets through is one statement that
//! is safe by the tree of PostgreSQL's parser.

use engine::explain::guard::guard;
use engine::fuzzing::{is_blocked, tree};
use model::explain::Mode;
use serde_json::Value;

/// How a statement is explained; an input's first byte picks one.
const MODES: [Mode; 4] = [
    Mode::Plan,
    Mode::Analyze { dml: false, functions: false },
    Mode::Analyze { dml: true, functions: false },
    Mode::Analyze { dml: true, functions: true },
];
/// Statements that change rows.
const WRITES: [&str; 4] = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"];

/// Whether the statement passes.
pub fn check(bytes: &[u8]) -> bool {
    let Some((first, rest)) = bytes.split_first() else { return false };
    let Ok(text) = std::str::from_utf8(rest) else { return false };
    let mode = MODES[usize::from(*first) % MODES.len()];
    let Ok(guarded) = guard(text, mode) else { return false };
    assert_eq!(guarded.text(), text);
    let parsed = tree(text).expect("what passes can be parsed");
    let seen = Seen::of(&parsed);
    assert_eq!(statements(&parsed).len(), 1, "{text}");
    for kind in &seen.statements {
        assert!(*kind == "SelectStmt" || WRITES.contains(kind), "{kind}: {text}");
    }
    let writes = seen.statements.iter().any(|kind| WRITES.contains(kind));
    assert_eq!(guarded.changes_rows(), writes, "{text}");
    assert_eq!(guarded.writes(), writes || seen.locks, "{text}");
    assert!(!mode.executes() || mode.dml() || !(writes || seen.locks), "{text}");
    assert!(!seen.creates, "{text}");
    assert!(!seen.names.iter().any(|name| is_blocked(name)), "{text}");
    assert_eq!(guarded.parameters() as u64, seen.parameters, "{text}");

    // With our words in front it is still that statement and nothing beside it, or it is not explained.
    let alone = Seen::of(&parsed).all();
    for (before, place) in [
        ("explain (format json, analyze, buffers off) ", "/stmt/node/ExplainStmt/query"),
        ("/* x */ prepare pgdeck_x as ", "/stmt/node/PrepareStmt/query"),
    ] {
        let Some(parsed) = tree(&format!("{before}{text}")) else { continue };
        let [statement] = statements(&parsed) else { panic!("{before}{text}") };
        let query = statement.pointer(place).expect("it is the statement that we meant");
        assert_eq!(Seen::of(query).all(), alone, "{before}{text}");
    }
    true
}

fn statements(parsed: &Value) -> &[Value] {
    parsed["stmts"].as_array().map_or(&[], Vec::as_slice)
}

/// What is in a tree, wherever it stands. Knows no list of harmless parts, as the guard does.
#[derive(Default)]
struct Seen<'a> {
    /// The kinds of statements.
    statements: Vec<&'a str>,
    /// The last part of the names of functions.
    names: Vec<&'a str>,
    locks: bool,
    /// Whether SELECT INTO makes a table.
    creates: bool,
    parameters: u64,
}

impl<'a> Seen<'a> {
    fn of(tree: &'a Value) -> Self {
        let (mut seen, mut open) = (Self::default(), vec![tree]);
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => {
                    for (key, value) in fields {
                        seen.note(key, value);
                        open.push(value);
                    }
                }
                _ => {}
            }
        }
        seen
    }

    fn note(&mut self, key: &'a str, value: &'a Value) {
        match key {
            "FuncCall" | "funccall" => self.names.extend(last_name(&value["funcname"])),
            "into_clause" => self.creates |= !value.is_null(),
            "locking_clause" => self.locks |= value.as_array().is_some_and(|all| !all.is_empty()),
            "ParamRef" => {
                self.parameters = self.parameters.max(value["number"].as_u64().unwrap_or(0));
            }
            _ if key.ends_with("Stmt") => self.statements.push(key),
            _ => {}
        }
    }

    /// Statements and functions, in an order of their own.
    fn all(&self) -> Vec<&'a str> {
        let mut all = [self.statements.as_slice(), &self.names].concat();
        all.sort_unstable();
        all
    }
}

fn last_name(names: &Value) -> Option<&str> {
    names.as_array()?.last()?.pointer("/node/String/sval")?.as_str()
}
