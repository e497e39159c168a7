//! What is known of a server until the next look, in memory and across restarts of pgdeck, and the look
//! that compares it with what the server is now.

use std::collections::BTreeMap;

use model::event::one_line;
use model::server::Facts;
use model::{Event, EventKind, Known, Reason};
use serde::{Deserialize, Serialize};

use super::rows::{RelationRow, ResetRow, RoutineRow, ServerRow};
use crate::remembered::Saved;

/// How often the catalog is read where nothing says that it was written: on a standby, and because what a
/// session has written is counted only when it ends or rests, ms.
const CATALOG_EVERY_MS: i64 = 300_000;
/// How often a catalog is tried that is too large or slow, ms.
const LARGE_CATALOG_EVERY_MS: i64 = 3_600_000;
/// How far two clocks may be apart from one look to the next, ms.
const SLACK_MS: i64 = 2_000;
/// The longest line, characters.
const LINE_CHARS: usize = 300;
/// The most lines of an event.
const MOST_LINES: usize = 50;

/// A part of what is known, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen<T> {
    /// ms since the epoch; None in what is kept: when that was kept.
    at_ms: Option<i64>,
    value: T,
}

/// Tables, views, indexes and routines of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    pub database: String,
    pub relations: Vec<RelationRow>,
    pub routines: Vec<RoutineRow>,
}

/// A setting's value as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// None where it may hold a secret, or is long.
    pub shown: Option<String>,
    pub hash: Option<i64>,
    pub pending_restart: bool,
}

/// What was known at the look before; None is what was never read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub(super) server: Option<Seen<ServerRow>>,
    pub(super) settings: Option<Seen<BTreeMap<String, Setting>>>,
    pub(super) role_settings: Option<Seen<BTreeMap<String, Setting>>>,
    pub(super) resets: Option<Seen<Vec<ResetRow>>>,
    pub(super) statements_ms: Option<Seen<i64>>,
    /// The database, and when somebody last analyzed a table of it.
    pub(super) analyzed: Option<Seen<(String, i64)>>,
    /// With the database they are in.
    pub(super) extensions: Option<Seen<(String, BTreeMap<String, String>)>>,
    pub(super) catalog: Option<Seen<Catalog>>,
}

/// Every part's time goes through `change`.
macro_rules! times {
    ($memory:ident, $change:expr) => {
        times!($memory, $change; server settings role_settings resets statements_ms analyzed extensions catalog)
    };
    ($memory:ident, $change:expr; $($part:ident)+) => {
        $(if let Some(seen) = &mut $memory.$part { seen.at_ms = $change(seen.at_ms); })+
    };
}

impl Memory {
    /// For the store. The same as long as nothing has changed: what was read at `now_ms` has the time at
    /// which the whole is kept.
    pub fn to_bytes(&self, now_ms: i64) -> Option<Vec<u8>> {
        let mut memory = self.clone();
        times!(memory, |at_ms: Option<i64>| at_ms.filter(|at_ms| *at_ms != now_ms));
        zstd::encode_all(serde_json::to_vec(&memory).ok()?.as_slice(), 1).ok()
    }

    /// From the store; nothing, where another pgdeck has written it in a form that is not known.
    fn from_saved(saved: &Saved) -> Self {
        let json = zstd::decode_all(saved.bytes.as_slice()).unwrap_or_default();
        let mut memory: Self = serde_json::from_slice(&json).unwrap_or_default();
        times!(memory, |at_ms: Option<i64>| at_ms.or(Some(saved.at_ms)));
        memory
    }
}

/// What the area remembers between two looks.
pub struct State {
    pub(super) memory: Memory,
    /// Whether what the process before knew has been asked for.
    pub(super) is_restored: bool,
    cluster: Option<String>,
    catalog_writes: Option<i64>,
    catalog_from_ms: i64,
    catalog: Known<i64>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            memory: Memory::default(),
            is_restored: false,
            cluster: None,
            catalog_writes: None,
            catalog_from_ms: i64::MIN,
            catalog: Err(Reason::NotYet),
        }
    }
}

