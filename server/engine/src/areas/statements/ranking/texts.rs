//! Texts of ranked statements and the tables they name: parsed once, kept by their text.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use history::History;
use model::statements::StatementText;

use super::super::texts::tables;

/// Texts whose tables are remembered.
const KEPT: usize = 20_000;
/// Texts that one search may find.
pub const MOST_FOUND: u32 = 10_000;

/// The tables of texts that were parsed.
static PARSED: Mutex<Option<HashMap<u64, Arc<[String]>>>> = Mutex::new(None);

/// The texts of these statements, by queryid.
///
/// Errors: when the store cannot be read.
pub async fn of(
    past: &History,
    cluster: &str,
    queryids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, StatementText>, history::Error> {
    let keys: HashSet<String> = queryids.map(|id| id.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    Ok(read(past.texts(cluster, &keys).await?))
}

/// The texts that contain these words, and whether there may be more of them.
///
/// Errors: when the store cannot be read.
pub async fn with_words(
    past: &History,
    cluster: &str,
    words: &str,
) -> Result<(HashMap<i64, StatementText>, bool), history::Error> {
    let found = past.find_texts(cluster, words, MOST_FOUND).await?;
    let is_cut = found.len() >= MOST_FOUND as usize;
    Ok((read(found), is_cut))
}

fn read(texts: Vec<history::StatementText>) -> HashMap<i64, StatementText> {
    let of = |text: history::StatementText| {
        let queryid = text.key.parse().ok()?;
        let fingerprint = Some(text.fingerprint).filter(|print| !print.is_empty());
        Some((queryid, StatementText { queryid, text: text.text, fingerprint, tables: Vec::new() }))
    };
    texts.into_iter().filter_map(of).collect()
}

/// Fills in the tables of texts, off the threads that answer requests.
pub async fn with_tables(texts: HashMap<i64, StatementText>) -> HashMap<i64, StatementText> {
    let work = move || {
        let mut texts = texts;
        let unparsed: Vec<(u64, String)> = {
            let parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
            let is_known = |hash: &u64| parsed.as_ref().is_some_and(|p| p.contains_key(hash));
            let all = texts.values().map(|text| (hash(&text.text), text.text.clone()));
            all.filter(|(hash, _)| !is_known(hash)).collect()
        };
        let found = tables(&unparsed);
        let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        let parsed = parsed.get_or_insert_default();
        if parsed.len() + found.len() > KEPT {
            parsed.clear();
        }
        parsed.extend(found);
        for text in texts.values_mut() {
            let tables = parsed.get(&hash(&text.text));
            text.tables = tables.map(|tables| tables.to_vec()).unwrap_or_default();
        }
        texts
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
