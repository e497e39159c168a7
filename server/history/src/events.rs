//! Questions about events, statement texts and blobs.

use crate::beside::{Blob, Event, StatementText};
use crate::db::{Row, query, sql};
use crate::error::Error;
use crate::history::History;
use crate::names::Source;

/// The most events of one answer.
pub const MOST_EVENTS: usize = 2_000;

impl History {
    /// Events of a cluster, and such as concern all, in a window, in the order of time: the newest
    /// [`MOST_EVENTS`] of them.
    ///
    /// Errors: when the file cannot be read.
    pub async fn events(
        &self,
        cluster: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Event>, Error> {
        let events = query("select cluster, server, at_ms, kind, title, detail from (select id, cluster, server, at_ms, kind, title, detail from event where at_ms >= $1 and at_ms < $2 and cluster in ($3, '') order by at_ms desc, id desc limit $4) e order by at_ms, id")
            .bind(from_ms)
            .bind(to_ms)
            .bind(cluster)
            .bind(i64::try_from(MOST_EVENTS).unwrap_or(i64::MAX));
        self.ask(events, event).await
    }

    /// Events of a kind, of whatever cluster and time, newest first: some, for kinds that are rare.
    ///
    /// Errors: when the file cannot be read.
    pub async fn events_of_kind(&self, kind: &str) -> Result<Vec<Event>, Error> {
        let events = query("select cluster, server, at_ms, kind, title, detail from event where kind = $1 order by at_ms desc, id desc limit 100")
            .bind(kind);
        self.ask(events, event).await
    }

    /// The texts of these keys of a cluster; unknown ones are left out.
    ///
    /// Errors: when the file cannot be read.
    pub async fn texts(&self, cluster: &str, keys: &[&str]) -> Result<Vec<StatementText>, Error> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        self.ask(query(sql::TEXTS).bind(cluster).bind(keys), text).await
    }

    /// Texts of a cluster that contain these words, whatever the case of ASCII letters, newest first.
    ///
    /// Errors: when the file cannot be read.
    pub async fn find_texts(
        &self,
        cluster: &str,
        words: &str,
        most: u32,
    ) -> Result<Vec<StatementText>, Error> {
        self.ask(query(sql::FIND_TEXTS).bind(cluster).bind(words).bind(most), text).await
    }

    /// Blobs of a source that touch a window, in the order of time. One that is damaged is left out.
    ///
    /// Errors: when the file cannot be read.
    pub async fn blobs(
        &self,
        source: &Source,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Blob>, Error> {
        let blobs = query("select b.from_ms, b.to_ms, b.crc, b.data from blob b join source s on s.id = b.source where s.cluster = $1 and s.server = $2 and s.area = $3 and b.to_ms >= $4 and b.from_ms < $5 order by b.from_ms, b.id")
            .bind(&source.cluster).bind(&source.server).bind(&source.area)
            .bind(from_ms).bind(to_ms);
        let blob = |row: &Row| {
            let blob =
                Blob { from_ms: row.try_get(0)?, to_ms: row.try_get(1)?, bytes: row.try_get(3)? };
            Ok((blob, row.try_get(2)?))
        };
        let (whole, broken): (Vec<_>, Vec<_>) =
            self.ask(blobs, blob).await?.into_iter().partition(|(blob, crc): &(Blob, i64)| {
                i64::from(crc32fast::hash(&blob.bytes)) == *crc
            });
        let spans: Vec<(i64, i64)> =
            broken.iter().map(|(blob, _)| (blob.from_ms, blob.to_ms)).collect();
        self.note_corrupt(source, &spans);
        Ok(whole.into_iter().map(|(blob, _)| blob).collect())
    }

    /// What a source knew when its state was recorded last; None if it never was.
    ///
    /// Errors: when the file cannot be read.
    pub async fn state(&self, source: &Source) -> Result<Option<Blob>, Error> {
        Ok(self.blobs(source, i64::MIN, i64::MAX).await?.pop())
    }
}

fn event(row: &Row) -> Result<Event, sqlx::Error> {
    let detail: String = row.try_get(5)?;
    Ok(Event {
        cluster: row.try_get(0)?,
        server: row.try_get(1)?,
        at_ms: row.try_get(2)?,
        kind: row.try_get(3)?,
        title: row.try_get(4)?,
        detail: serde_json::from_str(&detail).unwrap_or_default(),
    })
}

fn text(row: &Row) -> Result<StatementText, sqlx::Error> {
    Ok(StatementText {
        cluster: row.try_get(0)?,
        key: row.try_get(1)?,
        text: row.try_get(2)?,
        fingerprint: row.try_get(3)?,
        first_ms: row.try_get(4)?,
        last_ms: row.try_get(5)?,
    })
}
