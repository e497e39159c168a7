//! Rule: an index is invalid: queries may not use it.

use model::indexes::{Indexes, ProblemKind};
use model::{About, Finding, Known, Reason, Severity};

use super::remedy::{Place, databases, heaviest};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An index is invalid",
    effect: "A build with CONCURRENTLY failed: no query uses what it left over, and writes may still pay for it.",
    remedy: "Drop what REINDEX left over (_ccnew, _ccold); build others anew, once what made them fail is mended.",
    docs: "https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY",
    limits: &[],
};

/// Judges invalid indexes of tables that no index is being built on. The index of a partitioned table is invalid
/// until every partition has its part, and is left out.
pub fn invalid_index(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for of in databases(evidence)? {
        for problem in of.1.problems.iter().filter(|one| one.kind == ProblemKind::Invalid) {
            if of.1.builds.contains(&Some(problem.indrelid)) {
                continue;
            }
            if of.1.builds.contains(&None) {
                return Err(Reason::Hidden {
                    what: "The table whose index another role is building".into(),
                    sql: "grant pg_monitor to current_user;".into(),
                });
            }
            if let Some(place) = Place::find(of, problem.indrelid, problem.oid) {
                found.push((place.bytes(), finding(&place, limits)));
            }
        }
    }
    heaviest(evidence, found)
}

fn finding(place: &Place<'_>, limits: &InForce<'_>) -> Finding {
    let index = place.index;
    let (left_over, of_what) = left_over(&index.relname);
    let cost = match index.not_ready || index.not_live {
        true => "writes do not maintain it",
        false => "every write still maintains it",
    };
    let unique = match index.indisunique && !index.not_ready {
        true => " It still refuses duplicates.",
        false => "",
    };
    let message = format!(
        "Index {} of table {} in database {} is invalid{of_what}: queries do not use it, and {cost}.{unique}",
        place.name(),
        place.table(),
        place.datname,
    );
    let mut finding = place.finding(limits.rule(), Severity::Warning, message);
    finding.remedy = match left_over {
        true => place.drop(
            "Drop it: REINDEX CONCURRENTLY left it over, and the index that it was for is there.",
        ),
        false => place.reindex("Build it anew; or drop it, if it is not wanted any more."),
    };
    finding.remedy.refuted_by = Some("a build of it began after this was read.".into());
    finding
}

/// Whether REINDEX CONCURRENTLY made the name, which may end in a number (`ChooseRelationName`).
fn left_over(relname: &str) -> (bool, &'static str) {
    let base = relname.trim_end_matches(|c: char| c.is_ascii_digit());
    match (base.ends_with("_ccnew"), base.ends_with("_ccold")) {
        (true, _) => (true, ", left over from REINDEX CONCURRENTLY as the new one"),
        (_, true) => (true, ", left over from REINDEX CONCURRENTLY as the old one"),
        _ => (false, ""),
    }
}
