//! Sessions (pg_stat_activity): state, wait events, who blocks whom and command progress, read every
//! second.

mod autovacuum;
mod connections;
pub mod load;
mod metrics;
pub mod profile;
mod progress;
mod replay;
mod runs;
mod seldom;
pub mod tagged;
pub mod wait_events;
mod waits;
/// The rules of this area.
pub mod rules {
    pub mod connection_limit;
    pub mod connection_use;
    mod held;
    pub mod idle_in_transaction;
    pub mod long_transaction;
    pub mod stuck_wait;
    pub mod sync_rep_wait;

    use model::activity::Activity;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Activity>, "activity":
        sync_rep_wait, stuck_wait, connection_use, connection_limit, idle_in_transaction,
        long_transaction
    }
}

use std::collections::{BTreeMap, VecDeque};

use model::activity::{Activity, Progress, Session, WaitSample, wait_class};
use model::server::Facts;
use model::{AreaName, Known, Reason};

use crate::area::{Area, LookBack, ReplayHold, read};
use crate::connection::{Observer, Rows};
use crate::error::{Error, monitor_grant};
use crate::metrics::Metrics;
use crate::redact;
use crate::sql::sql;

sql! {
    SESSIONS = "sessions" [14];
    CONNECTIONS = "connections" [14];
    COMMANDS = "commands" [14, 19];
    CONTESTED_LOCKS = "contested_locks" [14];
    IDLE_HOLDERS = "idle_holders" [14];
    PROGRESS = "progress" [14, 17, 18, 19];
    CONNECTION_LIMITS = "connection_limits" [14];
    AUTOVACUUM_SETTINGS = "autovacuum_settings" [14];
    TEXT_LIMITS = "text_limits" [14];
}

/// How many wait samples are kept: five minutes of seconds.
const WAITS_KEPT: usize = 300;
/// How many sessions are sent to the page; the oldest transactions come first.
const SESSIONS_SHOWN: usize = 500;
/// Where `sessions` cuts texts, and those of idle sessions.
const CHARS: usize = 4_000;
const IDLE_CHARS: usize = 500;

/// The activity area.
pub struct ActivityArea;

/// What activity remembers between ticks.
#[derive(Default)]
pub struct State {
    waits: VecDeque<WaitSample>,
    progress: progress::Before,
    blocking: waits::Before,
    running: runs::Running,
    seldom: seldom::Seldom,
    /// Whether the newest tick saw a command that reports progress.
    busy: bool,
}

#[derive(sqlx::FromRow)]
struct Connections {
    sessions_total: i64,
    connections: i64,
    max_connections: i64,
    reserved_connections: i64,
    superuser_reserved: i64,
    reserved: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Commands {
    commands: i64,
}

impl Area for ActivityArea {
    type Value = Activity;
    type State = State;
    type History = ();
    const NAME: AreaName = AreaName::Activity;
    const EVERY_MS: u32 = 1_000;
    const RULES: &'static [crate::rule::Rule<Activity>] = rules::RULES;
    const QUERIES: &'static [crate::sql::Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Activity, Error> {
        // Progress is asked with the rest while a command runs, and otherwise only when one begins.
        // So are contested locks while a session waits for one.
        let mut queries = vec![SESSIONS, CONNECTIONS, COMMANDS];
        let seldom = state.seldom.is_due(now_ms);
        queries.extend(seldom.then_some(seldom::QUERIES).into_iter().flatten());
        queries.extend(state.busy.then_some(PROGRESS));
        queries.extend(state.blocking.waiting().then_some(CONTESTED_LOCKS));
        let mut answers = read(observer, facts, &queries).await?;
        let contested = state.blocking.waiting().then(|| answers.pop()).flatten();
        let mut sets = answers.into_iter();
        let mut next = || sets.next().unwrap_or(Err(Reason::NotYet));
        let query = |query| move |reason| Error::Query { query, reason };
        let mut sessions: Vec<Session> =
            next().and_then(|rows| rows.all()).map_err(query("sessions"))?;
        let connections: Connections =
            next().and_then(|rows| rows.one()).map_err(query("connections"))?;
        let commands: Known<Commands> = next().and_then(|rows| rows.one());
        let commands = commands.map(|row| row.commands);
        if seldom {
            state.seldom.take(&mut next, now_ms);
        }
        let reported = match &commands {
            Ok(0) => None,
            Ok(_) if state.busy => Some(next()),
            Ok(_) => read(observer, facts, &[PROGRESS]).await?.into_iter().next(),
            Err(reason) => Some(Err(reason.clone())),
        };
        let unread = |rows: &Rows| rows.unread(progress::commands);
        let progress_unread = reported.iter().flatten().flat_map(unread).collect();
        let progress: Known<Vec<Progress>> =
            reported.map_or(Ok(vec![]), |rows| rows.and_then(|rows| rows.all()));
        state.busy = commands.is_ok_and(|commands| commands > 0);
        let workers = autovacuum::workers(&sessions);
        let others = hide_what_is_hidden(&mut sessions, facts);
        let blockers = state.blocking.join(observer, facts, &mut sessions, contested).await?;
        state.blocking.time_held_up(&mut sessions, now_ms);
        let runs = state.running.look(&sessions, now_ms);
        if others.is_ok() {
            state.waits.push_back(WaitSample { at_ms: now_ms, classes: by_wait_class(&sessions) });
        }
        while state.waits.len() > WAITS_KEPT {
            state.waits.pop_front();
        }
        let connection_use =
            connections::connection_use(&sessions, &connections, &state.seldom.limits);
        let wait_events = others.clone().map(|()| wait_events::wait_events(&sessions));
        let progress = progress.map(|rows| state.progress.with_time_left(rows, now_ms));
        let autovacuum = all_seen(&sessions, facts)
            .map(|()| autovacuum::autovacuum(workers, &progress, &state.seldom.autovacuum));
        sessions.truncate(SESSIONS_SHOWN);
        Ok(Activity {
            sessions,
            sessions_total: connections.sessions_total,
            connections: connections.connections,
            max_connections: connections.max_connections,
            reserved_connections: connections.reserved_connections,
            progress,
            progress_unread,
            others,
            blockers,
            waits: state.waits.iter().cloned().collect(),
            connection_use: Ok(connection_use),
            wait_events,
            autovacuum,
            runs,
        })
    }

