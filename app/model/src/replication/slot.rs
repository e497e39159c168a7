//! Replication slots of a server, and the state of each.

use serde::{Deserialize, Serialize};

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
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
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
    /// The oldest position it keeps, as a number of bytes.
    #[serde(default)]
    pub restart_lsn_bytes: Option<i64>,
    /// Up to where a logical slot's consumer has confirmed, as a number of bytes.
    #[serde(default)]
    pub confirmed_lsn_bytes: Option<i64>,
    /// Written here but not confirmed by a logical slot's consumer, bytes.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub unconfirmed_bytes: Option<i64>,
    /// For how long the oldest position has not moved although WAL was written, by our own
    /// readings, ms. None on the first reading.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub still_ms: Option<f64>,
    /// How fast what it retains has grown in the last minutes, by our own readings, bytes per second:
    /// zero when it does not grow, None until there are enough of them.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub growth_bytes_per_s: Option<f64>,
    /// Whether it goes with its connection.
    #[serde(default)]
    pub temporary: bool,
    /// Whether the server keeps it in step with the primary's slot of that name (17+): it is
    /// inactive by design.
    #[serde(default)]
    pub synced: Option<bool>,
    /// max_slot_wal_keep_size, bytes; None without a limit.
    #[serde(default)]
    pub limit_bytes: Option<i64>,
}

/// What becomes of the WAL that a slot needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotState {
    /// It reserves nothing: it was never used.
    Unused,
    /// It is kept.
    Kept,
    /// It goes with the next checkpoint unless the consumer catches up before.
    Endangered,
    /// It is gone: the consumer must be rebuilt.
    Lost,
}

/// How long the room for a slot's WAL lasts if it goes on growing as in the last minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeLeft {
    /// It was too short.
    Lost,
    /// The limit is passed: the next checkpoint may remove WAL that it needs.
    UntilCheckpoint,
    /// It reserves nothing.
    Unused,
    /// What it retains does not grow.
    NotGrowing,
    /// Seconds until max_slot_wal_keep_size is reached.
    Seconds(f64),
    /// It grows, and only the disk limits it: PostgreSQL does not tell the disk's size.
    NoLimit,
    /// It grows, and the server does not say how much is left of its limit.
    LimitUnknown,
    /// Too little was read to tell whether it grows.
    TooFewReadings,
}

impl Slot {
    /// What becomes of the WAL it needs. One that was invalidated for another reason is lost too.
    pub fn state(&self) -> SlotState {
        match self.wal_status.as_deref() {
            Some("lost") => SlotState::Lost,
            _ if self.invalidation_reason.is_some() => SlotState::Lost,
            Some("unreserved") => SlotState::Endangered,
            None => SlotState::Unused,
            Some(_) => SlotState::Kept,
        }
    }

    /// Adds what is kept up to `end_bytes`, where this server's WAL ends. A standby reckons `safe_wal_size`
    /// from where it ended its own recovery at its start, so it is the difference to the limit there.
    pub fn measured(mut self, end_bytes: Option<i64>, in_recovery: bool) -> Self {
        let since = |from: Option<i64>| {
            end_bytes.zip(from).map(|(end, from)| end.saturating_sub(from).max(0))
        };
        self.retained_bytes = since(self.restart_lsn_bytes);
        self.unconfirmed_bytes = since(self.confirmed_lsn_bytes);
        if in_recovery && self.safe_wal_bytes.is_some() {
            let left = |(limit, kept): (i64, i64)| limit.saturating_sub(kept).max(0);
            self.safe_wal_bytes = self.limit_bytes.zip(self.retained_bytes).map(left);
        }
        self
    }

    /// How long the room for its WAL lasts.
    pub fn time_left(&self) -> TimeLeft {
        match (self.state(), self.growth_bytes_per_s) {
            (SlotState::Lost, _) => TimeLeft::Lost,
            (SlotState::Endangered, _) => TimeLeft::UntilCheckpoint,
            (SlotState::Unused, _) => TimeLeft::Unused,
            (SlotState::Kept, None) => TimeLeft::TooFewReadings,
            (SlotState::Kept, Some(growth)) if growth <= 0.0 => TimeLeft::NotGrowing,
            (SlotState::Kept, Some(growth)) => match (self.safe_wal_bytes, self.limit_bytes) {
                (Some(left), _) => TimeLeft::Seconds(left.max(0) as f64 / growth),
                (None, Some(_)) => TimeLeft::LimitUnknown,
                (None, None) => TimeLeft::NoLimit,
            },
        }
    }

    /// In how many seconds it breaks if it goes on growing like this, where that can be computed.
    pub fn due_s(&self) -> Option<f64> {
        match self.time_left() {
            TimeLeft::Seconds(seconds) => Some(seconds),
            TimeLeft::Lost | TimeLeft::UntilCheckpoint => Some(0.0),
            _ => None,
        }
    }

    /// Whether it has used more than half of what max_slot_wal_keep_size allows it.
    pub fn over_half_of_limit(&self) -> bool {
        let (Some(kept), Some(left)) = (self.retained_bytes, self.safe_wal_bytes) else {
            return false;
        };
        self.limit_bytes.is_some_and(|limit| limit > 0) && kept > left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_does_not_reckon_what_is_left_from_an_old_position() {
        let slot = Slot {
            wal_status: Some("reserved".into()),
            restart_lsn_bytes: Some(100),
            limit_bytes: Some(64),
            safe_wal_bytes: Some(112),
            growth_bytes_per_s: Some(2.0),
            ..Slot::default()
        };
        assert_eq!(slot.clone().measured(Some(120), false).safe_wal_bytes, Some(112));
        let on_standby = slot.clone().measured(Some(120), true);
        assert_eq!(on_standby.safe_wal_bytes, Some(44));
        assert_eq!(on_standby.due_s(), Some(22.0));
        assert_eq!(slot.measured(None, true).safe_wal_bytes, None);
    }
}
