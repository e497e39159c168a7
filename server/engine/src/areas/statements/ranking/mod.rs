//! The ranking of statements over any window: from the history store, or of the last ten minutes in memory
//! where there is none. What is asked for decides what is read: first only the measures that filters and
//! order need of all statements, then every measure of the rows that are shown.

mod base;
pub mod detail;
mod filter;
mod groups;
pub mod kept;
pub mod known;
pub mod latency;
mod rows;
mod tags;
mod texts;
mod values;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use history::{History, Source};
use model::statements::question::PAGE_ROWS;
use model::statements::{
    Compared, Group, Measure, Question, Ranking, Spans, StatementText, Statements,
};
use model::{AreaName, Known, Reason, ServerId};

use super::StatementsArea;
use crate::clock::now_ms;
use crate::engine::Engine;
use crate::past::unreadable;
use crate::store::source;
use base::{Base, Entry};
use kept::{Kept, Wanted};
use tags::Tags;

/// Where a server's statements are kept.
pub struct Store<'a> {
    past: &'a History,
    source: Source,
    /// Where spans that end now do.
    now_ms: i64,
    /// What was asked for a moment ago.
    kept: Arc<Kept>,
}

impl<'a> Store<'a> {
    /// Of this source.
    pub fn new(past: &'a History, source: Source) -> Self {
        Self { past, source, now_ms: now_ms(), kept: Arc::default() }
    }

    /// With what was asked for before.
    pub fn keeping(self, kept: Arc<Kept>) -> Self {
        Self { kept, ..self }
    }

    /// That of a server; None without a store, and while nothing is known of the server.
    fn of(engine: &'a Engine, id: &ServerId) -> Option<Self> {
        let (past, facts) = (engine.past()?, engine.facts(id)?);
        let source = source(&facts, id.as_str(), AreaName::Statements);
        let kept = engine.history::<StatementsArea, _>(id, Arc::clone)?;
        Some(Self { past, source, now_ms: engine.now_ms(), kept })
    }

    /// The same server's source of another area.
    fn of_area(&self, area: AreaName) -> Source {
        Source::new(self.source.cluster.clone(), self.source.server.clone(), area.as_str())
    }
}

/// A page of the ranking; None: no such server. Where nothing is known, the inner error is the reason.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn rank(
    engine: &Engine,
    id: &ServerId,
    question: &Question,
    sees_text: bool,
) -> Result<Option<Known<Ranking>>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(None) };
    let asker = Asker { value: latest.value(), question, sees_text, store: Store::of(engine, id) };
    let ranking = asker.rank().await.map_err(|error| unreadable(&error))?;
    Ok(Some(match (ranking, &latest.failure) {
        (Err(Reason::NotYet), Some(failure)) => Err(failure.reason.clone()),
        (ranking, _) => ranking,
    }))
}

/// What a question is answered from.
pub struct Asker<'a> {
    /// The newest reading.
    pub value: Option<&'a Statements>,
    /// The question.
    pub question: &'a Question,
    /// Whether the person may see the text of statements.
    pub sees_text: bool,
    /// Where the server's statements are kept.
    pub store: Option<Store<'a>>,
}

