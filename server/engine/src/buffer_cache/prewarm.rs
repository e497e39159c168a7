//! What to load into shared buffers that are free, as after a restart. Pure.

use model::buffer_cache::{CachedRelations, Prewarm};
use model::identifier::{quote_ident, quoted_literal};

/// A relation is offered up to this share of shared buffers: one that is larger leaves no room for others.
const LARGEST_SHARE: f64 = 0.25;
/// A relation is offered while less than this share of it is cached.
const CACHED_BELOW: f64 = 0.5;
/// The most that are offered.
const MOST: usize = 10;

/// A relation that was read from outside shared buffers.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DiskReader {
    oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    nspname: String,
    #[sqlx(try_from = "model::text::Text")]
    relname: String,
    blocks_read: i64,
    bytes: Option<i64>,
}

/// The relations to load, those with the most reads first, and together no more than is free: nothing that is cached
/// has to make room. `schema` is that of pg_prewarm, None where it is not installed.
pub fn relations(
    readers: &[DiskReader],
    cached: &CachedRelations,
    shared_buffers_bytes: i64,
    schema: Option<&str>,
) -> Vec<Prewarm> {
    let largest = shared_buffers_bytes as f64 * LARGEST_SHARE;
    let mut free = cached.free_bytes;
    let mut chosen = Vec::new();
    for reader in readers {
        let Some(size) = reader.bytes.filter(|bytes| *bytes > 0) else { continue };
        let found = cached.relations.iter().find(|relation| relation.oid == reader.oid);
        // One that is not among those with the most buffers has few.
        let held = found.map_or(0, |relation| relation.main_bytes);
        let missing = size.saturating_sub(held);
        let fits = missing <= free && size as f64 <= largest;
        if !fits || held as f64 >= size as f64 * CACHED_BELOW || chosen.len() >= MOST {
            continue;
        }
        free = free.saturating_sub(missing);
        let name = format!("{}.{}", quote_ident(&reader.nspname), quote_ident(&reader.relname));
        let literal = quoted_literal(&name);
        let function = schema
            .filter(|schema| *schema != "public")
            .map_or_else(|| "pg_prewarm".to_owned(), |s| format!("{}.pg_prewarm", quote_ident(s)));
        chosen.push(Prewarm {
            sql: format!("select {function}({literal});"),
            relation: format!("{}.{}", reader.nspname, reader.relname),
            blocks_read: reader.blocks_read,
            bytes: missing,
        });
    }
    chosen
}

/// The statement that adds pg_prewarm to `shared_preload_libraries`; None where it is there. Each library is a
/// literal of its own: one literal for all would be one name with commas, and the server would not start.
pub fn autoprewarm_sql(libraries: &str) -> Option<String> {
    let names = libraries.split(',').map(|name| name.trim().trim_matches('"'));
    let mut names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    if names.contains(&"pg_prewarm") {
        return None;
    }
    names.push("pg_prewarm");
    let literals = names.iter().map(|name| quoted_literal(name));
    let literals: Vec<String> = literals.collect();
    Some(format!("alter system set shared_preload_libraries = {};", literals.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::buffer_cache::CachedRelation;

    fn reader(oid: i64, bytes: i64) -> DiskReader {
        let (nspname, relname) = ("public".to_owned(), format!("t'{oid}"));
        DiskReader { oid, nspname, relname, blocks_read: 1_000 - oid, bytes: Some(bytes) }
    }

    #[test]
    fn no_more_is_loaded_than_is_free() {
        let held =
            |oid, main_bytes| CachedRelation { oid, main_bytes, ..CachedRelation::default() };
        let cached = CachedRelations {
            relations: vec![held(2, 60), held(3, 10)],
            free_bytes: 250,
            ..CachedRelations::default()
        };
        let readers =
            [reader(1, 5_000), reader(2, 100), reader(3, 100), reader(4, 100), reader(5, 100)];
        let chosen = relations(&readers, &cached, 1_000, Some("ext"));
        let seen: Vec<_> = chosen.iter().map(|one| (one.relation.as_str(), one.bytes)).collect();
        // The first is too large, the second is cached by half, the last does not fit any more.
        assert_eq!(seen, [("public.t'3", 90), ("public.t'4", 100)]);
        let sql = chosen.first().map(|one| one.sql.as_str());
        assert_eq!(sql, Some("select ext.pg_prewarm('public.\"t''3\"');"));
        assert_eq!(relations(&readers, &CachedRelations::default(), 1_000, None), []);
    }

    #[test]
    fn libraries_that_are_loaded_stay() {
        assert_eq!(
            autoprewarm_sql("auto_explain, \"pg_stat_statements\"").as_deref(),
            Some(
                "alter system set shared_preload_libraries = 'auto_explain', 'pg_stat_statements', 'pg_prewarm';"
            )
        );
        assert!(autoprewarm_sql("").is_some_and(|sql| sql.ends_with("= 'pg_prewarm';")));
        assert_eq!(autoprewarm_sql("a, pg_prewarm"), None);
    }
}
