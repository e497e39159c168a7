//! The wait profile: average active sessions over a window, by one thing that is known of them.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// What active sessions are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadBy {
    /// Wait class; `CPU` for one that waits for nothing.
    #[default]
    Class,
    /// Wait event, with its class.
    Event,
    /// Statement, by `query_id`.
    Statement,
    /// `application_name`.
    Application,
    /// Role.
    Role,
    /// Database.
    Database,
    /// Client address.
    Client,
}

impl LoadBy {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Class,
        Self::Event,
        Self::Statement,
        Self::Application,
        Self::Role,
        Self::Database,
        Self::Client,
    ];

    /// The word in the query parameter `by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Event => "event",
            Self::Statement => "statement",
            Self::Application => "application",
            Self::Role => "role",
            Self::Database => "database",
            Self::Client => "client",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Class => "Wait class",
            Self::Event => "Wait event",
            Self::Statement => "Statement",
            Self::Application => "Application",
            Self::Role => "Role",
            Self::Database => "Database",
            Self::Client => "Client",
        }
    }
}
named!(LoadBy);

/// A group of sessions and its part of the load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadRow {
    /// What they have in common; None for those of which it is not known. Hostile text.
    pub name: Option<String>,
    /// Average active sessions.
    pub sessions: f64,
    /// The wait class with the most of it, and its share of the group, percent.
    pub mostly: Option<(String, f64)>,
    /// What the group is, where PostgreSQL or pgdeck knows more: a wait event's description.
    pub about: Option<String>,
}

/// The load of a window: what made it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The window, ms since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// How often sessions were counted in it; without any nothing is known.
    pub ticks: u64,
    /// Average active sessions of all.
    pub sessions: f64,
    /// By wait class, the most first.
    pub classes: Vec<LoadRow>,
    /// By what was asked, the most first.
    pub rows: Vec<LoadRow>,
    /// By statement.
    pub statements: Vec<LoadRow>,
    /// Sessions that waited for a lock, by the session at the root of their wait.
    pub blockers: Vec<LoadRow>,
}

/// Average active sessions by group at a moment, ms since the epoch; None where nothing was read.
pub type LoadMoment = (i64, Option<Vec<(String, f64)>>);
