//! Replication: walsenders, WAL receiver, slots, subscriptions and lag of one server, every two seconds.

mod lag;
mod metrics;
mod topology;
/// The rules of this area.
pub mod rules {
    pub mod inactive_slot;
    pub mod replication_lag;
    pub mod standby_disconnected;

    use model::replication::Replication;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Replication>, "replication": replication_lag, standby_disconnected, inactive_slot
    }
}

use std::collections::VecDeque;

use model::replication::{LagSample, Position, Receiver, Replication, Sender, Slot, Subscription};
use model::server::Facts;
use model::{AreaName, Known, Reason};

use crate::area::{Area, read};
use crate::connection::Observer;
use crate::error::{Error, quoted};
use crate::metrics::Metrics;
use crate::sql::sql;

sql! {
    POSITIONS = "positions" [14];
    SENDERS = "senders" [14];
    SLOTS = "slots" [14, 16, 17];
    RECEIVERS = "receivers" [14];
    SUBSCRIPTIONS = "subscriptions" [14];
}

/// How many lag samples are kept: fifteen minutes.
const HISTORY_KEPT: usize = 450;

/// The replication area.
pub struct ReplicationArea;

/// What replication remembers between ticks.
#[derive(Default)]
pub struct State {
    lag: lag::Before,
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
            .and_then(|rows| rows.one())
            .map_err(|reason| Error::Query { query: "positions", reason })?;
        let senders: Known<Vec<Sender>> = next().and_then(|rows| rows.all());
        let slots: Known<Vec<Slot>> = next().and_then(|rows| rows.all());
        let receiver: Known<Vec<Receiver>> = next().and_then(|rows| rows.all());
        let subscriptions: Known<Vec<Subscription>> = next().and_then(|rows| rows.all());
        let senders = senders.and_then(|rows| visible(rows, facts));
        let receiver = receiver.and_then(|mut rows| readable(rows.pop(), facts));
        let senders = senders.map(|rows| state.lag.with_time_behind(rows, &position, now_ms));
        let lag = state.lag.own(&position, &receiver, now_ms);
        let mut reading =
            Replication { position, senders, slots, receiver, lag, subscriptions, history: vec![] };
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

    fn metrics(value: &Replication, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
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
    Reason::missing_grant(what, format!("grant pg_monitor to {};", quoted(&facts.role)))
}