impl Asker<'_> {
    /// A page of the ranking, or why there is none.
    ///
    /// Errors: when the store cannot be read.
    pub async fn rank(&self) -> Result<Known<Ranking>, history::Error> {
        let spans = self.spans();
        let mut base = match self.base(&spans).await? {
            Ok(base) => base,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut notes = spans.refused.clone();
        let compared = self.compare(&mut base, &spans).await?;
        let (databases, roles) = (names(&base, |e| &e.database), names(&base, |e| &e.role));
        let statements = base.entries.len();
        let tags = Tags::read(self.store.as_ref(), spans.window).await?;
        let asked = (self.question, self.sees_text);
        let narrowed = filter::narrowed(self.store.as_ref(), self.value, asked, &tags).await?;
        narrowed.apply(&mut base.entries, self.question);
        notes.extend(narrowed.notes);
        let (group, refused) = self.question.group();
        notes.extend(refused);
        let found = match group.filter(|group| self.may(group, &mut notes)) {
            None => groups::alone(&base.entries),
            Some(group) => {
                let texts = self.texts_for(&group, &base.entries).await?;
                groups::grouped(&base.entries, &group, &texts, &tags)
            }
        };
        let matching = found.len();
        let page = self.question.page.min(matching.saturating_sub(1) / PAGE_ROWS);
        let shown = groups::page(&found, &self.question.sort, (page * PAGE_ROWS, PAGE_ROWS));
        let rows = self.rows(&base, shown).await?;
        Ok(Ok(Ranking {
            facts: base.facts,
            is_live: spans.is_live,
            compared,
            rows,
            matching,
            statements,
            page,
            databases,
            roles,
            tags: if self.sees_text { tags.keys() } else { Vec::new() },
            uncounted: self.value.map(Statements::uncounted).unwrap_or_default(),
            notes,
        }))
    }

    /// The windows of the question.
    fn spans(&self) -> Spans {
        self.question.spans(self.store.as_ref().map_or_else(now_ms, |store| store.now_ms))
    }

    /// All statements of the window: from the store, or from memory where that has none of it yet.
    async fn base(&self, spans: &Spans) -> Result<Known<Base>, history::Error> {
        let of_memory = || self.value.map_or(Err(Reason::NotYet), base::of_memory);
        let Some(store) = &self.store else {
            return Ok(if spans.is_live { of_memory() } else { Err(no_history()) });
        };
        let base = self.of_store(store, spans.window).await?;
        Ok(if spans.is_live && base.facts.read_ms == 0 { of_memory() } else { Ok(base) })
    }

    /// The statements of a window of the store, which is not read again for a window that was just asked for.
    async fn of_store(
        &self,
        store: &Store<'_>,
        window: (i64, i64),
    ) -> Result<Base, history::Error> {
        let entries = self.value.and_then(|value| value.entries.as_ref().ok());
        let wanted = Wanted {
            source: store.source.clone(),
            measures: self.measures(),
            reading_ms: entries.map(|entries| entries.at_ms),
        };
        if let Some(base) = store.kept.get(&wanted, window, store.now_ms) {
            return Ok(base);
        }
        let base = base::of_store(store.past, &store.source, window, &wanted.measures).await?;
        store.kept.put(wanted, window, store.now_ms, &base);
        Ok(base)
    }

    /// What all statements are asked for: what shares, changes and the order are made of.
    fn measures(&self) -> Vec<Measure> {
        let mut measures = vec![Measure::Calls, Measure::ExecTime];
        let of_order = groups::measures(&self.question.sort);
        measures.extend(of_order.iter().filter(|m| !measures.contains(m)).collect::<Vec<_>>());
        measures
    }

    async fn compare(
        &self,
        base: &mut Base,
        spans: &Spans,
    ) -> Result<Option<Known<Compared>>, history::Error> {
        let Some(window) = spans.other else { return Ok(None) };
        let Some(store) = &self.store else { return Ok(Some(Err(no_history()))) };
        let other = self.of_store(store, window).await?;
        let scale = base.compare(&other);
        let compared = scale.map(|scale| Compared { facts: other.facts, scale });
        let nothing = || Reason::Nothing {
            message: "No history is kept of the window to compare with, or of this one.".into(),
        };
        Ok(Some(compared.ok_or_else(nothing)))
    }

    /// Whether the person may see what this groups by.
    fn may(&self, group: &Group, notes: &mut Vec<String>) -> bool {
        let hidden = !self.sees_text && *group != Group::Fingerprint;
        if hidden {
            notes.push("Tables and tags come from the text of statements, which is hidden from you: statements are shown one by one.".into());
        }
        !hidden
    }

    /// The texts that a grouping needs.
    async fn texts_for(
        &self,
        group: &Group,
        entries: &[Entry],
    ) -> Result<HashMap<i64, StatementText>, history::Error> {
        if matches!(group, Group::Tag(_)) {
            return Ok(HashMap::new());
        }
        let (places, _) = groups::costliest(entries);
        let ids = places.iter().filter_map(|at| entries.get(*at)).map(|entry| entry.queryid);
        let texts = self.texts(ids).await?;
        Ok(if *group == Group::Table { texts::with_tables(texts).await } else { texts })
    }

    /// Texts, from the store and from memory.
    async fn texts(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, StatementText>, history::Error> {
        let of_memory = self.value.into_iter().flat_map(|value| &value.texts);
        let mut texts: HashMap<i64, StatementText> =
            of_memory.map(|text| (text.queryid, text.clone())).collect();
        if let Some(store) = &self.store {
            texts.extend(texts::of(store.past, &store.source.cluster, ids).await?);
        }
        Ok(texts)
    }
}

fn names(base: &Base, of: impl Fn(&Entry) -> &String) -> Vec<String> {
    let names: BTreeSet<&String> = base.entries.iter().map(of).collect();
    names.into_iter().cloned().collect()
}

fn no_history() -> Reason {
    Reason::Nothing { message: "No history is kept of this time.".into() }
}
