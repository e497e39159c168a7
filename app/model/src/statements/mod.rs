//! Statement statistics: what the entries of `pg_stat_statements` did between two readings, how much of
//! the server's work that explains, and what was lost.

pub mod explain;
pub mod figure;
pub mod measure;
pub mod plans;
pub mod question;
pub mod ranking;
pub mod regression;
pub mod sums;
pub mod tick;

use serde::{Deserialize, Serialize};

pub use figure::Figure;
pub use measure::Measure;
pub use question::{Group, Question, Spans};
pub use ranking::{Change, Compared, Detail, Loss, Rank, Ranking, Uncounted, WindowFacts};
pub use regression::{CauseKind, Figures, Regression, Regressions};
pub use sums::Sums;
pub use tick::{Bound, Gap, GapReason, Integrity, Key, Moved, Tick};

use crate::reason::{Known, Reason};

/// The settings that decide what is recorded. None is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Settings {
    /// `pg_stat_statements.max`: the most entries.
    pub max_entries: Option<i64>,
    /// `pg_stat_statements.track`: none, top or all.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub track: Option<String>,
    /// `pg_stat_statements.track_utility`.
    pub track_utility: Option<bool>,
    /// `pg_stat_statements.track_planning`.
    pub track_planning: Option<bool>,
    /// `pg_stat_statements.save`: whether a clean restart keeps the entries.
    pub save: Option<bool>,
    /// `track_io_timing`: without it all times of blocks are zero.
    pub track_io_timing: Option<bool>,
    /// `compute_query_id`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub compute_query_id: Option<String>,
    /// Why all of them are unknown, where the server does not tell them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub unread: Option<Reason>,
}

impl Settings {
    /// The settings that keep something from being recorded, with their values.
    pub fn untracked(&self) -> Vec<(&'static str, &'static str)> {
        let off = |name, on: Option<bool>| (on == Some(false)).then_some((name, "off"));
        let track = self.track.as_deref() == Some("none");
        let ids = self.compute_query_id.as_deref() == Some("off");
        [
            track.then_some(("pg_stat_statements.track", "none")),
            ids.then_some(("compute_query_id", "off")),
            off("pg_stat_statements.track_utility", self.track_utility),
            off("pg_stat_statements.track_planning", self.track_planning),
            off("track_io_timing", self.track_io_timing),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// What is known of the text of a statement, without values and without passwords.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatementText {
    /// Whose.
    pub queryid: i64,
    /// The statement with `$1` in the place of values.
    pub text: String,
    /// pgdeck's own fingerprint: the same for a statement that has another queryid after an upgrade.
    /// None where our parser does not know the statement.
    pub fingerprint: Option<String>,
    /// Tables it names.
    pub tables: Vec<String>,
}

/// The name of a role or a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Named {
    /// Its oid.
    pub oid: i64,
    /// Its name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub name: String,
}

/// What an entry did over the window, and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// Which.
    pub key: Key,
    /// What it did.
    pub sums: Sums,
    /// Whether it may have done more.
    pub bound: Bound,
}

/// The last ten minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Its begin, ms since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// How much of it is covered by differences, ms.
    pub covered_ms: i64,
    /// Entries by execution time, the costliest first.
    pub top: Vec<Ranked>,
    /// Everything that top-level statements did, those left out of `top` included.
    pub total: Sums,
    /// The sum of the integrity of its ticks.
    pub integrity: Integrity,
    /// Spans that are missing or incomplete, oldest first.
    pub gaps: Vec<Gap>,
}

/// What one complete reading of the entries gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entries {
    /// When they were read, ms since the epoch. Where there are many, they are read less often than the area.
    pub at_ms: i64,
    /// How often they are read, ms.
    pub every_ms: i64,
    /// How many there are.
    pub count: i64,
    /// Whether all of them are visible to our role.
    pub others: Known<()>,
    /// Passes that removed entries since the reset, because the table was full.
    pub deallocations: i64,
    /// When all entries were last reset, ms since the epoch.
    pub reset_ms: Option<i64>,
    /// What they did since the reading before.
    pub tick: Known<Tick>,
    /// What they did in the last ten minutes.
    pub window: Known<Window>,
}

