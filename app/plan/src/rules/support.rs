//! What several rules need: putting a finding together, naming objects, reading conditions.

use model::{Evidence, Finding, Remedy, Severity, Unit};

use super::{Case, InForce, Judged, Missing};
use crate::derive::{Derived, DerivedNode};
use crate::node::{Node, Plan};

/// Share of the execution from which a finding is critical.
const CRITICAL_SHARE: f64 = 0.5;
/// Share of the execution from which a finding is a warning.
const WARNING_SHARE: f64 = 0.05;
/// A person notices from about 100 ms; less than 10 ms is worth knowing only.
const CRITICAL_MS: f64 = 100.0;
const WARNING_MS: f64 = 10.0;

impl<'a> Case<'a> {
    /// A plan and what follows from it, ready to be judged.
    pub fn new(plan: &'a Plan, derived: &'a Derived) -> Self {
        let mut links: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); plan.nodes.len()];
        // From the last to the first: each becomes its parent's first child so far.
        for (at, node) in plan.nodes.iter().enumerate().rev() {
            let parent = node.parent.and_then(|parent| links.get_mut(parent));
            let next = parent.and_then(|(first, _)| first.replace(at));
            if let Some(own) = links.get_mut(at) {
                own.1 = next;
            }
        }
        Self { plan, derived, catalog: None, links }
    }

    /// All nodes with their place and what follows for them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, &'a Node, &'a DerivedNode)> {
        let both = self.plan.nodes.iter().zip(&self.derived.nodes);
        both.enumerate().map(|(at, (node, own))| (at, node, own))
    }

    /// Whether the plan was executed; if not, why a rule cannot be run.
    pub(super) fn analyzed(&self) -> Result<(), Missing> {
        let ran = self.plan.nodes.first().is_some_and(|root| root.actual.is_some());
        ran.then_some(()).ok_or(Missing { option: "ANALYZE".into() })
    }

    /// The children of a node, in their order.
    pub(super) fn children(&self, of: usize) -> impl Iterator<Item = (usize, &'a Node)> {
        let next = |at: &usize| self.links.get(*at).and_then(|(_, next)| *next);
        let first = self.links.get(of).and_then(|(first, _)| *first);
        let places = std::iter::successors(first, next);
        places.filter_map(|at| self.plan.nodes.get(at).map(|node| (at, node)))
    }

    /// The first child that is not a subplan.
    pub(super) fn first_child(&self, of: usize) -> Option<(usize, &'a Node)> {
        self.children(of).find(|(_, node)| node.subplan.is_none())
    }

    /// Whether the catalog is known and has no index that starts with these columns.
    pub(super) fn has_no_index(&self, node: &Node, columns: &str) -> bool {
        self.catalog.is_some_and(|catalog| super::consult::has_no_index(catalog, node, columns))
    }

    /// Time of the whole execution, ms.
    pub(super) fn whole_ms(&self) -> Option<f64> {
        self.plan.execution_ms().or(self.derived.nodes_ms)
    }

    /// How bad it is that this much time is at stake.
    pub(super) fn severity(&self, saves_ms: Option<f64>) -> Severity {
        let Some((saves, whole)) = saves_ms.zip(self.whole_ms()) else {
            return Severity::Warning;
        };
        let share = saves / whole.max(0.001);
        if share >= CRITICAL_SHARE && saves >= CRITICAL_MS {
            Severity::Critical
        } else if share >= WARNING_SHARE && saves >= WARNING_MS {
            Severity::Warning
        } else {
            Severity::Info
        }
    }

    /// A finding on a node.
    pub(super) fn finding(
        &self,
        limits: &InForce<'_>,
        at: usize,
        saves_ms: Option<f64>,
        says: String,
        evidence: Vec<Evidence>,
        remedy: Remedy,
    ) -> Judged {
        let object = self.plan.nodes.get(at).map_or_else(String::new, name);
        let whole = self.whole_finding(limits, object, saves_ms, says, evidence, remedy);
        Judged { node: Some(at), ..whole }
    }

    /// A finding on the execution as a whole, or on something in it that is no node.
    pub(super) fn whole_finding(
        &self,
        limits: &InForce<'_>,
        object: String,
        saves_ms: Option<f64>,
        says: String,
        evidence: Vec<Evidence>,
        remedy: Remedy,
    ) -> Judged {
        let (rule, severity) = (limits.rule(), self.severity(saves_ms));
        let finding = Finding { rule, severity, object: object.into(), says, evidence, remedy };
        Judged { node: None, saves_ms, finding }
    }
}

/// A number a finding rests on.
pub(super) fn evidence(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}

/// A node in words: `Seq Scan on orders o`.
pub(super) fn name(node: &Node) -> String {
    let index = node.index.as_ref().map(|index| format!(" using {index}")).unwrap_or_default();
    let object = node.object().map(|object| format!(" on {object}")).unwrap_or_default();
    format!("{}{index}{object}", node.title())
}

