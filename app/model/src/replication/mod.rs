//! Replication of one server: walsenders, WAL receiver, slots, subscriptions, lag.
//!
//! Lag is judged by bytes and time together and by whether replay moves: an idle primary lets the
//! time since the last replayed transaction grow without any lag, and a cut link makes received and
//! replayed positions equal while both stand still.

pub mod topology;

use serde::{Deserialize, Serialize};

use crate::reason::Known;

/// One row of `pg_stat_replication`: a walsender of this server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Sender {
    /// Process id of the walsender.
    pub pid: i32,
    /// Role.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub usename: Option<String>,
    /// How the standby calls itself.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub application_name: Option<String>,
    /// The standby's address, None for a local socket.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub client_addr: Option<String>,
    /// `streaming`, `catchup`, `startup`, `backup`, `stopping`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub state: Option<String>,
    /// `async`, `sync`, `quorum`, `potential`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub sync_state: Option<String>,
    /// Priority among synchronous standbys.
    pub sync_priority: Option<i32>,
    /// WAL generated but not sent, bytes.
    pub send_lag_bytes: Option<i64>,
    /// Sent but not written.
    pub write_lag_bytes: Option<i64>,
    /// Written but not flushed.
    pub flush_lag_bytes: Option<i64>,
    /// Flushed but not replayed.
    pub replay_lag_bytes: Option<i64>,
    /// Generated but not replayed: all four together.
    pub total_lag_bytes: Option<i64>,
    /// `write_lag`, ms.
    pub write_lag_ms: Option<f64>,
    /// `flush_lag`, ms.
    pub flush_lag_ms: Option<f64>,
    /// `replay_lag`, ms.
    pub replay_lag_ms: Option<f64>,
    /// Age of the last reply, ms.
    pub reply_age_ms: Option<f64>,
    /// Age of the xmin it holds back through hot_standby_feedback, in transactions.
    pub backend_xmin_age: Option<i64>,
    /// The slot it streams from.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub slot_name: Option<String>,
    /// The position it has replayed, as a number of bytes.
    pub replay_lsn_bytes: Option<i64>,
    /// Time since this server's WAL stood where the standby has replayed to, by our own readings,
    /// ms. Right also while replay is paused, when `replay_lag` says nothing. None on the first reading.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub behind_ms: Option<f64>,
}

/// One row of `pg_replication_slots`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Slot {
    /// Name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub slot_name: String,
    /// `physical` or `logical`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub slot_type: String,
    /// Output plugin of a logical slot.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub plugin: Option<String>,
    /// Database of a logical slot.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub database: Option<String>,
    /// Whether a standby or subscriber streams from it.
    pub active: bool,
    /// Who.
    pub active_pid: Option<i32>,
    /// WAL retained, bytes.
    pub retained_bytes: Option<i64>,
    /// `reserved`, `extended`, `unreserved`, `lost`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub wal_status: Option<String>,
    /// WAL that may still be written before it is in danger, bytes.
    pub safe_wal_bytes: Option<i64>,
    /// Age of the xmin it holds, in transactions.
    pub xmin_age: Option<i64>,
    /// Age of the catalog xmin it holds.
    pub catalog_xmin_age: Option<i64>,
    /// Since when it is inactive, ms ago (17+).
    pub inactive_ms: Option<f64>,
    /// Why it was invalidated (17+; 16 knows only `conflicting`).
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub invalidation_reason: Option<String>,
}

/// `pg_stat_wal_receiver`: how this standby receives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Receiver {
    /// Process id.
    pub pid: i32,
    /// `streaming`, `waiting` …
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub status: Option<String>,
    /// The host it receives from.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub sender_host: Option<String>,
    /// Its port.
    pub sender_port: Option<i32>,
    /// The slot it uses there.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub slot_name: Option<String>,
    /// Its timeline.
    pub received_tli: Option<i32>,
    /// Age of the newest message from the sender, ms.
    pub message_age_ms: Option<f64>,
}

/// Positions of this server's WAL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Position {
    /// Whether the server is in recovery.
    pub in_recovery: bool,
    /// The cluster's identity, where readable.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub system_identifier: Option<String>,
    /// Timeline of the last checkpoint.
    pub timeline: Option<i32>,
    /// Its `cluster_name`, empty when unset.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub cluster_name: String,
    /// The port it listens on.
    pub port: i32,
    /// When the postmaster started, ms since the epoch, by the server's clock: with the system
    /// identifier it tells whether two connections reach the same server.
    pub started_ms: i64,
    /// Primary: the insert position as printed. Standby: the replayed one.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub lsn: Option<String>,
    /// The same as a number of bytes.
    pub lsn_bytes: Option<i64>,
    /// Standby: received but not replayed, bytes.
    pub gap_bytes: Option<i64>,
    /// Standby: time since the last replayed transaction was committed on the primary, ms.
    /// Grows on an idle primary: not lag in itself.
    pub replayed_xact_age_ms: Option<f64>,
    /// Standby: whether replay was paused by hand.
    pub replay_paused: Option<bool>,
    /// Primary: `synchronous_standby_names`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub synchronous_standby_names: String,
    /// hot_standby_feedback.
    pub hot_standby_feedback: bool,
    /// max_standby_streaming_delay as shown, for example `30s`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub max_standby_streaming_delay: String,
    /// Standby: queries cancelled by recovery conflicts since the last reset.
    pub conflicts: Option<i64>,
}

/// A standby's own lag, judged from bytes, time and movement together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lag {
    /// Received but not replayed, bytes.
    pub bytes: i64,
    /// Time behind, ms: zero when everything received is replayed and messages still arrive.
    pub ms: f64,
    /// Whether replay moved since the reading before; None on the first reading.
    pub moving: Option<bool>,
    /// Whether the link to the sender is up (a receiver that hears from it).
    pub linked: bool,
}

/// One row of `pg_stat_subscription`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Subscription {
    /// Name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub subname: String,
    /// Worker's pid; None when no worker runs.
    pub pid: Option<i32>,
    /// Received but not reported applied, bytes.
    pub lag_bytes: Option<i64>,
    /// Age of the newest message, ms.
    pub message_age_ms: Option<f64>,
}

/// Everything the replication area reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replication {
    /// Where this server's WAL stands.
    pub position: Position,
    /// Its walsenders.
    pub senders: Known<Vec<Sender>>,
    /// Its slots.
    pub slots: Known<Vec<Slot>>,
    /// How it receives: Ok(None) when it does not.
    pub receiver: Known<Option<Receiver>>,
    /// A standby's own lag.
    pub lag: Known<Lag>,
    /// Logical subscriptions.
    pub subscriptions: Known<Vec<Subscription>>,
    /// Lag over time, newest last: (at_ms, worst bytes, worst ms). None is a gap.
    pub history: Vec<LagSample>,
}

/// Lag at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LagSample {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// Worst, bytes.
    pub bytes: Option<i64>,
    /// Worst, ms.
    pub ms: Option<f64>,
}
