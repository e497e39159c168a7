//! Replication: walsenders, WAL receiver, slots, subscriptions and lag of one server, every two seconds.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod causes;
mod growth;
mod lag;
mod memory;
mod metrics;
mod topology;
mod words;
/// The rules of this area.
pub mod rules {
    pub mod archiver_failing;
    pub mod inactive_slot;
    pub mod lagging_slot;
    pub mod lost_slot;
    pub mod missing_sync_standby;
    pub mod replication_lag;
    pub mod standby_disconnected;
    pub mod subscription_failing;

    use model::replication::Replication;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Replication>, "replication": replication_lag, standby_disconnected,
            missing_sync_standby, lost_slot, inactive_slot, lagging_slot, archiver_failing,
            subscription_failing
    }
}

use std::collections::VecDeque;

use model::replication::{
    Archiver, LagSample, Position, Receiver, Replication, Sender, Slot, Subscription, SyncWaits,
};
use model::server::Facts;
use model::{AreaName, Known, Reason};

use crate::area::{Area, ReplayHold, read};
use crate::connection::Observer;
use crate::error::{Error, monitor_grant};
use crate::metrics::Metrics;
use crate::sql::sql;

sql! {
    POSITIONS = "positions" [14];
    SENDERS = "senders" [14];
    SLOTS = "slots" [14, 16, 17];
    RECEIVERS = "receivers" [14];
    SUBSCRIPTIONS = "subscriptions" [14, 15, 16, 19];
    ARCHIVERS = "archivers" [14];
    SYNC_WAITS = "sync_waits" [14];
    IDENTITIES = "identities" [14];
    // Read last: so it is never before a position that a walsender or a slot has.
    WAL_ENDS = "wal_ends" [14];
}

/// How many lag samples are kept: fifteen minutes.
const HISTORY_KEPT: usize = 450;

/// The replication area.
pub struct ReplicationArea;

/// What replication remembers between ticks.
#[derive(Default)]
pub struct State {
    lag: lag::Before,
    memory: memory::Memory,
    growth: growth::Growth,
    history: VecDeque<LagSample>,
}

impl Area for ReplicationArea {
    type Value = Replication;
    type State = State;
    type History = ();
    const NAME: AreaName = AreaName::Replication;
    const EVERY_MS: u32 = 2_000;
    const RULES: &'static [crate::rule::Rule<Replication>] = rules::RULES;
    const QUERIES: &'static [crate::sql::Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Replication, Error> {
        let mut sets = read(observer, facts, QUERIES).await?.into_iter();
        let mut next = || sets.next().unwrap_or(Err(Reason::NotYet));
        let position: Position = next()
            .and_then(|rows| {
                let position: Position = rows.one()?;
                let unknown = rows.missing("settings");
                Ok(with_streams_unknown(position, unknown, facts))
            })
            .map_err(|reason| Error::Query { query: "positions", reason })?;
        let answers = Answers {
            senders: next().and_then(|rows| rows.all()),
            slots: next().and_then(|rows| rows.all()),
            receiver: next().and_then(|rows| rows.all()),
            subscriptions: next().and_then(|rows| rows.all()),
            archiver: next().and_then(|rows| rows.one()),
            sync_waits: next().and_then(|rows| rows.one()),
        };
        let identity: Known<Identity> = next().and_then(|rows| rows.one());
        let end = next().and_then(|rows| {
            let part = if position.in_recovery { ["replayed", "received"] } else { ["current"; 2] };
            let unknown = part.into_iter().find_map(|part| rows.missing(part));
            rows.one::<WalEnd>().map(|end| (end, unknown))
        });
        let position = complete(position, identity, end);
        let mut reading = answers.reading(position, facts, state, now_ms);
        state.history.push_back(lag::worst(&reading, now_ms));
        while state.history.len() > HISTORY_KEPT {
            state.history.pop_front();
        }
        reading.history = state.history.iter().copied().collect();
        Ok(reading)
    }

    /// A promotion does not end sessions, so it is seen here first.
    fn facts(value: &Replication, facts: &Facts) -> Option<Facts> {
        let Position { in_recovery, timeline, .. } = value.position;
        (in_recovery != facts.in_recovery).then(|| Facts { in_recovery, timeline, ..facts.clone() })
    }

    fn replay_held(value: &Replication) -> Option<ReplayHold> {
        causes::replay_held(value)
    }

    fn metrics(value: &Replication, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
}

