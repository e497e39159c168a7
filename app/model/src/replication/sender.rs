//! Walsenders of a server, and what is at the other end of each.

use serde::{Deserialize, Serialize};

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
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub send_lag_bytes: Option<i64>,
    /// Sent but not written.
    pub write_lag_bytes: Option<i64>,
    /// Written but not flushed.
    pub flush_lag_bytes: Option<i64>,
    /// Flushed but not replayed.
    pub replay_lag_bytes: Option<i64>,
    /// Generated but not replayed: all four together. A logical subscriber reports here what it has
    /// confirmed; a receiver of WAL that replays nothing reports nothing.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
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
    /// Whether that slot is `physical` or `logical`.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub slot_type: Option<String>,
    /// Whether that slot goes with the connection, as a base backup's does.
    #[serde(default)]
    pub slot_temporary: Option<bool>,
    /// The position sent, as a number of bytes.
    #[serde(default)]
    pub sent_lsn_bytes: Option<i64>,
    /// The position it has replayed, as a number of bytes.
    pub replay_lsn_bytes: Option<i64>,
    /// Time since this server's WAL stood where the standby has replayed to, by our own readings,
    /// ms. Right also while replay is paused, when `replay_lag` says nothing. None on the first reading.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub behind_ms: Option<f64>,
}

/// What is at the other end of a walsender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamKind {
    /// A server that replays.
    Standby,
    /// A logical subscriber or a tool for change data capture.
    Subscriber,
    /// A base backup, or the WAL that is streamed beside it.
    Backup,
    /// A client that stores WAL and replays nothing: pg_receivewal, Barman.
    Receiver,
    /// It has reported nothing yet.
    Unknown,
}

impl StreamKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Subscriber => "logical subscriber",
            Self::Backup => "base backup",
            Self::Receiver => "WAL receiver without replay",
            Self::Unknown => "connecting",
        }
    }
}

impl Sender {
    /// What is at the other end. Told by the state, the slot and what is reported: the name is
    /// whatever the client says.
    pub fn kind(&self) -> StreamKind {
        if self.state.as_deref() == Some("backup") {
            return StreamKind::Backup;
        }
        if self.slot_type.as_deref() == Some("logical") {
            return StreamKind::Subscriber;
        }
        match (self.replay_lsn_bytes, self.write_lag_bytes) {
            (Some(_), _) => StreamKind::Standby,
            (None, Some(_)) if self.slot_temporary == Some(true) => StreamKind::Backup,
            (None, Some(_)) => StreamKind::Receiver,
            (None, None) => StreamKind::Unknown,
        }
    }

    /// Adds what is missing up to `end_bytes`, where this server's WAL ends. A client may report
    /// what it never got: nothing is missing then.
    pub fn measured(mut self, end_bytes: Option<i64>) -> Self {
        let missing = |from: Option<i64>| {
            end_bytes.zip(from).map(|(end, from)| end.saturating_sub(from).max(0))
        };
        self.send_lag_bytes = missing(self.sent_lsn_bytes);
        self.total_lag_bytes = missing(self.replay_lsn_bytes);
        for lag in
            [&mut self.write_lag_bytes, &mut self.flush_lag_bytes, &mut self.replay_lag_bytes]
        {
            *lag = lag.map(|bytes| bytes.max(0));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_by_what_is_reported_and_not_by_the_name() {
        let named = |name: &str| Sender {
            application_name: Some(name.into()),
            state: Some("streaming".into()),
            write_lag_bytes: Some(0),
            replay_lsn_bytes: Some(9),
            ..Sender::default()
        };
        assert_eq!(named("pg_basebackup").kind(), StreamKind::Standby);
        let stores = || Sender { replay_lsn_bytes: None, ..named("s1") };
        assert_eq!(stores().kind(), StreamKind::Receiver);
        let backup = Sender { slot_temporary: Some(true), ..stores() };
        assert_eq!(backup.kind(), StreamKind::Backup);
        let logical = Sender { slot_type: Some("logical".into()), ..named("s1") };
        assert_eq!(logical.kind(), StreamKind::Subscriber);
        assert_eq!(Sender { write_lag_bytes: None, ..stores() }.kind(), StreamKind::Unknown);
    }
}
