//! Statement statistics: all entries of `pg_stat_statements`, numbers only, read every ten seconds; what is
//! kept are the differences of those that moved (`docs/limits.md#statement-statistics`).

pub mod buckets;
mod cycle;
pub mod difference;
mod evidence;
mod metrics;
pub mod plans;
pub mod points;
pub mod ranking;
mod reading;
pub mod regressions;
pub mod row;
pub mod texts;
pub mod window;

/// The rules of this area.
pub mod rules {
    pub mod analytical_scan;
    pub mod n_plus_one;
    pub mod offset_paging;
    pub mod regression;
    pub mod statement_share;
    pub mod statistics_lost;

    use model::statements::Statements;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Statements>, "statements": statistics_lost, statement_share, n_plus_one, offset_paging,
            analytical_scan, regression
    }
}

use model::quantity::grouped;
use model::server::Facts;
use model::statements::{Entries, Named, Statements, Tick};
use model::{AreaName, Known, Reason};

use crate::area::{Area, LookBack, Note};
use crate::connection::Observer;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::sql::sql;
use cycle::Expected;
use difference::{Poll, difference};
use reading::{Location, Source};

sql! {
    LOCATIONS = "locations" [14];
    ROLE_NAMES = "role_names" [14];
    DATABASE_NAMES = "database_names" [14];
    RUNNING_TEXTS = "running_texts" [14];
    WORK_MEMORIES = "work_memories" [14];
    CHOICES = "choices" [14];
    "pg_stat_statements":
    ENTRY_INFOS = "entry_infos" "pgss-1" [9];
    ENTRIES = "entries" "pgss-1" [9, 10, 11, 12, 13];
    ENTRY_TEXTS = "entry_texts" "pgss-1" [9];
}

/// How often the area is read, ms.
const EVERY_MS: u32 = 10_000;
/// How often the entries are, where there are many, ms.
const MANY_EVERY_MS: i64 = 60_000;
/// What is many (`docs/limits.md#statement-statistics`).
const MANY: usize = 20_000;
/// The wait after a reading that met the time limit, doubled with each, ms.
const LATE_MS: i64 = 60_000;
/// The longest such wait, ms.
const LATEST_MS: i64 = 1_920_000;
/// How often names of roles and databases are read, ms.
const NAMES_EVERY_MS: i64 = 300_000;
/// Entries of a tick whose texts are in the reading.
const WITH_TEXT: usize = 50;

/// The statements area.
pub struct StatementsArea;

/// What it remembers between ticks.
#[derive(Default)]
pub struct State {
    poll: Option<Poll>,
    last: Option<Known<Entries>>,
    next_ms: i64,
    /// Readings in a row that met the time limit.
    late: u32,
    recent: window::Recent,
    texts: texts::Texts,
    names: Option<(i64, Vec<Named>, Vec<Named>)>,
    watch: regressions::Watch,
    plans: plans::Watch,
}

impl Area for StatementsArea {
    type Value = Statements;
    type State = State;
    /// What was asked for a moment ago.
    type History = std::sync::Arc<ranking::kept::Kept>;
    const NAME: AreaName = AreaName::Statements;
    const EVERY_MS: u32 = EVERY_MS;
    const RULES: &'static [crate::rule::Rule<Statements>] = rules::RULES;
    const QUERIES: &'static [crate::sql::Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Statements, Error> {
        let names_due = state.names.as_ref().is_none_or(|(at, ..)| now_ms - at >= NAMES_EVERY_MS);
        let first = reading::first(observer, facts, names_due).await?;
        if let Some((roles, databases)) = first.names {
            state.names = Some((now_ms, roles, databases));
        }
        let location = first.location;
        let entries = match location.source(facts) {
            Ok(source) => state.read(observer, facts, (&location, &source), now_ms).await?,
            Err(reason) => Err(reason),
        };
        let is_new = entries.as_ref().is_ok_and(|entries| entries.at_ms == now_ms);
        let tick = entries.as_ref().ok().and_then(|entries| entries.tick.as_ref().ok());
        let unrecorded = match tick.filter(|_| is_new) {
            Some(tick) => state.texts.unrecorded(tick, now_ms),
            None => Vec::new(),
        };
        Ok(Statements { is_new, unrecorded, ..state.value(facts, &location, entries) })
    }

    fn points(value: &Statements) -> Option<Vec<history::Point>> {
        points::points(value)
    }

    fn look_back(state: &mut State, value: &Statements, back: Option<&LookBack<'_>>) {
        state.watch.look_back(&state.recent, value, back);
        state.plans.look_back(value, &state.texts, back);
    }

    fn points_every_ms(value: &Statements) -> u32 {
        let every_ms = value.entries.as_ref().map(|entries| entries.every_ms);
        every_ms.ok().and_then(|every_ms| u32::try_from(every_ms).ok()).unwrap_or(EVERY_MS)
    }

    fn notes(value: &Statements) -> Vec<Note> {
        points::notes(value)
    }

    fn without_query_text(value: &Statements) -> Option<Statements> {
        let has_text = !value.texts.is_empty() || !value.plan_looks.is_empty();
        // Why a plan could not be had may be told in words of the statement.
        has_text.then(|| Statements { texts: Vec::new(), plan_looks: Vec::new(), ..value.clone() })
    }

    fn streamed(value: &Statements) -> Option<Statements> {
        Some(value.without_entries())
    }

    fn metrics(value: &Statements, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
}

