//! What the catalog adds to findings: an index that exists already and why it was not used, the age
//! of statistics, sizes, and settings as they are now.

use model::{Remedy, Unit};

use super::support::{count, evidence};
use super::{Case, Judged};
use crate::catalog::{Catalog, Index, Relation};
use crate::node::Node;

/// Share of rows changed since the last ANALYZE from which statistics are old; autovacuum's default.
const STALE_SHARE: f64 = 0.1;
/// Below this correlation the rows of a range lie all over the table.
const LOW_CORRELATION: f64 = 0.5;
/// Share of the most common value from which a column is skewed.
const SKEWED_SHARE: f64 = 0.5;

/// Adds to one finding what the catalog knows.
pub(super) fn consult(case: &Case<'_>, catalog: &Catalog, judged: &mut Judged) {
    let node = judged.node.and_then(|at| case.plan.nodes.get(at));
    let reader = node.filter(|node| node.relation.is_some()).or_else(|| {
        case.first_child(judged.node?)
            .map(|(_, child)| child)
            .filter(|child| child.relation.is_some())
    });
    let table = reader.and_then(|node| Some((node, table(catalog, node)?)));
    if let Some((node, relation)) = table {
        if judged.finding.remedy.sql.as_ref().is_some_and(|sql| sql.starts_with("create index")) {
            index(node, relation, judged);
            if let Some(bytes) = relation.size_bytes {
                judged.finding.evidence.push(evidence("table size", bytes, Unit::Bytes));
            }
        }
        if judged.finding.rule == "plan/row_misestimate" {
            statistics(node, relation, judged);
        }
    }
    let spill = ["plan/sort_spill", "plan/hash_spill", "plan/lossy_bitmap"];
    if spill.contains(&judged.finding.rule.as_str())
        && let Some(work_mem) = catalog.settings.get("work_mem")
    {
        judged.finding.says.push_str(&format!(" The server's work_mem is {work_mem} now."));
    }
}

/// Whether the catalog knows the table of a node and no index of it starts with these columns.
pub(super) fn has_no_index(catalog: &Catalog, node: &Node, columns: &str) -> bool {
    let first = columns.split(", ").next().unwrap_or_default();
    table(catalog, node).is_some_and(|relation| {
        !relation.indexes.iter().any(|index| index.keys.first().is_some_and(|key| key == first))
    })
}

fn table<'a>(catalog: &'a Catalog, node: &Node) -> Option<&'a Relation> {
    catalog.relation(node.schema.as_deref(), node.relation.as_deref()?)
}

