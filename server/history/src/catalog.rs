//! What the store knows: sources, entities, metrics, gaps.

use std::sync::atomic::Ordering;

use crate::answers::{Gap, GapReason, Known};
use crate::db::{Query, Row, query};
use crate::error::Error;
use crate::history::History;
use crate::names::{Entity, Kind, Source};
use crate::resolve;

impl History {
    /// Every source that was ever recorded.
    ///
    /// Errors: when the file cannot be read.
    pub async fn sources(&self) -> Result<Vec<Known<Source>>, Error> {
        let sources = query(
            "select cluster, server, area, first_ms, last_ms from source order by cluster, server, area",
        );
        let known = |row: &Row| {
            let (cluster, server, area) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let thing = Source { cluster, server, area };
            Ok(Known { thing, first_ms: row.try_get(3)?, last_ms: row.try_get(4)? })
        };
        self.ask(sources, known).await
    }

    /// Asks a question of one statement.
    pub(crate) async fn ask<T>(
        &self,
        question: Query<'_>,
        of: impl Fn(&Row) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, Error> {
        let answer = async {
            let rows = question.fetch_all(&mut self.inner.db.reader().await?).await?;
            rows.iter().map(of).collect::<Result<Vec<T>, sqlx::Error>>()
        };
        answer.await.map_err(|error| self.inner.db.error(&error))
    }

    /// The entities of a source that have all these labels.
    ///
    /// Errors: when the file cannot be read.
    pub async fn entities(
        &self,
        source: &Source,
        labels: &[(&str, &str)],
    ) -> Result<Vec<Known<Entity>>, Error> {
        let entities = query("select e.key, e.first_ms, e.last_ms from entity e join source s on s.id = e.source where s.cluster = $1 and s.server = $2 and s.area = $3 order by e.key")
            .bind(&source.cluster).bind(&source.server).bind(&source.area);
        let known = |row: &Row| {
            let thing = Entity::from_key(row.try_get::<String>(0)?);
            Ok(Known { thing, first_ms: row.try_get(1)?, last_ms: row.try_get(2)? })
        };
        let mut found = self.ask(entities, known).await?;
        if !labels.is_empty() {
            found.retain(|known| {
                let own = known.thing.labels();
                labels.iter().all(|(name, value)| own.get(*name).is_some_and(|own| own == value))
            });
        }
        Ok(found)
    }

    /// The metrics of a source.
    ///
    /// Errors: when the file cannot be read.
    pub async fn metrics(&self, source: &Source) -> Result<Vec<(String, Kind)>, Error> {
        let metrics = query("select m.name, m.kind from measured x join metric m on m.id = x.metric join source s on s.id = x.source where s.cluster = $1 and s.server = $2 and s.area = $3 order by m.name")
            .bind(&source.cluster).bind(&source.server).bind(&source.area);
        let pair = |row: &Row| Ok((row.try_get(0)?, Kind::from_word(&row.try_get::<String>(1)?)));
        self.ask(metrics, pair).await
    }

    /// The gaps of a source that touch a window, in the order in which they were found.
    ///
    /// Errors: when the file cannot be read.
    pub async fn gaps(&self, source: &Source, from_ms: i64, to_ms: i64) -> Result<Vec<Gap>, Error> {
        let found = self.find_gaps(source, from_ms, to_ms).await;
        found.map_err(|error| self.inner.db.error(&error))
    }

    async fn find_gaps(
        &self,
        source: &Source,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Gap>, sqlx::Error> {
        let mut conn = self.inner.db.snapshot().await?;
        let Some(row) = resolve::source(&mut conn, source).await? else { return Ok(Vec::new()) };
        let rows = query("select from_ms, to_ms, reason, detail from gap where source = $1 and to_ms >= $2 and from_ms < $3 order by id")
            .bind(row.id).bind(from_ms).bind(to_ms)
            .fetch_all(&mut conn).await?;
        let mut gaps = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(reason) = GapReason::from_word(&row.try_get::<String>(2)?) {
                gaps.push(Gap {
                    source: source.clone(),
                    from_ms: row.try_get(0)?,
                    to_ms: row.try_get(1)?,
                    reason,
                    detail: row.try_get(3)?,
                });
            }
        }
        Ok(gaps)
    }

    /// Counts chunks in which something could not be read, and makes gaps of them.
    pub(crate) fn note_corrupt(&self, source: &Source, spans: &[(i64, i64)]) {
        self.inner.corrupt.fetch_add(spans.len() as u64, Ordering::Relaxed);
        for (from_ms, to_ms) in spans {
            tracing::warn!(?source, from_ms, to_ms, "a block of the history has a wrong checksum");
            self.recorder().gap(source, *from_ms, *to_ms, GapReason::Corrupt, "");
        }
    }
}
