//! Gives a plan to the history store, and tells where it is another one than the last.

use history::{History, MOST_PLAN_BYTES, Source, StatementPlan};
use model::event::one_line;
use model::statements::plans::PlanSource;
use model::{Event, EventKind};

use super::choose::Subject;
use super::values::without_values;
use crate::past::unreadable;
use crate::stored_event::written;

/// The longest name of a database.
const NAME_CHARS: usize = 63;
/// A plan for other values that was seen in this time before is no change, ms: such plans alternate.
const ALTERNATES_MS: i64 = 86_400_000;

/// A plan, as EXPLAIN or the log gave it.
#[derive(Clone, Debug)]
pub struct Found {
    /// How it was had.
    pub source: PlanSource,
    /// EXPLAIN's answer, JSON.
    pub json: String,
    /// When, ms since the epoch.
    pub at_ms: i64,
}

/// Keeps a plan of a statement, without values; gives whether it is another one than the last that was had in
/// the same way. Then the line of events says so.
///
/// Errors: why it is not kept, in a sentence.
pub async fn record(
    history: &History,
    source: &Source,
    subject: &Subject,
    found: Found,
) -> Result<bool, String> {
    let Some(json) = without_values(&found.json, found.source != PlanSource::Generic) else {
        return Err("What was answered is no plan in JSON.".into());
    };
    if json.len() > MOST_PLAN_BYTES {
        let kib = MOST_PLAN_BYTES >> 10;
        return Err(format!("The plan is larger than {kib} KiB, so it is not kept."));
    }
    let parsed = plan::parse(&json).map_err(|error| format!("The plan cannot be read. {error}"))?;
    let Some(plan) = parsed.plans.first() else { return Err("There is no plan.".into()) };
    let (key, database) = (subject.queryid.to_string(), subject.database.clone());
    let how = found.source.as_str();
    let known = history.plans(&source.cluster, &key, "").await.map_err(|e| unreadable(&e))?;
    let last = known.iter().find(|one| one.how == how && one.database == database);
    let shape = plan::shape::shape(plan);
    let alternates = found.source.has_values_of_its_own()
        && known.iter().any(|one| {
            one.how == how
                && one.database == database
                && one.shape == shape
                && found.at_ms.saturating_sub(one.last_ms) < ALTERNATES_MS
        });
    let is_flip = last.is_some_and(|last| last.shape != shape) && !alternates;
    let event = Event {
        at_ms: found.at_ms,
        since_ms: last.map(|last| last.last_ms),
        kind: EventKind::Plan,
        // No word of the plan: events are seen by people who may not see statements.
        title: format!(
            "Statement {} has another plan in {}",
            subject.queryid,
            one_line(&database, NAME_CHARS)
        ),
        detail: Vec::new(),
        statement: Some(subject.queryid),
    };
    let event = written(&event, &source.cluster, &source.server);
    let kept = history.recorder().plan(
        StatementPlan {
            cluster: source.cluster.clone(),
            key,
            database,
            how: how.to_owned(),
            shape,
            fingerprint: subject.fingerprint.clone(),
            plan: json,
            first_ms: found.at_ms,
            last_ms: found.at_ms,
        },
        (!alternates).then_some(event),
    );
    let full = "There is no room in the history at the moment.";
    kept.then_some(is_flip).ok_or_else(|| full.into())
}
