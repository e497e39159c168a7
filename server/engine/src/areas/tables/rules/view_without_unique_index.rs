//! Rule: a materialized view has no unique index.

use model::object::qualified;
use model::tables::Tables;
use model::tables::schema::ViewWithoutKey;
use model::{About, Finding, Known, Remedy, Severity};

use crate::areas::tables::judge::{Weighed, count, finding, in_each_database, rows};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A materialized view has no unique index",
    effect: "It can be refreshed only while nobody reads it: REFRESH … CONCURRENTLY needs a unique index on columns, without a condition.",
    remedy: "Build a unique index on the columns that tell its rows apart, and refresh it concurrently from then on.",
    docs: "https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html",
    limits: &[],
};

/// Judges materialized views with rows.
pub fn view_without_unique_index(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let views = database.schema()?.views_without_key.as_ref().map_err(Clone::clone)?;
        let judged = |view: &ViewWithoutKey| {
            let table = database.table(view.oid)?;
            // Of a view that was never refreshed nothing is read.
            let rows = rows(table) as f64;
            let message = format!(
                "Materialized view {} in database {} has no unique index: while it is refreshed, nobody can read it.",
                qualified(&table.nspname, &table.relname),
                database.datname
            );
            let remedy = Remedy {
                message: ABOUT.remedy.into(),
                refuted_by: Some("it is refreshed at times when nobody reads it.".into()),
                ..Remedy::default()
            };
            let evidence = vec![count("rows", rows)];
            let finding =
                finding(limits, Severity::Info, database.object(table), message, evidence, remedy);
            (rows > 0.0).then_some(Weighed { weight: rows, finding })
        };
        Ok(views.iter().filter_map(judged).collect())
    })
}