    fn points(value: &Activity) -> Option<Vec<history::Point>> {
        let mut points = profile::points(value)?;
        points.extend(tagged::points(value));
        points.extend(runs::points(value));
        Some(points)
    }

    fn look_back(state: &mut State, value: &Activity, back: Option<&LookBack<'_>>) {
        if let Some(planner) = back.and_then(|back| Some((back.now_ms, back.planner.as_ref()?))) {
            let (now_ms, planner) = planner;
            let longest = state.seldom.longest_text();
            planner
                .handover()
                .ran
                .put(value.sessions.iter().filter_map(|s| ran(s, longest)), now_ms);
        }
    }

    fn without_query_text(value: &Activity) -> Option<Activity> {
        Some(value.without_query_text())
    }

    fn replay_held(value: &Activity) -> Option<ReplayHold> {
        replay::replay_held(value)
    }

    fn metrics(value: &Activity, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
}

/// The identifier, database and text of what a session runs, where the text is not cut.
fn ran(session: &Session, longest: usize) -> Option<(i64, &str, &str)> {
    let is_idle = session.state.as_deref() == Some("idle");
    let most = if is_idle { IDLE_CHARS } else { CHARS };
    let text =
        session.query.as_deref().filter(|text| !session.own && text.len() < longest.min(most))?;
    Some((session.query_id?, session.datname.as_deref()?, text))
}

/// Drops texts we may not see or must not show; says whether we know what every session does.
fn hide_what_is_hidden(sessions: &mut [Session], facts: &Facts) -> Known<()> {
    for session in sessions.iter_mut() {
        let text = session.query.take().filter(|text| !session.hidden && !text.is_empty());
        session.query = text.map(|text| redact::statement(&text));
    }
    all_seen(sessions, facts)?;
    let untracked = |session: &Session| session.state.as_deref() == Some("disabled");
    if sessions.iter().any(untracked) {
        return Err(Reason::NotTracked {
            what: "What every session does".into(),
            setting: "track_activities".into(),
        });
    }
    Ok(())
}

/// Whether none of the sessions is hidden from our role.
fn all_seen(sessions: &[Session], facts: &Facts) -> Known<()> {
    if sessions.iter().any(|session| session.hidden) {
        let sql = monitor_grant(facts);
        return Err(Reason::missing_grant("the sessions of other roles", sql));
    }
    Ok(())
}

/// Active sessions by wait class; our own do not count.
fn by_wait_class(sessions: &[Session]) -> Vec<(String, f64)> {
    let mut classes: BTreeMap<&str, f64> = BTreeMap::new();
    for session in sessions.iter().filter(|session| profile::counts(session)) {
        *classes.entry(wait_class(session)).or_default() += 1.0;
    }
    classes.into_iter().map(|(class, count)| (class.to_owned(), count)).collect()
}

/// ` (web, role shop)`: who a session is, for sentences.
fn named(session: &Session) -> String {
    let name = session.application_name.as_deref().filter(|name| !name.is_empty());
    match (name, session.usename.as_deref()) {
        (Some(name), Some(role)) => format!(" ({name}, role {role})"),
        (Some(name), None) => format!(" ({name})"),
        (None, Some(role)) => format!(" (role {role})"),
        (None, None) => String::new(),
    }
}

/// Seconds in words.
fn minutes(seconds: f64) -> String {
    model::duration(seconds * 1_000.0)
}
