//! Rule: serializing the result takes a large part of the time (SERIALIZE, from PostgreSQL 17).

use model::quantity::number;
use model::{About, Limit, Remedy, Unit};

use super::case::evidence;
use super::claims::Claim;
use super::{Case, InForce, Judged, Missing};

/// Share of the execution from which it is reported.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 25.0,
    unit: Unit::Percent,
    source: "a quarter of the time for columns that may not be needed",
};
/// Milliseconds from which it is reported.
const MIN_MS: Limit =
    Limit { name: "min_ms", default: 10.0, unit: Unit::Ms, source: "less is not noticed" };

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Result is expensive to serialize",
    effect: "Large values are fetched from TOAST, decompressed and turned into text for the client, row by row.",
    remedy: "Select only the columns and rows that are used; fetch large values on demand; binary format avoids converting numbers and timestamps to text.",
    docs: "https://www.postgresql.org/docs/current/sql-explain.html",
    limits: &[MIN_SHARE_PERCENT, MIN_MS],
};

/// Judges the time of serialization.
pub fn serialization_cost(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let ms = case.derived.serialization_ms.ok_or(Missing { option: "SERIALIZE".into() })?;
    let percent = 100.0 * ms / case.whole_ms().unwrap_or(0.0).max(0.001);
    if ms < limits.get(&MIN_MS) || percent < limits.get(&MIN_SHARE_PERCENT) {
        return Ok(vec![]);
    }
    let kb = case.plan.number("Serialization/Output Volume").unwrap_or(0.0);
    let message = format!(
        "Serializing {} of result took {}, {percent:.0} % of the time.",
        number(kb * 1024.0, Unit::Bytes),
        number(ms, Unit::Ms)
    );
    let numbers = vec![
        evidence("serialization time", ms, Unit::Ms),
        evidence("output", kb * 1024.0, Unit::Bytes),
    ];
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        refuted_by: Some("the client needs the whole result.".into()),
        ..Remedy::default()
    };
    let one = case.finding(limits, 0, Some(ms), message, numbers, remedy);
    Ok(vec![one.claiming(Claim::Outside)])
}
