//! What the history store holds, in the words of the model.

use std::collections::BTreeMap;

use model::ServerId;
use model::kept::{Kept, KeptOf};

use crate::engine::Engine;
use crate::past::unreadable;

impl Engine {
    /// What the history store holds; None where no history is kept.
    ///
    /// Errors: a sentence, when it cannot be read.
    pub async fn kept(&self) -> Result<Option<Kept>, String> {
        let Some(past) = self.past() else { return Ok(None) };
        let about = past.about().await.map_err(|error| unreadable(&error))?;
        let sources = past.sources().await.map_err(|error| unreadable(&error))?;
        let mut servers: BTreeMap<String, KeptOf> = BTreeMap::new();
        for source in sources {
            let name = source.thing.server.clone();
            let of = servers.entry(name.clone()).or_insert_with(|| KeptOf {
                server: ServerId::new(name),
                areas: Vec::new(),
                first_ms: source.first_ms,
                last_ms: source.last_ms,
            });
            of.first_ms = of.first_ms.min(source.first_ms);
            of.last_ms = of.last_ms.max(source.last_ms);
            if !of.areas.contains(&source.thing.area) {
                of.areas.push(source.thing.area);
            }
        }
        Ok(Some(Kept {
            bytes: about.bytes as f64,
            most_bytes: about.most_bytes as f64,
            samples: about.samples as f64,
            entities: about.entities as f64,
            oldest_ms: about.oldest_ms,
            oldest_tick_ms: about.oldest_tick_ms,
            bytes_a_day: about.bytes_a_day.map(|bytes| bytes as f64),
            retention_in_days: about.retention_in_days,
            by_bytes: about.by_bytes,
            dropped: about.dropped,
            corrupt: about.corrupt,
            stopped: about.stopped.map(|stopped| (stopped.since_ms, stopped.cause)),
            moved_aside: about.moved_aside.is_some(),
            servers: servers.into_values().collect(),
        }))
    }
}
