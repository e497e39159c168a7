//! A plan that auto_explain wrote into the server's log: which statement it is of, and what it says. Pure.
//!
//! In the format text whoever wrote the statement has a hand in what stands around the plan, and in its
//! constants: a plan is taken only if it cannot have been read out of those.

use std::collections::HashMap;

use model::explain::LoggedPlan;
use model::statements::explain::is_own;
use model::statements::plans::PlanSource;
use pg_query::NodeEnum;
use plan::{Plan, Prop, Value};

use super::choose::Subject;
use super::record::Found;
use crate::parsing::on_large_stack;

/// The longest statement that is parsed, bytes.
const LONGEST_STATEMENT: usize = 64 << 10;
/// What the plan page takes for the head of another record of a log.
const HEAD: &str = "duration: ";

/// A plan and whose it is.
pub struct Logged {
    /// The statement.
    pub subject: Subject,
    /// Its shape.
    pub shape: String,
    /// The plan.
    pub found: Found,
}

/// The plans whose statement can be told, with `prints` the fingerprints of the statements that are known.
pub fn read(plans: &[LoggedPlan], prints: &HashMap<i64, String>) -> Vec<Logged> {
    let read = || plans.iter().filter_map(|plan| one(plan, prints)).collect();
    on_large_stack(read).unwrap_or_default()
}

fn one(logged: &LoggedPlan, prints: &HashMap<i64, String>) -> Option<Logged> {
    let (statement, mut plan) = parsed(&logged.text)?;
    // The comment that tells our own statements.
    if is_own(&statement) {
        return None;
    }
    // With log_verbose, from 16 on, the plan itself says whose it is.
    let own = plan.get("Query Identifier").and_then(|id| id.parse().ok());
    let print = fingerprints(&statement)?;
    let queryid = match own {
        Some(id) => id,
        None => whose(logged.query_id, &print, prints)?,
    };
    if plan.execution_ms().is_none() {
        let value = Value::One(format!("{:.3}", logged.ms));
        plan.props.push(Prop { key: "Execution Time".into(), value, line: 0 });
    }
    Some(Logged {
        subject: Subject {
            queryid,
            database: logged.database.clone(),
            text: String::new(),
            fingerprint: print.into_iter().next()?,
        },
        shape: plan::shape::shape(&plan),
        found: Found {
            source: PlanSource::AutoExplain,
            json: plan::write::json(&plan),
            at_ms: logged.at_ms,
        },
    })
}

/// The identifier of the record, unless it is known to be another statement's: what a cursor reads is
/// explained when it is closed, and the record has the identifier of what closed it. Then, and without one,
/// the statement with this fingerprint, if there is only one.
fn whose(id: Option<i64>, print: &[String], prints: &HashMap<i64, String>) -> Option<i64> {
    let is_print = |known: &String| print.contains(known);
    if let Some(id) = id.filter(|id| prints.get(id).is_none_or(is_print)) {
        return Some(id);
    }
    let mut same = prints.iter().filter(|(_, known)| is_print(known)).map(|(id, _)| *id);
    same.next().filter(|_| same.next().is_none())
}

/// The fingerprint of a single statement that has a plan, as it stands and without its values: statistics keep
/// it without. Of several statements in one string the text does not say which one was planned.
fn fingerprints(statement: &str) -> Option<Vec<String>> {
    if statement.len() > LONGEST_STATEMENT {
        return None;
    }
    let parsed = pg_query::parse(statement, 0).ok()?;
    let [one] = parsed.protobuf.stmts.as_slice() else { return None };
    let node = one.stmt.as_ref()?.node.as_ref()?;
    let is_planned = matches!(
        node,
        NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_)
    );
    is_planned.then_some(())?;
    let print = |text: &str| Some(pg_query::fingerprint(text, 0, 0).ok()?.hex);
    let plain = print(statement)?;
    let masked = pg_query::normalize(statement).ok().and_then(|text| print(&text));
    Some([Some(plain), masked].into_iter().flatten().collect())
}

/// The statement and its plan.
fn parsed(text: &str) -> Option<(String, Plan)> {
    // What reads like the head of a record would begin another plan.
    if text.contains(HEAD) {
        return None;
    }
    let (statement, document) = match text.trim_start().chars().next()? {
        '{' | '[' | '<' => (None, text),
        _ if text.starts_with("Query Text: \"") => (None, text),
        _ => {
            let (statement, tree) = tree(text)?;
            (Some(statement), tree)
        }
    };
    let mut plans = plan::parse(document).ok()?.plans;
    let plan = plans.pop().filter(|plan| plans.is_empty() && plan.broken.is_none())?;
    let statement = statement.map(str::to_owned).or_else(|| plan.query.clone())?;
    Some((statement, plan))
}

/// Statement and plan of the format text. The plan begins with the one line that has costs and is not indented;
/// where there are two, one may be of the statement's text. None too where a constant holds a line break: what
/// follows may look like a node.
fn tree(text: &str) -> Option<(&str, &str)> {
    let mut starts = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| {
        let rest = text.get(*at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        !line.starts_with(char::is_whitespace) && line.contains("  (cost=")
    });
    let root = starts.next().filter(|_| starts.next().is_none())?;
    let (before, tree) = text.split_at_checked(root)?;
    if !tree.split('\n').all(is_closed) {
        return None;
    }
    let statement = before.strip_prefix("Query Text: ")?;
    let end = statement.find("\nQuery Parameters: ").unwrap_or(statement.len());
    Some((statement.get(..end)?.trim_end(), tree))
}

/// Whether each quote of a line is closed in it. PostgreSQL doubles quotes within, and never escapes them.
fn is_closed(line: &str) -> bool {
    let mut open = None;
    for c in line.chars().filter(|c| matches!(c, '\'' | '"')) {
        match open {
            None => open = Some(c),
            Some(quote) if quote == c => open = None,
            Some(_) => {}
        }
    }
    open.is_none()
}

#[cfg(test)]
mod tests;