/// The answers but for the positions.
struct Answers {
    senders: Known<Vec<Sender>>,
    slots: Known<Vec<Slot>>,
    receiver: Known<Vec<Receiver>>,
    subscriptions: Known<Vec<Subscription>>,
    archiver: Known<Archiver>,
    sync_waits: Known<SyncWaits>,
}

impl Answers {
    /// What they say together, with what earlier ticks saw.
    fn reading(
        self,
        position: Position,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Replication {
        let end = position.end_bytes;
        let senders = self.senders.and_then(|rows| visible(rows, facts)).map(|rows| {
            let rows = rows.into_iter().map(|sender| sender.measured(end)).collect();
            state.lag.with_time_behind(rows, &position, now_ms)
        });
        let slots = self.slots.map(|rows| {
            let rows =
                rows.into_iter().map(|slot| slot.measured(end, position.in_recovery)).collect();
            let rows = state.growth.with_growth(rows, &position, now_ms);
            state.memory.with_time_still(rows, end, now_ms)
        });
        let receiver = self.receiver.and_then(|mut rows| readable(rows.pop(), facts));
        let lag = state.lag.own(&position, &receiver, now_ms);
        Replication {
            lag,
            senders,
            slots,
            receiver,
            subscriptions: self.subscriptions.map(|rows| state.memory.with_failing(rows, now_ms)),
            archiver: self.archiver,
            sync_waits: self.sync_waits.and_then(|waits| seen(waits, facts)),
            position,
            history: vec![],
        }
    }
}

#[derive(sqlx::FromRow)]
struct Identity {
    #[sqlx(try_from = "model::text::MaybeText")]
    system_identifier: Option<String>,
    timeline: Option<i32>,
}

#[derive(sqlx::FromRow)]
struct WalEnd {
    #[sqlx(try_from = "model::text::MaybeText")]
    lsn: Option<String>,
    lsn_bytes: Option<i64>,
    end_bytes: Option<i64>,
    gap_bytes: Option<i64>,
    replayed_xact_age_ms: Option<f64>,
    replay_paused: Option<bool>,
}

/// `primary_conninfo` is shown to pg_monitor only: without it a standby may or may not have a sender.
fn with_streams_unknown(position: Position, missing: Option<Reason>, facts: &Facts) -> Position {
    let is_unknown = position.in_recovery && position.streams.is_none();
    let hidden = || Reason::Hidden {
        what: "Whether this standby has a sender (primary_conninfo)".into(),
        sql: monitor_grant(facts),
    };
    let streams_unknown = is_unknown.then(|| missing.unwrap_or_else(hidden));
    Position { streams_unknown, ..position }
}

/// Some servers refuse the control file or the WAL position: that loses nothing else.
fn complete(
    mut position: Position,
    identity: Known<Identity>,
    end: Known<(WalEnd, Option<Reason>)>,
) -> Position {
    if let Ok(identity) = identity {
        position.system_identifier = identity.system_identifier;
        position.timeline = identity.timeline;
    }
    match end {
        Ok((end, unknown)) => Position {
            unknown,
            lsn: end.lsn,
            lsn_bytes: end.lsn_bytes,
            end_bytes: end.end_bytes,
            gap_bytes: end.gap_bytes,
            replayed_xact_age_ms: end.replayed_xact_age_ms,
            replay_paused: end.replay_paused,
            ..position
        },
        Err(reason) => Position { unknown: Some(reason), ..position },
    }
}

/// Without `pg_monitor` PostgreSQL hides what other roles' sessions wait for.
fn seen(waits: SyncWaits, facts: &Facts) -> Known<SyncWaits> {
    if waits.hidden > 0 {
        return Err(Reason::Hidden {
            what: "What other roles' sessions wait for".into(),
            sql: monitor_grant(facts),
        });
    }
    Ok(waits)
}

/// Without `pg_monitor` PostgreSQL shows the walsenders with nothing but their pid.
fn visible(senders: Vec<Sender>, facts: &Facts) -> Known<Vec<Sender>> {
    if senders.iter().any(|sender| sender.state.is_none()) {
        return Err(needs_monitor("the positions of walsenders", facts));
    }
    Ok(senders)
}

/// Likewise the WAL receiver.
fn readable(receiver: Option<Receiver>, facts: &Facts) -> Known<Option<Receiver>> {
    match receiver {
        Some(receiver) if receiver.status.is_none() => {
            Err(needs_monitor("the state of the WAL receiver", facts))
        }
        receiver => Ok(receiver),
    }
}

fn needs_monitor(what: &str, facts: &Facts) -> Reason {
    Reason::missing_grant(what, monitor_grant(facts))
}
