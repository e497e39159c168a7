//! Plans of statements (`docs/limits.md#plans-seen`): of the costliest ones one is looked at now and then, and
//! those that people have are taken too. Each shape is kept once in the history store; another shape than the
//! last is an event.

pub mod choose;
pub mod flip;
pub mod record;
pub mod seen;
pub mod values;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use history::Source;
use model::statements::Statements;
use model::statements::plans::{PlanLook, PlanSource};

use super::texts::Texts;
use crate::area::LookBack;
use crate::planning::{Had, Planning, Values};
use crate::remembered::Past;
use choose::Subject;

/// The least time between two plans of a server, ms.
const EVERY_MS: i64 = 60_000;
/// Looks that are remembered.
const MOST_LOOKS: usize = 200;

/// A statement in a database, and how its plan is to be had.
pub type Place = (i64, String, PlanSource);

/// Looks for plans beside the sampler.
#[derive(Default)]
pub struct Watch {
    next_ms: i64,
    looks: Arc<Mutex<HashMap<Place, PlanLook>>>,
    /// Locked while a plan is looked for: one that is slow is not followed by a second.
    one: Arc<tokio::sync::Mutex<()>>,
}

impl Watch {
    /// The newest look at each statement.
    pub fn looks(&self) -> Vec<PlanLook> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Keeps the plans that people had, and looks for one where it is time.
    pub fn look_back(&mut self, value: &Statements, texts: &Texts, back: Option<&LookBack<'_>>) {
        let Some((back, planner)) = back.and_then(|back| Some((back, back.planner.as_ref()?)))
        else {
            return;
        };
        for had in planner.take_had() {
            keep(had, texts, back);
        }
        let Ok(one) = Arc::clone(&self.one).try_lock_owned() else { return };
        if back.now_ms < self.next_ms {
            return;
        }
        let chosen = {
            let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            choose::next(value, &looks, back.now_ms)
        };
        let Some((subject, how)) = chosen else { return };
        self.next_ms = back.now_ms.saturating_add(EVERY_MS);
        let (past, planner, source) = (back.past.clone(), planner.clone(), back.source.clone());
        let (looks, at_ms) = (Arc::clone(&self.looks), back.now_ms);
        back.past.spawn(async move {
            let failure = look(&*planner, &past, &source, (&subject, how)).await.err();
            let place = (subject.queryid, subject.database, how);
            let (queryid, database, _) = place.clone();
            let mut looks = looks.lock().unwrap_or_else(PoisonError::into_inner);
            looks.insert(place, PlanLook { queryid, database, source: how, at_ms, failure });
            forget(&mut looks);
            drop(one);
        });
    }
}

/// Plans a statement without values, or for the most common ones, and keeps the plan; gives whether it is another one than the last.
///
/// Errors: why there is none, in a sentence.
pub async fn look(
    planner: &dyn Planning,
    past: &Past,
    source: &Source,
    (subject, how): (&Subject, PlanSource),
) -> Result<bool, String> {
    let values = if how == PlanSource::Generic { Values::Any } else { Values::Common };
    let planned = planner.plan(&subject.text, &subject.database, values).await;
    let planned = planned.map_err(|why| why.message())?;
    let found = record::Found { source: how, json: planned.plan, at_ms: planned.at_ms };
    record::record(past.history(), source, subject, found).await
}

/// Keeps a plan that a person had of a statement whose text is known.
fn keep(had: Had, texts: &Texts, back: &LookBack<'_>) {
    let Some(text) = texts.with_text(&had.explained.statement) else { return };
    let subject = Subject {
        queryid: text.queryid,
        database: had.explained.database.clone(),
        text: text.text.clone(),
        fingerprint: text.fingerprint.clone().unwrap_or_default(),
    };
    let (past, source) = (back.past.clone(), back.source.clone());
    let how = if had.with_values { PlanSource::RealParameters } else { PlanSource::Generic };
    let found = record::Found { source: how, json: had.explained.plan, at_ms: had.explained.at_ms };
    back.past.spawn(async move {
        if let Err(why) = record::record(past.history(), &source, &subject, found).await {
            tracing::warn!(queryid = subject.queryid, why, "a plan is not kept");
        }
    });
}

/// Of many looks the newest stay.
fn forget(looks: &mut HashMap<Place, PlanLook>) {
    if looks.len() <= MOST_LOOKS {
        return;
    }
    let mut times: Vec<i64> = looks.values().map(|look| look.at_ms).collect();
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or(i64::MIN);
    looks.retain(|_, look| look.at_ms >= middle);
}
