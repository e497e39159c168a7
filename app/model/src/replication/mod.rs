//! Replication of one server: walsenders, WAL receiver, slots, subscriptions, lag.
//!
//! Lag is judged by bytes and time together and by whether replay moves: an idle primary lets the
//! time since the last replayed transaction grow without any lag, and a cut link makes received and
//! replayed positions equal while both stand still.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod archiver;
pub mod sender;
pub mod slot;
pub mod sync;
pub mod topology;

use serde::{Deserialize, Serialize};

pub use self::archiver::Archiver;
pub use self::sender::{Sender, StreamKind};
pub use self::slot::{Slot, SlotState, TimeLeft};
pub use self::sync::{Required, SyncWaits};
use crate::reason::{Known, Reason};

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

/// Positions of this server's WAL, and the settings that explain them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Position {
    /// Whether the server is in recovery.
    pub in_recovery: bool,
    /// The cluster's identity, where readable.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub system_identifier: Option<String>,
    /// Timeline of the last checkpoint.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub timeline: Option<i32>,
    /// Its `cluster_name`, empty when unset.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub cluster_name: String,
    /// The port it listens on.
    pub port: i32,
    /// When the postmaster started, ms since the epoch, by the server's clock: with the system
    /// identifier it tells whether two connections reach the same server.
    pub started_ms: i64,
    /// For how long the postmaster has run, ms, by the server's clock.
    #[serde(default)]
    pub up_ms: f64,
    /// Primary: the insert position as printed. Standby: the replayed one.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub lsn: Option<String>,
    /// The same as a number of bytes.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub lsn_bytes: Option<i64>,
    /// Where WAL ends here, as a number of bytes: inserted on a primary, received or restored on a
    /// standby.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub end_bytes: Option<i64>,
    /// Why the positions are unknown, where they are.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub unknown: Option<Reason>,
    /// Standby: received but not replayed, bytes.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub gap_bytes: Option<i64>,
    /// Standby: time since the last replayed transaction was committed on the primary, ms.
    /// Grows on an idle primary: not lag in itself. None when none was replayed since the start.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub replayed_xact_age_ms: Option<f64>,
    /// Standby: whether replay was paused by hand.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub replay_paused: Option<bool>,
    /// Standby: `recovery_min_apply_delay`, ms; zero when replay is not delayed.
    #[serde(default)]
    pub apply_delay_ms: Option<f64>,
    /// Standby: whether `primary_conninfo` is set; None where it is hidden from our role.
    #[serde(default)]
    pub streams: Option<bool>,
    /// Why that is unknown, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub streams_unknown: Option<Reason>,
    /// Standby: the slot it asks its sender for (`primary_slot_name`).
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub primary_slot_name: Option<String>,
    /// Standby: whether `restore_command` is set.
    #[serde(default)]
    pub restores: Option<bool>,
    /// Primary: `synchronous_standby_names`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub synchronous_standby_names: String,
    /// Where it is set, as in `pg_settings.source`: `configuration file`, `command line` …
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub synchronous_source: Option<String>,
    /// hot_standby_feedback.
    pub hot_standby_feedback: bool,
    /// max_standby_streaming_delay as shown, for example `30s`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub max_standby_streaming_delay: String,
    /// Standby: queries cancelled by recovery conflicts since the last reset.
    pub conflicts: Option<i64>,
}

impl Position {
    /// Whether it is a standby that restores WAL from an archive and streams from nobody.
    pub fn is_archive_only(&self) -> bool {
        self.in_recovery && self.streams == Some(false) && self.restores == Some(true)
    }
}

/// A standby's own lag, judged from bytes, time and movement together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lag {
    /// Received but not replayed, bytes.
    pub bytes: i64,
    /// Time behind, ms: zero when everything received is replayed and messages still arrive; None
    /// when nothing tells it: no transaction was replayed since the start, and nobody was heard.
    pub ms: Option<f64>,
    /// Whether replay moved since the reading before; None on the first reading.
    pub moving: Option<bool>,
    /// Whether the link to the sender is up (a receiver that hears from it).
    pub linked: bool,
    /// Whether it has no sender, and restores WAL from an archive: nothing here tells what is missing.
    #[serde(default)]
    pub from_archive: bool,
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
    /// Received but not applied, bytes, by the origin's own position; None where it is not readable.
    /// A worker that is blocked receives nothing either: what it lacks is known on the publisher.
    pub lag_bytes: Option<i64>,
    /// Age of the newest message, ms.
    pub message_age_ms: Option<f64>,
    /// Whether it is enabled.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// What kind of event its worker waits for; `Lock` when somebody blocks it.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub wait_event_type: Option<String>,
    /// For how long it has been blocked, by our own readings, ms; None when it is not.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub blocked_ms: Option<f64>,
    /// Errors while applying since the last reset (15+).
    #[serde(default)]
    pub apply_errors: Option<i64>,
    /// Errors while copying tables at first since the last reset (15+).
    #[serde(default)]
    pub sync_errors: Option<i64>,
    /// Whether errors were added within the last readings.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub failing: bool,
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
    /// Whether WAL is archived.
    #[serde(default = "not_yet")]
    pub archiver: Known<Archiver>,
    /// Who waits for a synchronous standby.
    #[serde(default = "not_yet")]
    pub sync_waits: Known<SyncWaits>,
    /// Lag over time, newest last: (at_ms, worst bytes, worst ms). None is a gap.
    pub history: Vec<LagSample>,
}

/// What an earlier version did not record.
fn not_yet<T>() -> Known<T> {
    Err(Reason::NotYet)
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
