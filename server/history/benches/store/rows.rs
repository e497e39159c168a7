//! The day in SQLite with a row per sample, in one transaction per tick.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::day::{MINUTE, Minutes, START};

/// Records the day; gives samples and time.
pub async fn record(folder: &Path, entities: usize) -> Result<(u64, Duration)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.join("rows.sqlite"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
    let table = "create table sample (series integer, at integer, value real, primary key (series, at)) without rowid";
    sqlx::query(table).execute(&pool).await?;
    let mut minutes = Minutes::of(entities);
    let (mut samples, mut time) = (0, Duration::ZERO);
    for minute in 0..1_440 {
        let points = minutes.points();
        samples += points.len() as u64;
        let rows: Vec<(usize, f64)> =
            points.iter().enumerate().map(|(n, p)| (n, p.value)).collect();
        let rows = serde_json::to_string(&rows)?;
        let begun = Instant::now();
        // One statement for all rows of the tick: the driver's own cost per row stays out of it.
        sqlx::query("insert into sample select value ->> 0, ?, value ->> 1 from json_each(?)")
            .bind(START + minute * MINUTE)
            .bind(rows)
            .execute(&pool)
            .await?;
        time += begun.elapsed();
    }
    pool.close().await;
    Ok((samples, time))
}
