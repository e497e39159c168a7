//! Watched servers: name, connection state, capabilities, and the row of the fleet page.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Harm, Severity};
use crate::reason::Reason;

/// The name of a watched server, as in the configuration and in URLs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerId(String);

/// The longest name of a server, bytes: that of a host (RFC 1035, section 2.3.4).
const MAX_NAME_BYTES: usize = 253;

impl ServerId {
    /// The id of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a server can be called this: a label or a host name that needs no escaping in a URL.
    pub fn is_valid(&self) -> bool {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let name = self.0.as_str();
        (1..=MAX_NAME_BYTES).contains(&name.len())
            && name.bytes().all(is_valid)
            // `.` and `..` are steps of a path, and browsers resolve them.
            && !name.starts_with('.')
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether we talk to a server at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionState {
    /// The first attempt is under way.
    Connecting,
    /// Connected, and the newest tick succeeded.
    Up,
    /// The newest tick failed.
    Lost {
        /// Since when, ms since the epoch.
        since_ms: i64,
        /// Why.
        reason: Reason,
    },
}

/// What a server is and what our role may do there. Read again on every reconnect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Major version, for example 17.
    pub major: u16,
    /// `server_version` as printed, for example `17.10`.
    pub version: String,
    /// Whether it is in recovery (a standby).
    pub in_recovery: bool,
    /// The cluster's identity; the same on a primary and its standbys. None where unreadable.
    pub system_identifier: Option<String>,
    /// The current timeline, where readable.
    pub timeline: Option<i32>,
    /// When the postmaster started, ms since the epoch by the server's clock.
    pub started_ms: i64,
    /// How far the server's clock is ahead of pgdeck's, ms.
    #[serde(default)]
    pub clock_ahead_ms: i64,
    /// The database we are connected to.
    pub database: String,
    /// The role we are connected as.
    pub role: String,
    /// Whether that role is a superuser.
    pub superuser: bool,
    /// Whether that role has the privileges of `pg_monitor`.
    pub pg_monitor: bool,
    /// Whether it is a member of `pg_monitor` and does not inherit its privileges.
    #[serde(default)]
    pub inherits_not: bool,
    /// Whether a pooler stands between us and the server.
    pub through_pooler: bool,
    /// Who runs it, where known: `rds`, `aurora`, `cloudsql`, `azure`.
    pub provider: Option<String>,
    /// Extensions installed in the connected database, with their version.
    pub extensions: Vec<(String, String)>,
    /// The cores of its machine, where the configuration says so or pgdeck runs on the same machine:
    /// PostgreSQL does not tell.
    #[serde(default)]
    pub cores: Option<u32>,
}

impl Facts {
    /// The version of an installed extension.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|(n, _)| n == name).map(|(_, version)| version.as_str())
    }

    /// How long the server had been up at a moment of pgdeck's clock, ms. Its start is known by its own
    /// clock, which may differ.
    pub fn up_for_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(self.clock_ahead_ms).saturating_sub(self.started_ms).max(0)
    }

    /// `primary` or `standby`.
    pub fn kind(&self) -> &'static str {
        if self.in_recovery { "standby" } else { "primary" }
    }
}

/// One line of the fleet page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerSummary {
    /// Its name.
    pub id: ServerId,
    /// Labels from the configuration.
    pub labels: Vec<(String, String)>,
    /// Where it is, host:port, without secrets.
    pub address: String,
    /// Whether we talk to it.
    pub link: ConnectionState,
    /// What it is, once we have been connected.
    pub facts: Option<Facts>,
    /// Open findings by severity: (worst, how many in all areas).
    pub worst: Option<(Severity, usize)>,
    /// The finding to act on first.
    #[serde(default)]
    pub first: Option<FirstFinding>,
    /// Rules that could not be checked, so that trouble may be there unseen.
    #[serde(default)]
    pub blind: usize,
    /// Headline numbers, None where unknown.
    pub headline: Headline,
}

/// What the fleet page shows of the finding to act on first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstFinding {
    /// The worst severity of it and of those with the same root.
    pub severity: Severity,
    /// Its sentence.
    pub message: String,
    /// Whom it hurts, for the order among servers.
    pub harm: Harm,
}

impl From<&Finding> for FirstFinding {
    fn from(finding: &Finding) -> Self {
        let Finding { severity, message, harm, .. } = finding;
        Self { severity: *severity, message: message.clone(), harm: *harm }
    }
}

/// The numbers of a fleet line. None is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// Transactions per second over the last window.
    pub transactions_per_s: Option<f64>,
    /// Client backends in use.
    pub connections: Option<i64>,
    /// The setting max_connections.
    pub max_connections: Option<i64>,
    /// Active client sessions at the newest reading.
    pub active: Option<i64>,
    /// Sessions that wait for a lock.
    pub waiting_for_lock: Option<i64>,
    /// Buffer cache hits of the last window, percent.
    pub cache_hit_percent: Option<f64>,
    /// Worst replication lag: bytes.
    pub lag_bytes: Option<i64>,
    /// Worst replication lag: milliseconds.
    pub lag_ms: Option<f64>,
    /// Transactions per second of the last windows, oldest first; None is a gap.
    pub transactions_spark: Vec<Option<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_for_is_counted_by_the_servers_clock() {
        let mut facts: Facts = serde_json::from_value(serde_json::json!({
            "major": 17, "version": "17.10", "in_recovery": false, "system_identifier": null,
            "timeline": null, "started_ms": 3_600_000, "database": "a", "role": "a", "superuser": false,
            "pg_monitor": true, "through_pooler": false, "provider": null, "extensions": []
        }))
        .expect("facts of an earlier version");
        facts.clock_ahead_ms = 3_600_000;
        // The console says 00:00:30; the server, an hour ahead, has been up for as long.
        assert_eq!(facts.up_for_ms(30_000), 30_000);
        facts.clock_ahead_ms = -3_600_000;
        assert_eq!(facts.up_for_ms(7_230_000), 30_000);
        assert_eq!(facts.up_for_ms(0), 0, "never before its start");
    }
}
