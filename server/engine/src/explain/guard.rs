//! Statement guard: decides from the text alone whether a statement may be explained
//! (`docs/limits.md#explain-guard`).
//!
//! Size, PostgreSQL's parser, exactly one statement, its kind, what it may do, what it calls. Pure:
//! what only the server knows (what is reached, the role) is asked in `run`.

use model::explain::{Danger, Mode, Position, Refusal};

use super::ast::{self, Called, Tree};
use super::denied_functions::blocked;

/// The longest statement we read, bytes: 20,000 numbers in a list; a hundred times what
/// `track_activity_query_size` keeps by default.
pub const STATEMENT_BYTES: usize = 100_000;

/// A statement that passed. Only the guard makes one.
#[derive(Clone, Debug)]
pub struct Guarded {
    text: String,
    tree: Tree,
}

impl Guarded {
    /// The text as given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it changes or locks rows.
    pub fn writes(&self) -> bool {
        self.changes_rows() || self.tree.locks
    }

    /// Whether it changes rows.
    pub fn changes_rows(&self) -> bool {
        !self.tree.writes.is_empty()
    }

    /// The highest `$n`.
    pub fn parameters(&self) -> usize {
        self.tree.parameters
    }

    /// What it names, by kind: columns and types may stand for functions.
    pub fn names(&self) -> [(&'static str, &[Called]); 5] {
        [
            ("function", &self.tree.functions),
            ("operator", &self.tree.operators),
            ("column", &self.tree.columns),
            ("relation", &self.tree.relations),
            ("type", &self.tree.types),
        ]
    }

    /// Where something stands.
    pub fn position(&self, offset: Option<usize>) -> Option<Position> {
        offset.map(|offset| Position::of(&self.text, offset))
    }
}

/// Lets a statement pass, or says why not.
pub fn guard(text: &str, mode: Mode) -> Result<Guarded, Refusal> {
    if text.len() > STATEMENT_BYTES {
        return Err(Refusal::TooLong { bytes: text.len(), limit: STATEMENT_BYTES });
    }
    let guarded = Guarded { tree: ast::parse(text)?, text: text.to_owned() };
    let tree = &guarded.tree;
    if !["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"].contains(&&*tree.kind)
    {
        return Err(Refusal::Kind { what: words(&tree.kind), at: None });
    }
    if let Some((kind, offset)) = &tree.unknown {
        return Err(Refusal::Kind { what: words(kind), at: guarded.position(*offset) });
    }
    if let Some(offset) = tree.into {
        return Err(Refusal::Into { at: Position::of(text, offset) });
    }
    if let Some(call) = tree.functions.iter().chain(&tree.columns).find(|call| blocked(&call.name))
    {
        let at = guarded.position(call.offset);
        return Err(Refusal::Function { name: call.name.clone(), danger: Danger::Blocked, at });
    }
    if mode.executes() && !mode.dml() {
        if let Some((kind, offset)) = tree.writes.first() {
            return Err(Refusal::Writes { what: words(kind), at: guarded.position(*offset) });
        }
        if tree.locks {
            return Err(Refusal::LocksRows { at: guarded.position(ast::locking_clause(text)) });
        }
    }
    Ok(guarded)
}

/// Whether a text that we built around a user's is still the one statement we meant.
pub fn is_still(text: &str, kind: &str) -> bool {
    ast::parse(text).is_ok_and(|tree| tree.kind == kind)
}

/// Whether a text that we built is one EXPLAIN EXECUTE whose values call nothing.
pub fn is_call_of_constants(text: &str) -> bool {
    ast::parse(text).is_ok_and(|tree| {
        let calls = tree.functions.len() + tree.operators.len() + tree.columns.len();
        tree.kind == "ExplainStmt" && calls == 0 && tree.writes.is_empty()
    })
}

/// A node's kind in SQL's words: `CreateTableAsStmt` is `CREATE TABLE AS`.
pub fn words(kind: &str) -> String {
    match kind {
        "VariableSetStmt" => return "SET".into(),
        "VariableShowStmt" => return "SHOW".into(),
        "DeclareCursorStmt" => return "DECLARE".into(),
        "TransactionStmt" => return "BEGIN, COMMIT or ROLLBACK".into(),
        "CheckPointStmt" => return "CHECKPOINT".into(),
        "CurrentOfExpr" => return "WHERE CURRENT OF".into(),
        "PlassignStmt" => return "An assignment".into(),
        _ => {}
    }
    let mut words = String::new();
    for c in kind.trim_end_matches("Stmt").chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_uppercase());
    }
    words
}

#[cfg(test)]
mod tests;
