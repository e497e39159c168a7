//! The batch of a tick: all SQL files as one text in one read-only transaction, our session
//! settings, and a cache of the queries that the server refuses. Pure: sends nothing.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use model::Reason;

use crate::sql::{Fill, SqlFile};

/// `statement_timeout` of our sessions, ms.
pub const STATEMENT_TIMEOUT_MS: u64 = 2_000;
/// `lock_timeout` of our sessions, ms (`docs/limits.md#connections`).
pub const LOCK_TIMEOUT_MS: u64 = 250;

/// How our settings reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// Given at start-up; the session keeps them.
    Session,
    /// Set in each transaction: a pooler would give the session to another client.
    Transaction,
}

impl Settings {
    /// Statements before the first file: `begin` and the settings.
    pub fn preamble(self) -> usize {
        match self {
            Self::Session => 1,
            Self::Transaction => 1 + LOCAL_SETTINGS,
        }
    }
}

/// What a session of ours is limited to from its start. What the role or the database has set for
/// itself yields to it.
pub fn start_up() -> [(&'static str, String); 7] {
    [
        ("statement_timeout", STATEMENT_TIMEOUT_MS.to_string()),
        ("lock_timeout", LOCK_TIMEOUT_MS.to_string()),
        ("idle_in_transaction_session_timeout", "5000".into()),
        ("jit", "off".into()),
        // The workers of parallel queries are those of other sessions.
        ("max_parallel_workers_per_gather", "0".into()),
        // A hot standby refuses serializable; a deferrable one waits for writers.
        ("default_transaction_isolation", "read committed".into()),
        ("default_transaction_deferrable", "off".into()),
    ]
}

/// What is set once a session of our own has begun: a login event trigger runs before, and may write
/// and name tables of its own. A database without an encoding hands out bytes as they are only to a
/// client without one; to others it raises 22021.
pub fn later(version_num: Option<u32>, server_encoding: &str) -> String {
    let mut text =
        format!("set default_transaction_read_only = on;set search_path = {SEARCH_PATH}");
    if version_num.is_some_and(|version| version >= IDLE_SESSION_TIMEOUT_SINCE) {
        text.push_str(";set idle_session_timeout = 0");
    }
    if server_encoding == "SQL_ASCII" {
        text.push_str(";set client_encoding = SQL_ASCII");
    }
    text
}

/// Nobody's objects can stand in for the catalog's (CVE-2018-1058).
const SEARCH_PATH: &str = "pg_catalog";
/// The first version with `idle_session_timeout`.
const IDLE_SESSION_TIMEOUT_SINCE: u32 = 140_000;
/// How many of them are set per transaction: the rest is said by `begin`.
const LOCAL_SETTINGS: usize = 6;
/// What a transaction of ours ends with.
pub const COMMIT: &str = "commit";
/// All that the role's or the database's defaults could change is said.
pub const BEGIN: &str = "begin isolation level read committed read only not deferrable";

/// The text of one tick: begin, the settings where the session has none, the files, commit.
pub fn batch(
    settings: Settings,
    files: &[SqlFile],
    refused: &RefusedQueries,
    fill: Fill<'_>,
) -> String {
    let mut text = beginning(settings);
    for file in files {
        text.push_str(&marked(file, "", &fill.fill(file.without(&refused.parts(file)))));
    }
    text.push_str(COMMIT);
    text
}

/// What a transaction begins with.
pub fn beginning(settings: Settings) -> String {
    let mut text = format!("{BEGIN};");
    if settings == Settings::Transaction {
        for (name, value) in start_up().iter().take(LOCAL_SETTINGS - 1) {
            text.push_str(&format!("set local {name} = '{value}';"));
        }
        text.push_str(&format!("set local search_path = {SEARCH_PATH};"));
    }
    text
}

/// A statement of a file, behind a command, marked as ours.
pub fn marked(file: &SqlFile, command: &str, statement: &str) -> String {
    format!("/* pgdeck {} */ {command}{statement};", file.name)
}

/// Files that the server refused to run, parts of files that it refuses, and why.
#[derive(Default)]
pub struct RefusedQueries {
    files: HashMap<&'static str, Refused>,
    parts: HashMap<&'static str, Vec<RefusedPart>>,
}

/// An optional part of a file that the server refuses.
#[derive(Clone, Debug)]
struct RefusedPart {
    name: &'static str,
    refused: Refused,
}

/// A refusal, and how often it was met before.
#[derive(Clone, Debug)]
struct Refused {
    reason: Reason,
    since: Instant,
    again: u32,
}

impl Refused {
    fn holds(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < held_for(&self.reason, self.again)
    }
}

/// How long a missing function or an error in a query is taken for granted.
const REFUSED_FOR: Duration = Duration::from_secs(300);
/// How long a missing grant is, or an error that data or a standby's recovery may have caused: the
/// next moment may be another one, and is then seen within ten seconds. Twice as long each further time,
/// as each leaves a line in the server's log.
const UNGRANTED_FOR: Duration = Duration::from_secs(8);
/// The longest that this becomes.
const UNGRANTED_AT_MOST: Duration = Duration::from_secs(120);

impl RefusedQueries {
    /// Why the file need not be asked now.
    pub fn reason(&self, file: &SqlFile, now: Instant) -> Option<Reason> {
        let refused = self.files.get(file.name)?;
        refused.holds(now).then(|| refused.reason.clone())
    }

    /// The parts of the file that are left out.
    pub fn parts(&self, file: &SqlFile) -> Vec<&'static str> {
        self.parts.get(file.name).into_iter().flatten().map(|part| part.name).collect()
    }

    /// The same, with the reasons.
    pub fn missing(&self, file: &SqlFile) -> Vec<(&'static str, Reason)> {
        let parts = self.parts.get(file.name).into_iter().flatten();
        parts.map(|part| (part.name, part.refused.reason.clone())).collect()
    }

    /// The parts that have been left out for long enough to be asked for again, and how often they were.
    pub fn to_retry(&self, file: &SqlFile, now: Instant) -> Vec<(&'static str, u32)> {
        let parts = self.parts.get(file.name).into_iter().flatten();
        let over = parts.filter(|part| !part.refused.holds(now));
        over.map(|part| (part.name, part.refused.again)).collect()
    }

    /// Leaves a part out from now on; it was refused `again` times before.
    pub fn leave_out(
        &mut self,
        file: &SqlFile,
        name: &'static str,
        (reason, again): (Reason, u32),
        now: Instant,
    ) {
        self.put_back(file, name);
        let parts = self.parts.entry(file.name).or_default();
        parts.push(RefusedPart { name, refused: Refused { reason, since: now, again } });
    }

    /// Asks for a part again.
    pub fn put_back(&mut self, file: &SqlFile, name: &str) {
        if let Some(parts) = self.parts.get_mut(file.name) {
            parts.retain(|part| part.name != name);
        }
    }

    /// Notes a refusal; one that still holds keeps its time.
    pub fn remember(&mut self, file: &SqlFile, reason: &Reason, now: Instant) {
        let before = self.files.get(file.name);
        if before.is_none_or(|before| !before.holds(now)) {
            let again = before.map_or(0, |before| before.again.saturating_add(1));
            let refused = Refused { reason: reason.clone(), since: now, again };
            self.files.insert(file.name, refused);
        }
    }

    /// Notes that the file was answered.
    pub fn answered(&mut self, file: &SqlFile) {
        self.files.remove(file.name);
    }
}

