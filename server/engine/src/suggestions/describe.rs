//! What a suggestion says: its statement and how to undo it, whom it serves, what it takes and costs. Pure.

use model::identifier::quote_ident;
use model::suggestions::{Costs, NotSuggested, Redundant, Served, Suggestion, WriteCost};
use model::{Known, Reason};
use plan::catalog::{Index, Relation};
use plan::rules::IndexProposal;

use super::proof::{LeftOut, Proof, Tried};
use super::smallest::gain;
use super::subject::{Look, Subject};
use super::tables::Tables;
use crate::explain::serial::TableWrites;

/// The longest name, bytes (manual, "Identifiers and Key Words": NAMEDATALEN − 1).
const NAME_BYTES: usize = 63;
const CONCURRENTLY: &str = "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue. It waits twice for transactions that were open before, and leaves an invalid index behind if it fails.";
const PARTITIONED: &str = "Takes SHARE on the partitioned table and each part while it is built: reads continue, writes wait.";

/// A name that says table and columns, and that neither an index of the table has nor one of these.
fn name(index: &IndexProposal, relation: Option<&Relation>, names: &[String]) -> String {
    let plain = |key: &str| -> String {
        let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
        let text: String = key.chars().map(word).collect();
        text.trim_matches('_').to_owned()
    };
    let keys: Vec<String> = index.keys.iter().map(|key| plain(&key.key)).collect();
    let whole = format!("{}_{}", index.table.name, keys.join("_"));
    let taken = |name: &String| {
        let mut indexes = relation.into_iter().flat_map(|relation| &relation.indexes);
        indexes.any(|index| index.name == *name) || names.contains(name)
    };
    let mut tried = (0..).map(|number| {
        let end = if number == 0 { "_idx".to_owned() } else { format!("_idx{number}") };
        let mut name = whole.clone();
        while name.len() + end.len() > NAME_BYTES {
            name.pop();
        }
        name + &end
    });
    tried.find(|name| !taken(name)).unwrap_or_default()
}

/// All suggestions, those that win most first, and behind them what is not proved, by the time of its statements.
pub fn suggestions(proof: &Proof, subjects: &[Subject], tables: &Tables<'_>) -> Vec<Suggestion> {
    let weight = |one: &Tried| -> f64 {
        let times = one.wanted.statements.iter().filter_map(|at| subjects.get(*at));
        times.map(|subject| subject.statement.total_ms).sum()
    };
    let (proved, mut others): (Vec<&Tried>, Vec<&Tried>) =
        proof.wanted.iter().partition(|one| one.made.is_ok());
    others.sort_by(|one, two| weight(two).total_cmp(&weight(one)));
    let mut names: Vec<String> = vec![];
    let all = proved.into_iter().chain(others).map(|tried| {
        let index = &tried.wanted.index;
        let name = name(index, tables.relation(index), &names);
        names.push(name.clone());
        suggestion((tried, &name), proof, subjects, tables)
    });
    all.collect()
}

fn suggestion(
    (tried, name): (&Tried, &str),
    proof: &Proof,
    subjects: &[Subject],
    tables: &Tables<'_>,
) -> Suggestion {
    let index = &tried.wanted.index;
    let relation = tables.relation(index);
    let how = if index.partitioned { "" } else { "concurrently " };
    let (old, new) = (format!("create index {how}on "), quote_ident(name));
    let sql = index.to_string().replacen(&old, &format!("create index {how}{new} on "), 1);
    let schema = index.table.schema.as_deref().map(|schema| format!("{}.", quote_ident(schema)));
    let schema = schema.unwrap_or_default();
    Suggestion {
        table: index.table.to_string(),
        undo: format!("drop index {how}{schema}{new};"),
        sql,
        lock: if index.partitioned { PARTITIONED } else { CONCURRENTLY }.to_owned(),
        serves: served(tried, proof, subjects),
        proved: tried.made.as_ref().map(|_| ()).map_err(Clone::clone),
        size_bytes: relation.and_then(|relation| index.size_bytes(relation)),
        table_bytes: relation.and_then(|relation| relation.size_bytes),
        writes: tables.writes(index).map(|writes| {
            let entry_bytes = relation.and_then(|relation| index.entry_bytes(relation));
            write_cost(index, (writes, entry_bytes), subjects)
        }),
        drops: drops(index, relation, tables, &schema),
        wins_percent: tried.wins_percent,
        note: tried.note.clone().or_else(|| note(index)),
    }
}

