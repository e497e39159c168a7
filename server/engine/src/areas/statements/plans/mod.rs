//! Plans of statements (`docs/limits.md#plans-seen`): of the costliest ones one is looked at now and then, and
//! those that people have and that auto_explain logs are taken too. Each shape is kept once in the history store; another shape than the
//! last is an event.

pub mod choose;
pub mod flip;
mod logged;
mod now;
pub mod record;
pub mod seen;
mod session;
pub mod values;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use history::{History, Source};
use model::Reason;
use model::explain::{LoggedPlan, NotExplained};
use model::statements::Statements;
use model::statements::plans::{PlanLook, PlanSource};

use super::texts::Texts;
use crate::area::LookBack;
use crate::clock::now_ms;
use crate::planning::{Had, Planning, Values};
pub use choose::Subject;
pub use now::{Now, now};

/// The least time between two plans of a server, ms.
const EVERY_MS: i64 = 60_000;
/// Looks that are remembered.
const MOST_LOOKS: usize = 200;
/// A logged plan of a statement and shape is kept again after this time, ms.
const LOGGED_AGAIN_MS: i64 = 300_000;
/// Logged plans of which that is remembered.
const MOST_LOGGED: usize = 5_000;

/// A statement in a database, and how its plan is to be had.
pub type Place = (i64, String, PlanSource);

/// When each logged plan was kept: of a statement in a database, by its shape.
type KeptMs = HashMap<(i64, String, String), i64>;

/// Looks for plans beside the sampler.
#[derive(Default)]
pub struct Watch {
    next_ms: i64,
    looks: Arc<Mutex<HashMap<Place, PlanLook>>>,
    /// Locked while a plan is looked for: one that is slow is not followed by a second.
    one: Arc<tokio::sync::Mutex<()>>,
    logged: Arc<Mutex<KeptMs>>,
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
        let handover = planner.handover();
        for had in handover.had.take() {
            keep(had, texts, back);
        }
        self.keep_logged(handover.logged.take(), texts, back);
        handover.ran.want(choose::with_values(value));
        let Ok(one) = Arc::clone(&self.one).try_lock_owned() else { return };
        if back.now_ms < self.next_ms {
            return;
        }
        let chosen = {
            let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            let ran = |subject: &Subject| session::ran(&**planner, subject, back.now_ms).is_some();
            choose::next(value, &looks, ran, back.now_ms)
        };
        let Some((subject, how)) = chosen else { return };
        self.next_ms = back.now_ms.saturating_add(EVERY_MS);
        let (past, planner, source) = (back.past.clone(), planner.clone(), back.source.clone());
        let (looks, at_ms) = (Arc::clone(&self.looks), back.now_ms);
        back.past.spawn(async move {
            let looked = look(&*planner, past.history(), &source, (&subject, how)).await;
            let failure = looked.err().map(|why| why.message());
            let place = (subject.queryid, subject.database, how);
            let (queryid, database, _) = place.clone();
            let mut looks = looks.lock().unwrap_or_else(PoisonError::into_inner);
            looks.insert(place, PlanLook { queryid, database, source: how, at_ms, failure });
            forget(&mut looks);
            drop(one);
        });
    }
}

/// Plans a statement in one of the ways, and keeps the plan; gives whether it is another one than the last.
///
/// Errors: why there is none.
pub async fn look(
    planner: &dyn Planning,
    history: &History,
    source: &Source,
    (subject, how): (&Subject, PlanSource),
) -> Result<bool, NotExplained> {
    let mut seen_ms = None;
    let planned = match how {
        PlanSource::SessionValues => {
            let ran = session::ran(planner, subject, now_ms());
            let ran = session::checked(ran, subject).await.map_err(nothing)?;
            seen_ms = Some(ran.at_ms);
            planner.plan(&ran.text, &subject.database, Values::OfText).await?
        }
        PlanSource::Generic => planner.plan(&subject.text, &subject.database, Values::Any).await?,
        _ => planner.plan(&subject.text, &subject.database, Values::Common).await?,
    };
    let at_ms = seen_ms.unwrap_or(planned.at_ms);
    let found = record::Found { source: how, json: planned.plan, at_ms };
    record::record(history, source, subject, found).await.map_err(nothing)
}

fn nothing(message: String) -> NotExplained {
    Reason::Nothing { message }.into()
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

impl Watch {
    /// Keeps plans of the log, each shape of a statement once in five minutes.
    fn keep_logged(&self, plans: Vec<LoggedPlan>, texts: &Texts, back: &LookBack<'_>) {
        if plans.is_empty() {
            return;
        }
        let (prints, kept) = (texts.fingerprints(), Arc::clone(&self.logged));
        let (past, source, now_ms) = (back.past.clone(), back.source.clone(), back.now_ms);
        back.past.spawn(async move {
            let read = tokio::task::spawn_blocking(move || logged::read(&plans, &prints));
            for one in read.await.unwrap_or_default() {
                let place = (one.subject.queryid, one.subject.database.clone(), one.shape);
                if !is_due(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), place, now_ms)
                {
                    continue;
                }
                let kept = record::record(past.history(), &source, &one.subject, one.found).await;
                if let Err(why) = kept {
                    tracing::warn!(queryid = one.subject.queryid, why, "a logged plan is not kept");
                }
            }
        });
    }
}

/// Whether a logged plan is to be kept; notes that it was.
fn is_due(kept: &mut KeptMs, place: (i64, String, String), now_ms: i64) -> bool {
    let is_new = |at_ms: i64| now_ms.saturating_sub(at_ms) >= LOGGED_AGAIN_MS;
    if kept.get(&place).is_some_and(|at_ms| !is_new(*at_ms)) {
        return false;
    }
    if kept.len() >= MOST_LOGGED {
        kept.retain(|_, at_ms| !is_new(*at_ms));
    }
    let has_room = kept.len() < MOST_LOGGED;
    if has_room {
        kept.insert(place, now_ms);
    }
    has_room
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