/// The key columns of `create index concurrently on t (a, b) …`.
fn proposed(sql: &str) -> Vec<String> {
    let inner = sql.split_once(" (").map_or("", |(_, rest)| rest);
    let method = sql.contains(" using ");
    let end =
        inner.rfind(')').filter(|_| !method).and_then(|end| inner.get(..end)).unwrap_or_default();
    let keys = end.split(") ").next().unwrap_or_default();
    keys.split(", ").map(|key| key.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Replaces the proposal where an index that fits exists already.
fn index(node: &Node, relation: &Relation, judged: &mut Judged) {
    let keys = proposed(judged.finding.remedy.sql.as_deref().unwrap_or_default());
    let includes =
        judged.finding.remedy.sql.as_ref().is_some_and(|sql| sql.contains(") include ("));
    let fits = |index: &&Index| {
        index.method == "btree"
            && keys.iter().enumerate().all(|(at, key)| index.keys.get(at) == Some(key))
            && (!includes || !index.include.is_empty())
    };
    let Some(index) = relation.indexes.iter().find(fits) else { return };
    let condition = ["Filter", "Index Cond", "Recheck Cond"].iter().find_map(|key| node.get(key));
    let condition = condition.unwrap_or_default();
    let column = relation.columns.iter().find(|column| Some(&column.name) == keys.first());
    let first = keys.first().map(String::as_str).unwrap_or_default();
    // That of a varchar column to text is only how PostgreSQL prints it.
    let condition = condition.replace(")::text", ")").replace(")::bpchar", ")");
    let (why, sql) = if !index.indisvalid {
        (
            "it is invalid: its build was broken off".to_owned(),
            Some(format!("reindex index concurrently {};", index.name)),
        )
    } else if let Some(predicate) = &index.predicate {
        (format!("it holds only rows with {predicate}, which the statement does not say"), None)
    } else if condition.contains(&format!("({first})::"))
        || condition.contains(&format!(".{first})::"))
    {
        (
            format!(
                "the statement casts {first} to another type; compare it with a value of its own type"
            ),
            None,
        )
    } else if condition.contains("COLLATE") {
        ("the statement compares in another collation".to_owned(), None)
    } else if let Some(correlation) =
        column.and_then(|column| column.correlation).filter(|value| value.abs() < LOW_CORRELATION)
    {
        (
            format!(
                "its rows lie all over the table (correlation {correlation:.2}), so that reading it as a whole looked cheaper"
            ),
            None,
        )
    } else {
        (
            "the planner took it for dearer; look at random_page_cost and at the estimates"
                .to_owned(),
            None,
        )
    };
    judged.finding.says.push_str(&format!(" The index {} fits already, but {why}.", index.name));
    judged.finding.remedy = Remedy {
        says: format!("Do not create another index: {} exists, but {why}.", index.name),
        lock: sql.as_ref().map(|_| "SHARE UPDATE EXCLUSIVE: reads and writes go on.".into()),
        sql,
        undo: None,
        refuted_by: Some("The index was created after this plan was made.".into()),
    };
}

/// Says whether old statistics explain a misestimate, and what to do if they do not.
fn statistics(node: &Node, relation: &Relation, judged: &mut Judged) {
    let rows = relation.reltuples.filter(|rows| *rows > 0.0);
    let changed = relation.n_mod_since_analyze.unwrap_or(0.0);
    let full = match relation.schema.as_str() {
        "" => relation.name.clone(),
        schema => format!("{schema}.{}", relation.name),
    };
    if relation.analyze_age_seconds.is_none() && rows.is_none() {
        judged.finding.says.push_str(&format!(" {full} was never analysed."));
        return;
    }
    if changed > rows.unwrap_or(0.0) * STALE_SHARE {
        let age = relation
            .analyze_age_seconds
            .map(|seconds| format!(" {:.1} hours ago", seconds / 3600.0));
        judged.finding.says.push_str(&format!(
            " {} rows of {full} changed since its last ANALYZE{}.",
            count(changed),
            age.unwrap_or_default()
        ));
        judged.finding.evidence.push(evidence("rows changed since ANALYZE", changed, Unit::Count));
        return;
    }
    // Statistics are fresh: then columns depend on each other, or one value is very common.
    let condition = ["Filter", "Index Cond", "Recheck Cond"].iter().find_map(|key| node.get(key));
    let condition = condition.unwrap_or_default();
    let mentioned = |name: &str| {
        condition.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
    };
    let columns: Vec<&str> = relation
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| mentioned(name))
        .collect();
    let covered = relation
        .extended
        .iter()
        .any(|own| columns.iter().all(|column| own.columns.iter().any(|name| name == column)));
    if columns.len() > 1 && !covered {
        let list = columns.join(", ");
        judged
            .finding
            .says
            .push_str(&format!(" Its statistics are fresh: {list} depend on each other."));
        judged.finding.remedy.says =
            "Tell the planner that the columns depend on each other.".into();
        judged.finding.remedy.sql =
            Some(format!("create statistics on {list} from {full}; analyze {full};"));
        return;
    }
    let skewed = relation.columns.iter().find(|column| {
        mentioned(&column.name)
            && column.most_common_freq.is_some_and(|share| share >= SKEWED_SHARE)
    });
    if let Some(column) = skewed {
        judged.finding.says.push_str(&format!(
            " Its statistics are fresh: one value makes up {:.0} % of {}.",
            column.most_common_freq.unwrap_or(0.0) * 100.0,
            column.name
        ));
        judged.finding.remedy.sql = Some(format!(
            "alter table {full} alter {} set statistics 1000; analyze {full};",
            column.name
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_are_taken_apart() {
        assert_eq!(proposed("create index concurrently on public.t (a, b desc);"), ["a", "b"]);
        assert_eq!(proposed("create index concurrently on t (a) include (b, c);"), ["a"]);
        assert_eq!(proposed("create index concurrently on t (a) where (b = 1);"), ["a"]);
    }
}