/// When an index of this kind stops paying, or what it needs besides; None of a plain B-tree.
fn note(index: &IndexProposal) -> Option<String> {
    let is_trigram = index.keys.iter().any(|key| key.options.ends_with("gin_trgm_ops"));
    let words = match (index.method, &index.predicate) {
        (Some("gin"), _) if is_trigram => {
            "Patterns without three letters or digits in a row read the whole index. Inserted rows wait in a list (fastupdate) that each search reads as well, until VACUUM or a full list merges it."
        }
        (Some("gin"), _) => {
            "Inserted rows wait in a list (fastupdate) that each search reads as well, until VACUUM or a full list merges it; tables with many writes and few searches pay more than they win."
        }
        (_, Some(_)) => "Only statements that repeat its condition can read it.",
        _ if index.keys.iter().any(|key| key.key.starts_with('(')) => {
            return Some(format!(
                "The planner knows the values of an expression only once the index is there and the table is analysed: analyze {};",
                index.table
            ));
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// What was left out, as statements.
pub fn not_suggested(proof: &Proof) -> Vec<NotSuggested> {
    let of = |one: &LeftOut| NotSuggested { sql: one.index.to_string(), why: one.why.clone() };
    proof.left_out.iter().map(of).collect()
}

/// The share of the costs that all that is proved saves, each statement weighted by its time, percent.
pub fn saved_percent(proof: &Proof, subjects: &[Subject]) -> Option<f64> {
    let whole: f64 = subjects.iter().map(|subject| subject.statement.total_ms).sum();
    let is_proved = proof.hypopg.is_ok() && whole > 0.0;
    is_proved.then(|| 100.0 * gain(subjects, &proof.after) / whole)
}

/// The statements that read it; without a proof those that ask for it.
fn served(tried: &Tried, proof: &Proof, subjects: &[Subject]) -> Vec<Served> {
    let is_made = tried.made.is_ok();
    let of = |(at, subject): (usize, &Subject)| {
        let after = proof.after.get(at);
        let reads = |look: Option<&Look>| look.is_some_and(|look| tried.is_read_by(look));
        let (generic, custom) = (
            after.and_then(|after| after.generic.as_ref()),
            after.and_then(|after| after.custom.as_ref()),
        );
        let (in_generic, in_custom) = (reads(generic), reads(custom));
        let asks = !is_made && tried.wanted.statements.contains(&at);
        let costs = |before: &Known<Look>, after: Option<&Look>| -> Known<Costs> {
            let before = before.as_ref().map_err(Clone::clone)?.cost;
            let after = after.filter(|_| is_made).ok_or(Reason::NotYet)?.cost;
            Ok(Costs { before, after })
        };
        (in_generic || in_custom || asks).then(|| Served {
            statement: at,
            generic: costs(&subject.generic, generic).ok(),
            custom: costs(&subject.custom, custom),
            in_generic,
            in_custom,
        })
    };
    subjects.iter().enumerate().filter_map(of).collect()
}

fn write_cost(
    index: &IndexProposal,
    (writes, entry_bytes): (&TableWrites, Option<f64>),
    subjects: &[Subject],
) -> WriteCost {
    let text = index.to_string();
    // Columns of expressions and of the predicate count as well (README.HOT in PostgreSQL's source).
    let holds = |column: &str| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let columns = text.split_once('(').map_or("", |(_, columns)| columns);
        columns.split(|c| !is_word(c)).any(|word| word == column)
    };
    let updated = subjects.iter().flat_map(|subject| &subject.updated);
    let updated = updated.filter(|(table, column)| *table == index.table.name && holds(column));
    let mut updated_columns: Vec<String> = updated.map(|(_, column)| column.clone()).collect();
    updated_columns.sort();
    updated_columns.dedup();
    WriteCost {
        n_tup_ins: writes.n_tup_ins,
        n_tup_upd: writes.n_tup_upd,
        n_tup_hot_upd: writes.n_tup_hot_upd,
        counted_seconds: writes.counted_seconds,
        updated_columns,
        entry_bytes,
    }
}

/// Existing indexes that it begins with: never one that is unique, belongs to a constraint or is a replica identity.
fn drops(
    index: &IndexProposal,
    relation: Option<&Relation>,
    tables: &Tables<'_>,
    schema: &str,
) -> Vec<Redundant> {
    // Where it is not known what else they are for, none is named.
    let (Some(relation), Ok(writes)) = (relation, tables.writes(index)) else { return vec![] };
    if index.partitioned {
        return vec![];
    }
    let redundant = |own: &Index| {
        let mut names = writes.droppable.iter().zip(&writes.definitions);
        let (_, definition) = names.find(|(name, _)| **name == own.name)?;
        let again = definition.replacen("CREATE INDEX ", "create index concurrently ", 1);
        serves_all_of(index, own).then(|| Redundant {
            sql: format!("drop index concurrently {schema}{};", quote_ident(&own.name)),
            undo: format!("{again};"),
            size_bytes: own.size_bytes,
        })
    };
    relation.indexes.iter().filter_map(redundant).collect()
}

/// Whether an index finds all that an existing one finds: it begins with its keys, in the same order and by the same
/// classes, holds its included columns and the same rows.
fn serves_all_of(index: &IndexProposal, own: &Index) -> bool {
    let begins = own.keys.len() <= index.keys.len()
        && own.keys.iter().zip(&index.keys).enumerate().all(|(at, (there, key))| {
            let direction = own.directions.get(at).map_or("", String::as_str);
            *there == key.key && direction == key.options
        });
    let holds = |column: &String| {
        index.include.contains(column) || index.keys.iter().any(|key| key.key == *column)
    };
    begins
        && own.method == "btree"
        && index.method.is_none()
        && own.include.iter().all(holds)
        && own.predicate.is_none()
        && index.predicate.is_none()
        && own.classes.iter().all(|class| !class.ends_with("_pattern_ops"))
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn two_of_the_same_columns_get_different_names() {
        let index = example::index("t", "a");
        let relation = Relation {
            indexes: vec![Index { name: "t_a_idx".into(), ..Index::default() }],
            ..Relation::default()
        };
        assert_eq!(name(&index, None, &[]), "t_a_idx");
        assert_eq!(name(&index, Some(&relation), &["t_a_idx1".into()]), "t_a_idx2");
    }

    #[test]
    fn an_index_is_redundant_when_a_new_one_begins_with_it() {
        let mut new = example::index("t", "a");
        new.include = vec!["b".into()];
        let mut own = Index {
            method: "btree".into(),
            keys: vec!["a".into()],
            directions: vec![String::new()],
            ..Index::default()
        };
        assert!(serves_all_of(&new, &own));
        own.include = vec!["c".into()];
        assert!(!serves_all_of(&new, &own));
        own.include = vec!["b".into()];
        assert!(serves_all_of(&new, &own));
        let brin = IndexProposal { method: Some("brin"), ..new.clone() };
        assert!(!serves_all_of(&brin, &own));
        own.predicate = Some("(b > 0)".into());
        assert!(!serves_all_of(&new, &own));
    }
}
