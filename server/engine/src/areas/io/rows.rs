//! Rows of `pg_stat_io` as they are read.

use model::io::{IoRow, IoSpan, Operations};

/// A row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct IoCountersRow {
    #[sqlx(try_from = "model::text::Text")]
    backend_type: String,
    #[sqlx(try_from = "model::text::Text")]
    object: String,
    #[sqlx(try_from = "model::text::Text")]
    context: String,
    reads: Option<i64>,
    read_bytes: Option<i64>,
    read_ms: Option<f64>,
    writes: Option<i64>,
    write_bytes: Option<i64>,
    write_ms: Option<f64>,
    extends: Option<i64>,
    extend_bytes: Option<i64>,
    extend_ms: Option<f64>,
    fsyncs: Option<i64>,
    fsync_ms: Option<f64>,
    hits: Option<i64>,
    evictions: Option<i64>,
    reuses: Option<i64>,
    stats_reset_ms: Option<i64>,
}

/// All rows of one reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IoCounters {
    rows: Vec<IoRow>,
    stats_reset_ms: Option<i64>,
}

fn operations(count: Option<i64>, bytes: Option<i64>, ms: Option<f64>) -> Option<Operations> {
    let (bytes, ms) = (bytes.unwrap_or_default(), ms.unwrap_or_default());
    Some(Operations { count: count?, bytes, ms })
}

impl From<IoCountersRow> for IoRow {
    fn from(row: IoCountersRow) -> Self {
        Self {
            reads: operations(row.reads, row.read_bytes, row.read_ms),
            writes: operations(row.writes, row.write_bytes, row.write_ms),
            extends: operations(row.extends, row.extend_bytes, row.extend_ms),
            fsyncs: operations(row.fsyncs, None, row.fsync_ms),
            hits: row.hits,
            evictions: row.evictions,
            reuses: row.reuses,
            backend_type: row.backend_type,
            object: row.object,
            context: row.context,
        }
    }
}

impl IoCounters {
    /// The rows of one reading.
    pub fn from_rows(rows: Vec<IoCountersRow>) -> Self {
        let stats_reset_ms = rows.iter().filter_map(|row| row.stats_reset_ms).max();
        Self { rows: rows.into_iter().map(IoRow::from).collect(), stats_reset_ms }
    }

    /// The rows.
    pub fn rows(&self) -> &[IoRow] {
        &self.rows
    }

    /// What was done since `before`, a span of that length; None where a counter fell or was reset.
    pub fn since(&self, before: &Self, span_ms: i64) -> Option<IoSpan> {
        let is_reset = before.stats_reset_ms != self.stats_reset_ms;
        // Rows without a count are not read: before the first one nothing says when the reset was.
        if is_reset && !before.rows.is_empty() {
            return None;
        }
        let mut rows = Vec::new();
        for row in &self.rows {
            let earlier = before.rows.iter().find(|earlier| earlier.key() == row.key());
            rows.push(row.since(earlier)?);
        }
        rows.retain(IoRow::is_active);
        let order = |row: &IoRow| (row.bytes(), row.hits.unwrap_or_default());
        rows.sort_by(|a, b| order(b).cmp(&order(a)).then_with(|| a.key().cmp(&b.key())));
        Some(IoSpan { span_ms: span_ms as f64, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(stats_reset_ms: i64, rows: &[(&str, i64)]) -> IoCounters {
        let row = |(name, reads): &(&str, i64)| IoRow {
            backend_type: (*name).to_owned(),
            reads: Some(Operations { count: *reads, bytes: reads * 8_192, ms: 0.0 }),
            ..IoRow::default()
        };
        IoCounters { rows: rows.iter().map(row).collect(), stats_reset_ms: Some(stats_reset_ms) }
    }

    #[test]
    fn rows_that_moved_are_told_the_most_bytes_first() {
        let before = counters(1, &[("a", 5), ("b", 5)]);
        let now = counters(1, &[("a", 6), ("b", 5), ("c", 9)]);
        let span = now.since(&before, 1_000).unwrap_or_default();
        let names: Vec<_> = span.rows.iter().map(|row| row.backend_type.as_str()).collect();
        assert_eq!(names, ["c", "a"]);
        assert_eq!(span.per_second(IoRow::bytes), 10.0 * 8_192.0);
    }

    #[test]
    fn a_reset_is_a_gap_even_where_counters_have_grown_beyond_what_they_were() {
        let before = counters(1, &[("a", 5)]);
        assert_eq!(counters(2, &[("a", 50)]).since(&before, 1_000), None);
        assert_eq!(counters(1, &[("a", 4)]).since(&before, 1_000), None);
    }
}