impl State {
    /// The entries: read now, or as they were read last where they are not due.
    async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        (location, source): (&Location, &Source),
        now_ms: i64,
    ) -> Result<Known<Entries>, Error> {
        if let Some(last) = self.last.clone().filter(|_| now_ms < self.next_ms) {
            return Ok(last);
        }
        let most = location.settings.max_entries.and_then(|max| usize::try_from(max).ok());
        let before = self.poll.as_ref();
        let known = before.map(|poll| poll.entries.len());
        let entries = known.or(most).unwrap_or_default();
        let expected = Expected { entries, most: most.unwrap_or(entries) };
        let poll = cycle::poll(observer, facts, source, before, (now_ms, expected)).await?;
        let many = poll.as_ref().map_or(entries, |poll| poll.entries.len()) > MANY;
        // Less than the interval: the area's own clock decides which tick it is.
        let wait_ms = if many { MANY_EVERY_MS - i64::from(EVERY_MS) / 2 } else { 0 };
        self.next_ms = now_ms.saturating_add(wait_ms);
        let entries = match poll {
            Ok(poll) => {
                self.late = 0;
                Ok(self.entries(poll, location, facts, many))
            }
            Err(Reason::TimedOut { after_ms }) => Err(self.late(after_ms, entries, now_ms)),
            Err(reason) => Err(reason),
        };
        if let Ok(Entries { tick: Ok(tick), .. }) = &entries {
            let count = self.poll.as_ref().map_or(0, |poll| poll.entries.len());
            self.texts.complete(observer, source, tick, (count, now_ms)).await?;
        }
        self.last = Some(entries.clone());
        Ok(entries)
    }

    /// A reading met the time limit: the next one is later each time.
    fn late(&mut self, after_ms: u64, entries: usize, now_ms: i64) -> Reason {
        let wait_ms = (LATE_MS << self.late.min(16)).min(LATEST_MS);
        self.late = self.late.saturating_add(1);
        self.next_ms = now_ms.saturating_add(wait_ms);
        Reason::TooSlow {
            what: format!("{} entries of pg_stat_statements", grouped(entries as f64)),
            after_ms,
            again_ms: wait_ms.unsigned_abs(),
            remedy: "Lower pg_stat_statements.max, which takes a restart, or relieve the server's processors.".into(),
        }
    }

    /// What a reading gives, compared with the one before.
    fn entries(&mut self, poll: Poll, location: &Location, facts: &Facts, many: bool) -> Entries {
        let poll = Poll { max_entries: location.settings.max_entries.unwrap_or(0), ..poll };
        let tick: Known<Tick> = self
            .poll
            .as_ref()
            .map(|before| difference(before, &poll))
            .ok_or(Reason::NeedsTwoReadings);
        if let Ok(tick) = &tick {
            self.recent.push(tick);
        }
        let entries = Entries {
            at_ms: poll.at_ms,
            every_ms: if many { MANY_EVERY_MS } else { i64::from(EVERY_MS) },
            count: poll.hidden.saturating_add(poll.entries.len() as i64),
            others: location.others(facts, poll.hidden),
            deallocations: poll.deallocations.1,
            reset_ms: Some(poll.reset_us / 1_000),
            tick,
            window: self.recent.window().ok_or(Reason::NeedsTwoReadings),
        };
        self.poll = Some(poll);
        entries
    }

    fn value(&self, facts: &Facts, location: &Location, entries: Known<Entries>) -> Statements {
        let shown = entries.as_ref().ok();
        let top = shown.and_then(|entries| entries.window.as_ref().ok()).map(|w| w.top.as_slice());
        let moved =
            shown.and_then(|entries| entries.tick.as_ref().ok()).map(|t| t.moved.as_slice());
        let ids = top.into_iter().flatten().map(|entry| entry.key.queryid);
        let ids = ids.chain(moved.into_iter().flatten().take(WITH_TEXT).map(|m| m.key.queryid));
        let texts = self.texts.of(ids);
        let (roles, databases) = self
            .names
            .as_ref()
            .map(|(_, roles, databases)| (roles.clone(), databases.clone()))
            .unwrap_or_default();
        Statements {
            extension: location.version(facts),
            settings: location.settings.clone(),
            entries,
            is_new: false,
            texts,
            unrecorded: Vec::new(),
            roles,
            databases,
            regressions: self.watch.newest(),
            plan_looks: self.plans.looks(),
        }
    }
}