/// The relation a node reads, quoted for SQL.
pub(super) fn relation(node: &Node) -> Option<String> {
    let relation = quoted(node.relation.as_deref()?);
    let schema = node.schema.as_deref().map(|schema| format!("{}.", quoted(schema)));
    Some(format!("{}{relation}", schema.unwrap_or_default()))
}

/// An identifier quoted as PostgreSQL needs it.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The columns that a condition compares with something, those compared by `=` first: the order
/// in which an index serves them. `None` unless every part of the condition is that simple.
pub(super) fn index_columns(condition: &str) -> Option<String> {
    if condition.contains(" OR ") {
        return None;
    }
    let (mut equal, mut range) = (vec![], vec![]);
    for part in condition.split(" AND ") {
        let part = part.trim_matches(['(', ')']);
        let (left, rest) = part.split_once(' ')?;
        let operator = rest.split(' ').next()?;
        // A varchar column cast to text is how PostgreSQL prints the plain column.
        let left = left.trim_end_matches("::text").trim_end_matches("::bpchar");
        let column = left.trim_matches(['(', ')']).rsplit('.').next().filter(|column| {
            column.chars().all(|c| c.is_alphanumeric() || c == '_')
                && column.starts_with(|c: char| c.is_alphabetic())
        })?;
        let column = quoted(column);
        match operator {
            "=" if !equal.contains(&column) => equal.push(column),
            "<" | "<=" | ">" | ">=" if !range.contains(&column) => range.push(column),
            "=" | "<" | "<=" | ">" | ">=" => {}
            _ => return None,
        }
    }
    range.retain(|column| !equal.contains(column));
    // Behind the first range column an index only filters.
    equal.extend(range.into_iter().take(1));
    (!equal.is_empty()).then(|| equal.join(", "))
}

/// The columns of a list as `Output` prints it, quoted; `None` if one is more than a column.
pub(super) fn plain_columns(list: &str) -> Option<Vec<String>> {
    let column = |text: &str| {
        let name = text.rsplit('.').next()?;
        let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        plain.then(|| quoted(name))
    };
    list.split(", ").map(column).collect()
}

/// The columns of a sort key with their directions, as an index takes them.
pub(super) fn sort_columns(key: &str) -> Option<String> {
    let part = |text: &str| {
        let (column, order) = text.split_once(' ').unwrap_or((text, ""));
        let column = plain_columns(column)?.pop()?;
        let known = ["", "DESC", "NULLS FIRST", "DESC NULLS LAST"].contains(&order);
        known.then(|| format!("{column} {}", order.to_lowercase()).trim().to_owned())
    };
    let parts: Option<Vec<String>> = key.split(", ").map(part).collect();
    parts.map(|parts| parts.join(", "))
}

/// The statement that builds an index without blocking writes.
pub(super) fn create_index(node: &Node, condition: &str) -> Option<String> {
    let columns = index_columns(condition)?;
    Some(format!("create index concurrently on {} ({columns});", relation(node)?))
}

/// The statement that builds an index over the rows a constant condition keeps.
pub(super) fn partial_index(node: &Node, found_by: &str, filter: &str) -> Option<String> {
    let keys = index_columns(found_by)?;
    let constant =
        filter.contains(" = '") && !filter.contains(['$', '<', '>']) && !filter.contains("SubPlan");
    let alias =
        node.alias.as_deref().map(|alias| format!("{}.", quoted(alias))).unwrap_or_default();
    let plain = if alias.is_empty() { filter.to_owned() } else { filter.replace(&alias, "") };
    (constant && index_columns(filter).is_some())
        .then_some(relation(node))?
        .map(|table| format!("create index concurrently on {table} ({keys}) where {plain};"))
}

/// The remedy of building an index.
pub(super) fn index_remedy(says: &str, sql: Option<String>, refuted_by: &str) -> Remedy {
    Remedy {
        says: says.into(),
        lock: sql.as_ref().map(|_| "SHARE UPDATE EXCLUSIVE: reads and writes go on; it waits for transactions that are open.".into()),
        undo: sql.as_ref().map(|_| "drop index concurrently, with the index's name.".into()),
        sql,
        refuted_by: Some(refuted_by.into()),
    }
}

/// A count in words: `1,234`.
pub(super) fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_compared_by_equality_come_first() {
        let columns =
            index_columns("((o.created > '2025-01-01'::date) AND (o.status = 'open'::text))");
        assert_eq!(columns.as_deref(), Some("status, created"));
        assert_eq!(index_columns("((o.status)::text = 'a'::text)").as_deref(), Some("status"));
        assert_eq!(index_columns("(lower(name) = 'x'::text)"), None);
        assert_eq!(index_columns("((a = 1) OR (b = 2))"), None);
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!((count(1_234_567.0), count(12.0)), ("1,234,567".into(), "12".into()));
    }
}
