//! Which statements of a window are asked for: by database, role, text, table, tag, fingerprint.

use std::collections::{BTreeMap, HashSet};

use model::statements::{Question, StatementText, Statements};

use super::base::Entry;
use super::tags::Tags;
use super::{Store, texts};

/// What a ranking was narrowed with: identities, and what is to be said about it.
#[derive(Default)]
pub struct Narrowed {
    ids: Option<HashSet<i64>>,
    /// In sentences.
    pub notes: Vec<String>,
}

impl Narrowed {
    fn keep(&mut self, found: HashSet<i64>) {
        self.ids = Some(match self.ids.take() {
            Some(ids) => ids.intersection(&found).copied().collect(),
            None => found,
        });
    }

    /// The places of those entries that are asked for.
    pub fn places(&self, entries: &[Entry], question: &Question) -> Vec<usize> {
        let is = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        let is_wanted = |entry: &Entry| {
            is(&question.database, &entry.database)
                && is(&question.role, &entry.role)
                && self.ids.as_ref().is_none_or(|ids| ids.contains(&entry.queryid))
        };
        let wanted = entries.iter().enumerate().filter(|(_, entry)| is_wanted(entry));
        wanted.map(|(place, _)| place).collect()
    }
}

/// The identities that text, table, tag and fingerprint of the address leave.
///
/// Errors: when the store cannot be read.
pub async fn narrowed(
    store: Option<&Store<'_>>,
    value: Option<&Statements>,
    (question, sees_text): (&Question, bool),
    tags: &Tags,
) -> Result<Narrowed, history::Error> {
    let mut narrowed = Narrowed::default();
    if !question.q.is_empty() {
        let found = of_words(store, value, (question, sees_text), &mut narrowed).await?;
        narrowed.keep(found);
    }
    if !question.fingerprint.is_empty() {
        let has = |text: &StatementText| text.fingerprint.as_deref() == Some(&question.fingerprint);
        let found = of_texts(store, value, "", &mut narrowed).await?;
        narrowed.keep(ids(found.values().filter(|text| has(text))));
    }
    let hidden = (!question.table.is_empty() || !question.tag.is_empty()) && !sees_text;
    if hidden {
        narrowed.notes.push(
            "Tables and tags come from the text of statements, which is hidden from you: they are not used."
                .into(),
        );
        return Ok(narrowed);
    }
    if !question.table.is_empty() {
        let words = question.table.rsplit('.').next().unwrap_or_default().to_owned();
        let found = of_texts(store, value, &words, &mut narrowed).await?;
        let found = texts::with_tables(found.into_iter().collect()).await;
        narrowed.keep(ids(found.values().filter(|text| text.tables.contains(&question.table))));
    }
    if !question.tag.is_empty() {
        narrowed.keep(tags.with(&question.tag));
    }
    Ok(narrowed)
}

fn ids<'a>(texts: impl Iterator<Item = &'a StatementText>) -> HashSet<i64> {
    texts.map(|text| text.queryid).collect()
}

/// The identities of which the text contains the words, and the one that the words name.
async fn of_words(
    store: Option<&Store<'_>>,
    value: Option<&Statements>,
    (question, sees_text): (&Question, bool),
    narrowed: &mut Narrowed,
) -> Result<HashSet<i64>, history::Error> {
    let words = question.q.trim();
    let mut found: HashSet<i64> = words.parse().ok().into_iter().collect();
    if sees_text {
        let texts = of_texts(store, value, words, narrowed).await?;
        found.extend(ids(texts.values()));
    } else if found.is_empty() {
        narrowed.notes.push(
            "The text of statements is hidden from you: only query ids can be searched.".into(),
        );
    }
    Ok(found)
}

/// Texts with these words.
async fn of_texts(
    store: Option<&Store<'_>>,
    value: Option<&Statements>,
    words: &str,
    narrowed: &mut Narrowed,
) -> Result<BTreeMap<i64, StatementText>, history::Error> {
    let lower = words.to_lowercase();
    let of_memory = value.into_iter().flat_map(|value| &value.texts);
    let of_memory = of_memory.filter(|text| text.text.to_lowercase().contains(&lower));
    let mut found: BTreeMap<i64, StatementText> =
        of_memory.map(|text| (text.queryid, text.clone())).collect();
    if let Some(store) = store {
        let (texts, is_cut) = texts::with_words(store.past, &store.source.cluster, words).await?;
        found.extend(texts);
        if is_cut {
            narrowed.notes.push(format!(
                "Only the {} texts that ran last are searched: more specific words find the rest.",
                texts::MOST_FOUND
            ));
        }
    }
    Ok(found)
}