fn held_for(reason: &Reason, again: u32) -> Duration {
    match reason {
        Reason::Refused { .. } | Reason::TooLarge { .. } => REFUSED_FOR,
        // Class 42: what the query names is not there.
        Reason::Failed { sqlstate, .. } if sqlstate.starts_with("42") => REFUSED_FOR,
        Reason::MissingGrant { .. } | Reason::Failed { .. } => {
            UNGRANTED_FOR.saturating_mul(1 << again.min(8)).min(UNGRANTED_AT_MOST)
        }
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: SqlFile = SqlFile { floor: 14, name: "a.14.sql", text: "-- rows\nselect 1;\n" };

    #[test]
    fn a_session_behind_a_pooler_is_never_changed() {
        let text =
            batch(Settings::Transaction, &[FILE], &RefusedQueries::default(), Fill::default());
        assert!(text.starts_with(&format!("{BEGIN};set local statement_timeout")));
        assert!(text.ends_with("/* pgdeck a.14.sql */ select 1;commit"));
        assert_eq!(text.matches("set local").count(), LOCAL_SETTINGS);
        assert_eq!(text.matches("set ").count(), LOCAL_SETTINGS);
    }

    #[test]
    fn a_session_of_our_own_needs_no_settings_per_tick() {
        let text =
            batch(Settings::Session, &[FILE, FILE], &RefusedQueries::default(), Fill::default());
        assert_eq!(text.matches("select 1").count(), 2);
        assert!(!text.contains("set local") && text.contains("not deferrable"));
        assert!(later(Some(140_000), "UTF8").ends_with("idle_session_timeout = 0"));
        assert!(!later(Some(130_023), "UTF8").contains("idle_session_timeout"));
    }

    #[test]
    fn a_refusal_is_asked_again_later_and_a_grant_soon() {
        let (mut refused, now) = (RefusedQueries::default(), Instant::now());
        let gone = Reason::Refused { sqlstate: "0A000".into(), message: "x".into() };
        refused.remember(&FILE, &gone, now);
        assert!(refused.reason(&FILE, now + Duration::from_secs(299)).is_some());
        assert!(refused.reason(&FILE, now + REFUSED_FOR).is_none());
        let grant = Reason::missing_grant("x", "y");
        refused.remember(&FILE, &grant, now + REFUSED_FOR);
        let mut at = now + REFUSED_FOR + UNGRANTED_FOR;
        assert!(refused.reason(&FILE, at).is_some(), "it is the second refusal");
        refused.answered(&FILE);
        // Asked again and again, and less and less often: each leaves a line in the server's log.
        let mut asked = 0;
        let end = at + Duration::from_secs(3_600);
        while at < end {
            if refused.reason(&FILE, at).is_none() {
                asked += 1;
                refused.remember(&FILE, &grant, at);
            }
            at += Duration::from_secs(1);
        }
        assert!((25..40).contains(&asked), "{asked}");
        refused.answered(&FILE);
        refused.remember(&FILE, &grant, at);
        assert!(refused.reason(&FILE, at + UNGRANTED_FOR).is_none());
    }

    #[test]
    fn a_timeout_is_asked_again_at_once() {
        let (mut refused, now) = (RefusedQueries::default(), Instant::now());
        refused.remember(&FILE, &Reason::TimedOut { after_ms: 1 }, now);
        assert!(refused.reason(&FILE, now).is_none());
    }
}
