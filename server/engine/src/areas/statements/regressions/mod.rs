//! Statements that are not what they were: the last two windows in memory against the same hour of earlier days
//! in the history store, judged beside the sampler (`docs/limits.md#regressions`).

pub mod baseline;
pub mod causes;
pub mod judge;
pub mod onset;
pub mod past;
pub mod report;
pub mod span;
#[cfg(test)]
mod tests;
pub mod together;

use std::sync::{Arc, Mutex, PoisonError};

use model::statements::{Regressions, Statements};
use model::{Known, Reason, ServerId};

use super::StatementsArea;
use super::rules::regression;
use super::window::Recent;
use crate::area::LookBack;
use crate::engine::Engine;
use past::Calendar;
use report::{Memory, Request};

/// How often it is judged, ms. Two windows of a minute and this are less than three minutes.
const EVERY_MS: i64 = 30_000;

/// Two windows of the default length, seconds.
const TWO_WINDOWS_S: u32 = 120;

/// Compares beside the sampler.
#[derive(Default)]
pub struct Watch {
    next_ms: i64,
    newest: Arc<Mutex<Option<Known<Regressions>>>>,
    /// Locked while a comparison runs: one that is slow is not followed by a second.
    memory: Arc<tokio::sync::Mutex<Memory>>,
}

impl Watch {
    /// The newest comparison.
    pub fn newest(&self) -> Known<Regressions> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        newest.unwrap_or(Err(Reason::NeedsReadings { for_s: TWO_WINDOWS_S }))
    }

    /// Begins a comparison where one is due; the next reading carries its result.
    pub fn look_back(&mut self, recent: &Recent, value: &Statements, back: Option<&LookBack<'_>>) {
        let Some(back) = back else {
            let message = "pgdeck keeps no history, so nothing can be compared with earlier days.";
            self.put(Err(Reason::Nothing { message: message.into() }));
            return;
        };
        let Some(request) = Request::of(recent, value, back, Calendar::default()) else {
            self.put(unwatched(value, back));
            return;
        };
        let Ok(mut memory) = Arc::clone(&self.memory).try_lock_owned() else { return };
        if back.now_ms < self.next_ms {
            return;
        }
        self.next_ms = back.now_ms.saturating_add(EVERY_MS);
        let (past, newest) = (back.past.clone(), Arc::clone(&self.newest));
        back.past.spawn(async move {
            let found = report::report(&mut memory, past.history(), request).await;
            let found = found.unwrap_or_else(|error| {
                tracing::warn!(%error, "statements are not compared with earlier days");
                Err(Reason::Broken { what: "Reading the history".into() })
            });
            *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        });
    }

    fn put(&self, known: Known<Regressions>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

/// Why there are no two windows yet.
fn unwatched(value: &Statements, back: &LookBack<'_>) -> Known<Regressions> {
    value.window()?;
    let both_s = 2.0 * regression::window_ms(back.limits) / 1_000.0;
    Err(Reason::NeedsReadings { for_s: both_s as u32 })
}

impl Engine {
    /// How a server's statements compare with earlier days, as of its newest reading; None: there is no such
    /// server.
    pub fn regressions(&self, id: &ServerId) -> Option<Known<Regressions>> {
        let latest = self.newest::<StatementsArea>(id)?;
        Some(latest.value().map_or(Err(Reason::NotYet), |value| value.regressions.clone()))
    }
}
