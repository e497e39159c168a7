//! Plans of a statement at once, because a person asked.

use model::explain::{NotExplained, Refusal};
use model::statements::explain::is_own;
use model::statements::plans::PlanSource;
use model::{AreaName, Reason, ServerId};

use super::choose::{self, Subject};
use super::{look, nothing, session};
use crate::clock::now_ms;
use crate::engine::Engine;
use crate::store::source;

/// What came of it.
pub struct Now {
    /// In which way, and why there is no plan.
    pub looks: Vec<(PlanSource, Result<(), NotExplained>)>,
}

/// Plans a statement in each of the ways that it can be planned in, never executing it, and keeps the plans.
///
/// Errors: why nothing was sent to the server.
pub async fn now(engine: &Engine, id: &ServerId, subject: &Subject) -> Result<Now, NotExplained> {
    let planner = engine.planner_for_person(id).ok_or(Reason::NotYet)?;
    let facts = engine.facts(id).ok_or(Reason::NotYet)?;
    let Some(past) = engine.past() else {
        return Err(nothing("pgdeck keeps no history, so there is nowhere to keep plans.".into()));
    };
    if is_own(&subject.text) {
        return Err(nothing("It is a statement of pgdeck itself.".into()));
    }
    let source = source(&facts, id.as_str(), AreaName::Statements);
    let is_ran = session::ran(&*planner, subject, now_ms()).is_some();
    let mut looks = Vec::new();
    for how in choose::ways(subject, is_ran) {
        let looked = look(&*planner, past, &source, (subject, how)).await;
        let goes_on = goes_on(&looked);
        looks.push((how, looked.map(|_| ())));
        if !goes_on {
            break;
        }
    }
    // So that the page shows them now; where the disk does not take them they wait.
    if let Err(error) = past.flush().await {
        tracing::warn!(%error, "plans that a person asked for wait to be written");
    }
    Ok(Now { looks })
}

/// Whether planning it in another way may give a plan.
fn goes_on(looked: &Result<bool, NotExplained>) -> bool {
    match looked {
        Err(NotExplained::Refused(refusal)) => matches!(refusal, Refusal::Busy),
        Err(NotExplained::Unknown(reason)) => reason.is_nothing(),
        _ => true,
    }
}
