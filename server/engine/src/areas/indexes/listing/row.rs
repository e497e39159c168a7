//! The row of an index.

use model::identifier::quote_ident;
use model::indexes::listing::{LastScan, Row};
use model::indexes::{DatabaseIndexes, Index};
use model::object::qualified;
use model::{Finding, Object};

use super::Beside;
use super::matching::{Match, entries_per_s, reclaimable, scanned_on};

/// The first major that tells when an index was last scanned.
const LAST_SCAN_SINCE: u16 = 16;

/// The rules that speak of a table because of the indexes that it has.
const OF_TABLE: [&str; 2] = ["indexes/wide_write_cost", "indexes/hot_prevented_by_index"];

/// The row of an index.
pub fn row(one: &Match<'_>, beside: &Beside) -> Row {
    let Match { datname, database, owner, index, .. } = one;
    let (bytes, table_bytes) = (database.size_bytes(index), database.table_bytes(owner));
    let problems = database.problems.iter().filter(|problem| problem.oid == index.oid);
    Row {
        datname: (*datname).to_owned(),
        nspname: owner.nspname.to_string(),
        table: owner.relname.clone(),
        relname: index.relname.clone(),
        amname: index.amname.to_string(),
        columns: index.keys.len(),
        spelled: spelled(one),
        duties: database.duties(index),
        bytes,
        reclaimable: reclaimable(beside, datname, index),
        table_percent: (table_bytes > 0.0).then(|| 100.0 * bytes / table_bytes),
        scans: database.track_counts.then_some(index.idx_scan),
        counted_since_ms: database.counted_since_ms(index),
        last_scan: last_scan(database, index),
        scanned_on: scanned_on(beside, datname, index),
        entries_per_s: entries_per_s(database, owner, index),
        problems: problems.map(|problem| problem.kind).collect(),
        findings: findings(one, beside),
        indexdef: index.texts.indexdef.clone(),
        constraintdef: index.texts.constraintdef.clone(),
    }
}

/// Those on the index, and of those on its table the ones about its indexes.
fn findings(one: &Match<'_>, beside: &Beside) -> Vec<Finding> {
    if beside.findings.is_empty() {
        return Vec::new();
    }
    let of = |object: Object| beside.findings.get(&object).into_iter().flatten();
    let (nspname, owner, index) = (&one.owner.nspname, &one.owner.relname, &one.index.relname);
    let of_index = of(Object::index(one.datname, nspname, index));
    let of_table = of(Object::table(one.datname, nspname, owner));
    let of_table = of_table.filter(|finding| OF_TABLE.contains(&finding.rule.as_str()));
    of_index.chain(of_table).cloned().collect()
}

/// When an index was last scanned on the server that read it.
pub fn last_scan(database: &DatabaseIndexes, index: &Index) -> LastScan {
    let is_told = database.major >= LAST_SCAN_SINCE && database.track_counts;
    match index.last_idx_scan_ms {
        Some(ms) => LastScan::At(ms),
        None if is_told && index.idx_scan == 0 => LastScan::Never,
        None => LastScan::NotTold,
    }
}

/// What stands behind the access method in the definition. Names are spelled there as PostgreSQL quotes them, so
/// none of theirs is taken for it.
fn spelled(one: &Match<'_>) -> Option<String> {
    let (owner, index) = (one.owner, one.index);
    let unique = if index.indisunique { "UNIQUE " } else { "" };
    let name = quote_ident(&index.relname);
    let rest = index
        .texts
        .indexdef
        .as_deref()?
        .strip_prefix(&format!("CREATE {unique}INDEX {name} ON "))?;
    let rest = rest.strip_prefix("ONLY ").unwrap_or(rest);
    let rest = rest.strip_prefix(&qualified(&owner.nspname, &owner.relname))?;
    let rest = rest.strip_prefix(&format!(" USING {} ", quote_ident(&index.amname)))?;
    Some(rest.to_owned())
}