impl State {
    /// What is known of the cluster of these facts.
    pub fn of(facts: &Facts, saved: Option<Saved>) -> Self {
        Self {
            memory: saved.as_ref().map(Memory::from_saved).unwrap_or_default(),
            is_restored: true,
            cluster: facts.system_identifier.clone(),
            ..Self::default()
        }
    }

    /// Whether another cluster was looked at before: nothing of it can be compared.
    pub fn is_of_another(&self, facts: &Facts) -> bool {
        self.cluster != facts.system_identifier
    }

    /// Whether the catalog has to be read: it was written, or that cannot be known.
    pub fn catalog_is_due(&self, server: &ServerRow, now_ms: i64) -> bool {
        let is_small =
            !matches!(self.catalog, Err(Reason::TooLarge { .. } | Reason::TimedOut { .. }));
        let written = self.catalog_writes.zip(server.catalog_writes).is_some_and(|(a, b)| a != b);
        now_ms >= self.catalog_from_ms || (written && is_small)
    }

    /// Notes that the catalog was read: how much of it, or why not.
    pub fn catalog_was_read(&mut self, server: &ServerRow, now_ms: i64, count: Known<i64>) {
        let is_large = matches!(count, Err(Reason::TooLarge { .. } | Reason::TimedOut { .. }));
        let wait_ms = if is_large { LARGE_CATALOG_EVERY_MS } else { CATALOG_EVERY_MS };
        self.catalog_from_ms = now_ms.saturating_add(wait_ms);
        self.catalog_writes = server.catalog_writes;
        self.catalog = count;
    }

    /// How much of the catalog is compared, or why it is not.
    pub fn catalog_known(&self) -> Known<i64> {
        self.catalog.clone()
    }
}

/// One look at the server: compares with what is known and replaces it.
pub struct Look<'a> {
    pub(super) memory: &'a mut Memory,
    pub(super) server: &'a ServerRow,
    pub(super) now_ms: i64,
    events: Vec<Event>,
}

impl<'a> Look<'a> {
    /// At a moment of pgdeck's clock.
    pub fn new(memory: &'a mut Memory, server: &'a ServerRow, now_ms: i64) -> Self {
        Self { memory, server, now_ms, events: Vec::new() }
    }

    /// A moment of the server's clock by pgdeck's.
    pub(super) fn ours(&self, server_ms: i64) -> i64 {
        server_ms.saturating_sub(self.server.server_now_ms).saturating_add(self.now_ms)
    }

    /// Whether a moment of the server's clock comes after a look at `since_ms`.
    pub(super) fn is_after(&self, server_ms: i64, since_ms: i64) -> bool {
        self.ours(server_ms) > since_ms - SLACK_MS
    }

    /// Tells what happened at a moment that is known exactly (`since_ms` is None), or between two looks.
    pub(super) fn tell(
        &mut self,
        kind: EventKind,
        (since_ms, at_ms): (Option<i64>, i64),
        lines: Vec<String>,
    ) {
        let lines: Vec<String> = lines.iter().map(|line| one_line(line, LINE_CHARS)).collect();
        let Some(first) = lines.first().cloned() else { return };
        let (title, detail) = match lines.len() {
            1 => (first, Vec::new()),
            count => {
                let mut detail = lines;
                if let Some(left @ 1..) = count.checked_sub(MOST_LINES) {
                    detail.truncate(MOST_LINES);
                    detail.push(format!("and {left} more"));
                }
                (format!("{first}, and {} more", count - 1), detail)
            }
        };
        self.events.push(Event { at_ms, since_ms, kind, title, detail, statement: None });
    }

    /// What was told, in the order of time.
    pub fn told(mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.at_ms);
        self.events
    }
}

/// Puts in what is known now; gives what was known before, and when.
pub fn replace<T>(part: &mut Option<Seen<T>>, now_ms: i64, value: T) -> Option<(i64, T)> {
    let before = part.replace(Seen { at_ms: Some(now_ms), value })?;
    Some((before.at_ms?, before.value))
}
