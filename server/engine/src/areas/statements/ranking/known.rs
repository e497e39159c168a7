//! The texts of any statements, for whoever names statements elsewhere.

use std::collections::{HashMap, HashSet};

use model::ServerId;
use model::statements::{Question, StatementText};

use super::super::StatementsArea;
use super::super::texts::described;
use super::{Asker, Store};
use crate::engine::Engine;
use crate::past::unreadable;

/// The texts of these statements as far as they are known: from the newest reading, from the store, and of a
/// statement that has never ended from the sessions that run it.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn texts(
    engine: &Engine,
    id: &ServerId,
    queryids: &HashSet<i64>,
    running: Vec<(i64, String)>,
) -> Result<HashMap<i64, StatementText>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(HashMap::new()) };
    let (question, store) = (Question::default(), Store::of(engine, id));
    let asker = Asker { value: latest.value(), question: &question, sees_text: true, store };
    let found = asker.texts(queryids.iter().copied()).await;
    let mut texts = found.map_err(|error| unreadable(&error))?;
    texts.retain(|id, _| queryids.contains(id));
    let is_missing = |id: &i64| queryids.contains(id) && !texts.contains_key(id);
    let missing: Vec<(i64, String)> =
        running.into_iter().filter(|(id, _)| is_missing(id)).collect();
    let found = tokio::task::spawn_blocking(move || described(&missing, false)).await;
    texts.extend(found.unwrap_or_default().into_iter().map(|text| (text.queryid, text)));
    Ok(texts)
}
