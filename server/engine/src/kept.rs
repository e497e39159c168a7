//! What the history store holds, in the words of the model.

use std::collections::BTreeMap;

use history::AboutShared;
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
        // A recording keeps its last readings under no server's name.
        for source in sources.into_iter().filter(|source| !source.thing.server.is_empty()) {
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
            shared: about.shared.as_ref().map(shared),
            recording: self.recording(),
            generated: self.generated(),
            servers: servers.into_values().collect(),
        }))
    }
}

/// Who shares the store, and what partitions it.
fn shared(about: &AboutShared) -> String {
    let count = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let processes = count(about.processes, "process of pgdeck", "processes of pgdeck");
    let servers = count(about.servers, "server", "servers");
    let partitions = count(about.partitions, "partition", "partitions");
    let by = about.partitioned_by.as_deref().unwrap_or("PostgreSQL");
    let mut text = format!(
        "It is in a shared database: {processes} recording into it, this one {servers}. Blocks are in {partitions} made by {by}."
    );
    if let Some(extension) = &about.not_used {
        text.push_str(&format!(" {extension} is there and not used."));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_named() {
        let about = AboutShared {
            processes: 2,
            servers: 1,
            partitions: 9,
            partitioned_by: None,
            not_used: Some("Citus 12.1-1".to_owned()),
        };
        let text = shared(&about);
        assert!(
            text.contains("2 processes of pgdeck recording into it, this one 1 server."),
            "{text}"
        );
        assert!(
            text.ends_with("made by PostgreSQL. Citus 12.1-1 is there and not used."),
            "{text}"
        );
        let timescale = Some("TimescaleDB 2.17.2".to_owned());
        let text = shared(&AboutShared { partitioned_by: timescale, not_used: None, ..about });
        assert!(text.ends_with("9 partitions made by TimescaleDB 2.17.2."), "{text}");
    }
}
