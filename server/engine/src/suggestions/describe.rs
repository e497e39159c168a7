//! What a suggestion says: its statement and how to undo it, whom it serves, what it takes and costs. Pure.

use model::identifier::quote_ident;
use model::suggestions::{Costs, Served, Suggestion, WriteCost};
use model::{Known, Reason};
use plan::Catalog;
use plan::catalog::{Index, Relation};
use plan::rules::IndexProposal;

use super::merge::Wanted;
use super::prove::{Proof, Tried};
use super::subject::{Look, Subject};
use crate::explain::serial::TableWrites;

/// The longest name, bytes (manual, "Identifiers and Key Words": NAMEDATALEN − 1).
const NAME_BYTES: usize = 63;
const CONCURRENTLY: &str = "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue. It waits twice for transactions that were open before, and leaves an invalid index behind if it fails.";
const PARTITIONED: &str = "Takes SHARE on the partitioned table and each part while it is built: reads continue, writes wait.";

/// What is known of the tables.
pub struct Tables<'a> {
    /// Their statistics and indexes.
    pub catalog: &'a Catalog,
    /// What was written to them.
    pub writes: Known<Vec<TableWrites>>,
}

impl Tables<'_> {
    fn relation(&self, index: &IndexProposal) -> Option<&Relation> {
        self.catalog.relation(index.table.schema.as_deref(), &index.table.name)
    }

    fn writes(&self, index: &IndexProposal) -> Known<&TableWrites> {
        let all = self.writes.as_ref().map_err(Clone::clone)?;
        let table = &index.table;
        let is_of = |one: &&TableWrites| {
            one.name == table.name
                && table.schema.as_ref().is_none_or(|schema| one.schema == *schema)
        };
        all.iter().find(is_of).ok_or(Reason::NotYet)
    }
}

impl Wanted {
    /// The statement without a name and without CONCURRENTLY, as hypopg takes it.
    pub fn plain_sql(&self) -> String {
        let index = IndexProposal { partitioned: true, ..self.index.clone() };
        index.to_string().trim_end_matches(';').to_owned()
    }

    /// A name that says table and columns, and that no index of the table has.
    fn name(&self, relation: Option<&Relation>) -> String {
        let plain = |key: &str| -> String {
            let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
            let text: String = key.chars().map(word).collect();
            text.trim_matches('_').to_owned()
        };
        let keys: Vec<String> = self.index.keys.iter().map(|key| plain(&key.key)).collect();
        let whole = format!("{}_{}", self.index.table.name, keys.join("_"));
        let taken = |name: &String| {
            let mut indexes = relation.into_iter().flat_map(|relation| &relation.indexes);
            indexes.any(|index| index.name == *name)
        };
        let mut names = (0..).map(|number| {
            let end = if number == 0 { "_idx".to_owned() } else { format!("_idx{number}") };
            let mut name = whole.clone();
            while name.len() + end.len() > NAME_BYTES {
                name.pop();
            }
            name + &end
        });
        names.find(|name| !taken(name)).unwrap_or_default()
    }
}

/// All suggestions, those that save most first.
pub fn suggestions(proof: &Proof, subjects: &[Subject], tables: &Tables<'_>) -> Vec<Suggestion> {
    let weight = |one: &Suggestion| -> f64 {
        let saved = one.serves.iter().filter_map(|served| {
            let subject = subjects.get(served.statement)?;
            let costs = served.generic.or_else(|| served.custom.as_ref().ok().copied());
            let share = costs.map_or(0.0, |costs| 1.0 - costs.after / costs.before.max(0.01));
            Some(subject.statement.total_ms * share)
        });
        saved.sum()
    };
    let mut all: Vec<Suggestion> =
        proof.wanted.iter().map(|tried| suggestion(tried, proof, subjects, tables)).collect();
    all.sort_by(|one, two| weight(two).total_cmp(&weight(one)));
    all
}

fn suggestion(
    tried: &Tried,
    proof: &Proof,
    subjects: &[Subject],
    tables: &Tables<'_>,
) -> Suggestion {
    let index = &tried.wanted.index;
    let relation = tables.relation(index);
    let name = tried.wanted.name(relation);
    let how = if index.partitioned { "" } else { "concurrently " };
    let (old, new) = (format!("create index {how}on "), quote_ident(&name));
    let sql = index.to_string().replacen(&old, &format!("create index {how}{new} on "), 1);
    let schema = index.table.schema.as_deref().map(|schema| format!("{}.", quote_ident(schema)));
    let schema = schema.unwrap_or_default();
    Suggestion {
        table: index.table.to_string(),
        undo: format!("drop index {how}{schema}{new};"),
        sql,
        lock: if index.partitioned { PARTITIONED } else { CONCURRENTLY }.to_owned(),
        serves: served(tried, proof, subjects),
        proved: tried.name.as_ref().map(|_| ()).map_err(Clone::clone),
        size_bytes: relation.and_then(|relation| index.size_bytes(relation)),
        table_bytes: relation.and_then(|relation| relation.size_bytes),
        writes: tables.writes(index).map(|writes| write_cost(index, writes, subjects)),
        drops: drops(index, relation, tables, &schema),
    }
}

/// The statements that read it; without a proof those that ask for it.
fn served(tried: &Tried, proof: &Proof, subjects: &[Subject]) -> Vec<Served> {
    let name = tried.name.as_ref().ok();
    let of = |(at, subject): (usize, &Subject)| {
        let after = proof.after.get(at);
        let reads =
            |look: Option<&Look>| name.zip(look).is_some_and(|(name, look)| look.reads(name));
        let (generic, custom) = (
            after.and_then(|after| after.generic.as_ref()),
            after.and_then(|after| after.custom.as_ref()),
        );
        let (in_generic, in_custom) = (reads(generic), reads(custom));
        let asks = name.is_none() && tried.wanted.statements.contains(&at);
        let costs = |before: &Known<Look>, after: Option<&Look>| -> Known<Costs> {
            let before = before.as_ref().map_err(Clone::clone)?.cost;
            let after = after.filter(|_| name.is_some()).ok_or(Reason::NotYet)?.cost;
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

fn write_cost(index: &IndexProposal, writes: &TableWrites, subjects: &[Subject]) -> WriteCost {
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
    }
}

/// Existing indexes that it begins with: never one that is unique or belongs to a constraint.
fn drops(
    index: &IndexProposal,
    relation: Option<&Relation>,
    tables: &Tables<'_>,
    schema: &str,
) -> Vec<String> {
    // Where the constraints are not known, none is named.
    let (Some(relation), Ok(writes)) = (relation, tables.writes(index)) else { return vec![] };
    if index.partitioned {
        return vec![];
    }
    let is_redundant = |own: &&Index| {
        let begins = own.keys.len() < index.keys.len()
            && own.keys.iter().zip(&index.keys).enumerate().all(|(at, (there, key))| {
                let direction = own.directions.get(at).map_or("", String::as_str);
                *there == key.key && direction == key.options
            });
        begins
            && own.method == index.method.unwrap_or("btree")
            && !own.indisunique
            && own.include.is_empty()
            && own.predicate.is_none()
            && index.predicate.is_none()
            && !writes.constraint_indexes.contains(&own.name)
            && own.classes.iter().all(|class| !class.ends_with("_pattern_ops"))
    };
    let all = relation.indexes.iter().filter(is_redundant);
    all.map(|own| format!("drop index concurrently {schema}{};", quote_ident(&own.name))).collect()
}
