//! The ranking of statements over any window: from the history store, or of the last ten minutes in memory
//! where there is none. Of all statements of the window every measure is read, and kept for a minute where there
//! are many; what is shown of them gets its text and a sparkline.

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
pub mod workload;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use history::{History, Source};
use model::statements::question::PAGE_ROWS;
use model::statements::{Group, Question, Ranking, Spans, StatementText, Statements};
use model::{AreaName, Known, Reason, ServerId};

use super::StatementsArea;
use crate::clock::now_ms;
use crate::engine::Engine;
use crate::past::unreadable;
use crate::store::source;
use base::Base;
use groups::Row;
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
        let base = match self.base(&spans).await? {
            Ok(base) => base,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut notes = spans.refused.clone();
        let base = self.compare(base, &spans).await?;
        let tags = Tags::read(self.store.as_ref(), spans.window).await?;
        let asked = (self.question, self.sees_text);
        let narrowed = filter::narrowed(self.store.as_ref(), self.value, asked, &tags).await?;
        let places = narrowed.places(&base.entries, self.question);
        notes.extend(narrowed.notes);
        let (group, refused) = self.question.group();
        notes.extend(refused);
        let group = group.filter(|group| self.may(group, &mut notes));
        let (shown, page, matching) = self.shown(&base, places, group, &tags).await?;
        let rows = self.rows(&base, shown).await?;
        Ok(Ok(Ranking {
            facts: base.facts.clone(),
            is_live: spans.is_live,
            compared: base.compared.clone(),
            rows,
            matching,
            statements: base.entries.len(),
            page,
            databases: base.databases.clone(),
            roles: base.roles.clone(),
            tags: if self.sees_text { tags.keys() } else { Vec::new() },
            uncounted: self.value.map(Statements::uncounted).unwrap_or_default(),
            notes,
        }))
    }

    /// The rows of the page that is asked for, its number, and how many rows there are.
    async fn shown(
        &self,
        base: &Base,
        places: Vec<usize>,
        group: Option<Group>,
        tags: &Tags,
    ) -> Result<(Vec<Row>, usize, usize), history::Error> {
        let entries = &base.entries;
        let page = |rows: usize| self.question.page.min(rows.saturating_sub(1) / PAGE_ROWS);
        let span = |page: usize| (page * PAGE_ROWS, PAGE_ROWS);
        let sort = &self.question.sort;
        let Some(group) = group else {
            let (matching, page) = (places.len(), page(places.len()));
            let all = places.into_iter().filter_map(|at| Some((at, entries.get(at)?)));
            let shown = groups::page(all, sort, span(page));
            let row = |at: usize| Some(groups::alone(at, entries.get(at)?));
            return Ok((shown.into_iter().filter_map(row).collect(), page, matching));
        };
        let places = groups::costliest(entries, &places);
        let texts = self.texts_for(&group, base, &places.0).await?;
        let rows = groups::grouped(entries, places, &group, &texts, tags);
        let page = page(rows.len());
        let shown = groups::page(rows.iter().enumerate(), sort, span(page));
        let shown = shown.into_iter().filter_map(|at| rows.get(at).cloned()).collect();
        Ok((shown, page, rows.len()))
    }

    /// The windows of the question.
    fn spans(&self) -> Spans {
        self.question.spans(self.store.as_ref().map_or_else(now_ms, |store| store.now_ms))
    }

    /// All statements of the window: from the store, or from memory where that has none of it yet.
    async fn base(&self, spans: &Spans) -> Result<Known<Arc<Base>>, history::Error> {
        let of_memory = || {
            let base = self.value.map_or(Err(Reason::NotYet), base::of_memory);
            base.map(Arc::new)
        };
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
    ) -> Result<Arc<Base>, history::Error> {
        let (wanted, spans) = (self.wanted(store), (window, None));
        if let Some(base) = store.kept.get(&wanted, spans, store.now_ms) {
            return Ok(base);
        }
        let base = Arc::new(base::of_store(store.past, &store.source, window).await?);
        store.kept.put(wanted, spans, store.now_ms, &base);
        Ok(base)
    }

    fn wanted(&self, store: &Store<'_>) -> Wanted {
        let entries = self.value.and_then(|value| value.entries.as_ref().ok());
        Wanted { source: store.source.clone(), reading_ms: entries.map(|entries| entries.at_ms) }
    }

    /// The statements beside those of the window to compare with, if there is one.
    async fn compare(&self, base: Arc<Base>, spans: &Spans) -> Result<Arc<Base>, history::Error> {
        let Some(other) = spans.other else { return Ok(base) };
        let Some(store) = &self.store else {
            let compared = Some(Err(no_history()));
            return Ok(Arc::new(Base { compared, ..Base::clone(&base) }));
        };
        // Those from memory are of no window of the store.
        let of_window = (base.facts.from_ms, base.facts.to_ms);
        let (wanted, spans) = (self.wanted(store), (of_window, Some(other)));
        if let Some(compared) = store.kept.get(&wanted, spans, store.now_ms) {
            return Ok(compared);
        }
        let then = self.of_store(store, other).await?;
        let compared = tokio::task::spawn_blocking(move || base.compare(&then)).await;
        let compared = Arc::new(compared.unwrap_or_default());
        store.kept.put(wanted, spans, store.now_ms, &compared);
        Ok(compared)
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
        base: &Base,
        places: &[usize],
    ) -> Result<HashMap<i64, StatementText>, history::Error> {
        if matches!(group, Group::Tag(_)) {
            return Ok(HashMap::new());
        }
        let ids = places.iter().filter_map(|at| Some(base.entries.get(*at)?.queryid));
        let texts = self.texts(ids).await?;
        Ok(if *group == Group::Table { texts::with_tables(texts).await } else { texts })
    }

    /// Texts, from the store and from memory.
    async fn texts(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, StatementText>, history::Error> {
        let ids: HashSet<i64> = ids.collect();
        let of_memory = self.value.into_iter().flat_map(|value| &value.texts);
        let of_memory = of_memory.filter(|text| ids.contains(&text.queryid));
        let mut texts: HashMap<i64, StatementText> =
            of_memory.map(|text| (text.queryid, text.clone())).collect();
        if let Some(store) = &self.store {
            texts.extend(texts::of(store.past, &store.source.cluster, ids.into_iter()).await?);
        }
        Ok(texts)
    }
}

fn no_history() -> Reason {
    Reason::Nothing { message: "No history is kept of this time.".into() }
}