/// Everything the statements area reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statements {
    /// The extension's version, as installed.
    pub extension: Known<String>,
    /// The settings that decide what is recorded.
    pub settings: Settings,
    /// The entries.
    pub entries: Known<Entries>,
    /// Whether the entries were read in this tick of the area, and not in one before.
    #[serde(default)]
    pub is_new: bool,
    /// Texts that are known, of statements in the window.
    #[serde(default)]
    pub texts: Vec<StatementText>,
    /// Texts that the history has not been given lately.
    #[serde(skip)]
    pub unrecorded: Vec<StatementText>,
    /// Names of roles.
    #[serde(default)]
    pub roles: Vec<Named>,
    /// Names of databases.
    #[serde(default)]
    pub databases: Vec<Named>,
    /// How they compare with the same hour of earlier days.
    #[serde(default = "not_yet")]
    pub regressions: Known<Regressions>,
    /// The newest looks at plans.
    #[serde(default)]
    pub plan_looks: Vec<plans::PlanLook>,
}

fn not_yet<T>() -> Known<T> {
    Err(Reason::NotYet)
}

impl Statements {
    /// Figures that are not counted, by the extension's version and the settings: where they are zero they
    /// are unknown.
    pub fn uncounted(&self) -> Vec<Uncounted> {
        let version = self.extension.as_ref().ok().and_then(|version| version.split_once('.'));
        let version: Option<u16> = version.and_then(|(_, minor)| minor.parse().ok());
        let off = |measures: &[Measure], on: Option<bool>, setting: &str| {
            let is_off = on == Some(false);
            (is_off, measures.to_vec(), format!("The setting {setting} is off."))
        };
        let times = [
            Measure::SharedReadTime,
            Measure::SharedWriteTime,
            Measure::TempReadTime,
            Measure::TempWriteTime,
        ];
        let plans = [Measure::Plans, Measure::PlanTime];
        let settings = [
            off(&plans, self.settings.track_planning, "pg_stat_statements.track_planning"),
            off(&times, self.settings.track_io_timing, "track_io_timing"),
        ];
        let why = |figure: &Figure| {
            if version.is_some_and(|version| figure.since() > version) {
                return Some("This version of pg_stat_statements does not count it.".to_owned());
            }
            let is_of = |of: &[Measure]| figure.measures.iter().any(|measure| of.contains(measure));
            let found = settings.iter().find(|(is_off, of, _)| *is_off && is_of(of));
            found.map(|(.., why)| why.clone())
        };
        let all = figure::FIGURES.iter();
        all.filter_map(|figure| Some((figure.id.to_owned(), why(figure)?))).collect()
    }

    /// Without what its entries did: a ranking says that.
    pub fn without_entries(&self) -> Self {
        let entries = self.entries.as_ref().map(|entries| Entries {
            tick: Err(Reason::NotYet),
            window: Err(Reason::NotYet),
            others: entries.others.clone(),
            ..*entries
        });
        Self {
            extension: self.extension.clone(),
            settings: self.settings.clone(),
            entries: entries.map_err(Clone::clone),
            is_new: self.is_new,
            texts: Vec::new(),
            unrecorded: Vec::new(),
            roles: Vec::new(),
            databases: Vec::new(),
            regressions: self.regressions.clone(),
            plan_looks: Vec::new(),
        }
    }

    /// The text of a statement.
    pub fn text(&self, queryid: i64) -> Option<&StatementText> {
        self.texts.iter().find(|text| text.queryid == queryid)
    }

    /// The name of a role, or its oid where it is gone.
    pub fn role(&self, oid: u32) -> String {
        named(&self.roles, oid)
    }

    /// The name of a database, or its oid where it is gone.
    pub fn database(&self, oid: u32) -> String {
        named(&self.databases, oid)
    }

    /// The last ten minutes, or why they are unknown.
    pub fn ranking(&self) -> Known<&Window> {
        let entries = self.entries.as_ref().map_err(Clone::clone)?;
        entries.window.as_ref().map_err(Clone::clone)
    }

    /// The same for rules: without the extension there is nothing to judge.
    pub fn window(&self) -> Known<&Window> {
        self.ranking().map_err(|reason| match reason {
            Reason::MissingExtension { .. } => {
                Reason::Nothing { message: "The server keeps no statement statistics.".into() }
            }
            reason => reason,
        })
    }
}

fn named(names: &[Named], oid: u32) -> String {
    let found = names.iter().find(|name| name.oid == i64::from(oid));
    found.map_or_else(|| oid.to_string(), |found| found.name.clone())
}
