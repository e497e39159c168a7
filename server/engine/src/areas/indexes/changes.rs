//! What can be done about an index, whether or not a finding asks for it: the statement, its lock and its undo.

use model::Remedy;
use model::identifier::quote_ident;
use model::indexes::detail::Change;

use super::rules::Place;

/// Access methods whose indexes implement exclusion constraints cannot be built anew concurrently (`REINDEX`, Notes).
const NO_REINDEX: &str = "An index of an exclusion constraint cannot be built anew concurrently; REINDEX INDEX without it blocks writes to the table, and reads that would use the index.";
/// What ALTER TABLE … DROP CONSTRAINT takes (manual: ALTER TABLE, Description).
const CONSTRAINT_LOCK: &str = "ACCESS EXCLUSIVE on the table for a moment: set lock_timeout, for while it waits everything behind it waits too. Making the constraint anew holds it for as long as the index is built.";

/// What can be done. A standby's indexes are changed on its primary. `referenced_by` are the foreign keys of other
/// tables that need it.
pub fn changes(place: &Place<'_>, referenced_by: &[String]) -> Vec<Change> {
    if place.database.in_recovery {
        let remedy = words("This is a standby: its indexes are changed on its primary.");
        return vec![Change { title: "Change it".into(), remedy }];
    }
    let drop = Change { title: "Drop it".into(), remedy: dropping(place, referenced_by) };
    let reindex = Change { title: "Build it anew".into(), remedy: reindexing(place) };
    vec![reindex, drop]
}

fn words(message: &str) -> Remedy {
    Remedy { message: message.to_owned(), ..Remedy::default() }
}

fn reindexing(place: &Place<'_>) -> Remedy {
    match place.index.indisexclusion {
        true => words(NO_REINDEX),
        false => place.reindex(
            "Gives back what is reclaimable, and makes an index valid again that a failed build left behind.",
        ),
    }
}

fn dropping(place: &Place<'_>, referenced_by: &[String]) -> Remedy {
    let index = place.index;
    if index.parent.is_some() {
        return words("It is a part of a partitioned table's index and goes with it only.");
    }
    if !referenced_by.is_empty() {
        return words(&format!(
            "Foreign keys refer to it: {}. It cannot go before them.",
            referenced_by.join(", ")
        ));
    }
    if index.indisreplident {
        return words(
            "It is the table's replica identity: without it updates and deletes are not replicated. ALTER TABLE … REPLICA IDENTITY chooses another first.",
        );
    }
    let mut remedy = match &index.conname {
        Some(conname) => dropping_constraint(place, conname),
        None => place.drop(
            "Saves its bytes and what writes pay for it; the queries that it serves get slower.",
        ),
    };
    if let (true, Some(undo)) = (index.indisclustered, &mut remedy.undo) {
        undo.push_str(&format!(
            "\nalter table {} cluster on {};",
            place.table(),
            quote_ident(&index.relname)
        ));
    }
    remedy
}

/// An index of a constraint goes with it, and what it keeps out comes in.
fn dropping_constraint(place: &Place<'_>, conname: &str) -> Remedy {
    let what = "It implements a constraint: without it duplicates, or what the constraint excludes, are let in.";
    let Some(definition) = &place.index.texts.constraintdef else {
        return words(&format!(
            "{what} pgdeck offers no statement: it could not read the definition that would undo it."
        ));
    };
    let (table, constraint) = (place.table(), quote_ident(conname));
    Remedy {
        message: what.to_owned(),
        sql: Some(format!("alter table {table} drop constraint {constraint};")),
        lock: Some(CONSTRAINT_LOCK.into()),
        undo: Some(format!("alter table {table} add constraint {constraint} {definition};")),
        refuted_by: None,
    }
}
