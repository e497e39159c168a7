//! The statements whose text differs between SQLite and PostgreSQL.

use super::Sql;

/// Begins to write.
pub(crate) const BEGIN: Sql = Sql { sqlite: "begin immediate", postgres: "begin" };

/// A source gets its id.
pub(crate) const SOURCE: Sql = Sql {
    sqlite: "insert into source (cluster, server, area, first_ms, last_ms, every_ms) values ($1, $2, $3, $4, $4, 0) on conflict (cluster, server, area) do update set first_ms = min(first_ms, excluded.first_ms) returning id",
    postgres: "insert into source (cluster, server, area, first_ms, last_ms, every_ms) values ($1, $2, $3, $4, $4, 0) on conflict (cluster, server, area) do update set first_ms = least(source.first_ms, excluded.first_ms) returning id",
};

/// An entity gets its id.
pub(crate) const ENTITY: Sql = Sql {
    sqlite: "insert into entity (source, key, first_ms, last_ms) values ($1, $2, $3, $3) on conflict (source, key) do update set last_ms = max(last_ms, excluded.last_ms) returning id",
    postgres: "insert into entity (source, key, first_ms, last_ms) values ($1, $2, $3, $3) on conflict (source, key) do update set last_ms = greatest(entity.last_ms, excluded.last_ms) returning id",
};

/// A chunk's own row; PostgreSQL has its place as well.
pub(crate) const CHUNK: Sql = Sql {
    sqlite: "insert into chunk (source, level, tier, from_ms, to_ms, ticks, samples, bytes, slots) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
    postgres: "insert into chunk (source, level, tier, from_ms, to_ms, ticks, samples, bytes, slots, place) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
};

/// A block of a chunk.
pub(crate) const BLOCK: Sql = Sql {
    sqlite: "insert into block (chunk, first_series, last_series, data) values ($1, $2, $3, $4)",
    postgres: "insert into block (chunk, first_series, last_series, data, place) values ($1, $2, $3, $4, $5)",
};

/// The chunks of a window with those of their blocks that may hold a series.
pub(crate) const PIECES: Sql = Sql {
    sqlite: "select c.id, c.from_ms, c.to_ms, c.slots, b.first_series, b.last_series, b.data from chunk c left join block b on b.chunk = c.id and exists (select 1 from json_each($1) m where b.last_series >= m.value + $2 and b.first_series <= m.value + $3) where c.source = $4 and c.level = $5 and c.from_ms < $6 and c.to_ms >= $7 and c.tier between $8 and $9 order by c.from_ms, c.id, b.first_series",
    postgres: "select c.id, c.from_ms, c.to_ms, c.slots, b.first_series, b.last_series, b.data from chunk c left join block b on b.chunk = c.id and b.place = c.place and exists (select 1 from unnest($1::bigint[]) m where b.last_series >= m + $2 and b.first_series <= m + $3) where c.source = $4 and c.level = $5 and c.from_ms < $6 and c.to_ms >= $7 and c.tier between $8 and $9 order by c.from_ms, c.id, b.first_series",
};

/// Extends the last gap of a source.
pub(crate) const LONGER_GAP: Sql = Sql {
    sqlite: "update gap set to_ms = max(to_ms, $1) where id = (select id from gap where source = $2 order by id desc limit 1) and reason = $3 and detail = $4 and from_ms <= $5 and to_ms >= $5",
    postgres: "update gap set to_ms = greatest(to_ms, $1) where id = (select id from gap where source = $2 order by id desc limit 1) and reason = $3 and detail = $4 and from_ms <= $5 and to_ms >= $5",
};

/// From when on a level is complete.
pub(crate) const KEPT: Sql = Sql {
    sqlite: "insert into kept (source, level, since_ms) values ($1, $2, $3) on conflict (source, level) do update set since_ms = max(since_ms, excluded.since_ms)",
    postgres: "insert into kept (source, level, since_ms) values ($1, $2, $3) on conflict (source, level) do update set since_ms = greatest(kept.since_ms, excluded.since_ms)",
};

/// What waits for compaction.
pub(crate) const WAITING: Sql = Sql {
    sqlite: "select source, level, tier, count(*), min(from_ms), max(from_ms) from chunk where tier between 0 and 8 group by source, level, tier",
    // Those of the servers that this process records; those of servers that nobody records, with retention.
    postgres: "select c.source, c.level, c.tier, count(*), min(c.from_ms), max(c.from_ms) from chunk c join source s on s.id = c.source left join lease l on l.cluster = s.cluster and l.server = s.server and l.expires_at > clock_timestamp() where c.tier between 0 and 8 and (l.holder = $1 or l.holder is null and exists (select 1 from lease k where k.cluster = '' and k.server = '' and k.holder = $1 and k.expires_at > clock_timestamp())) group by c.source, c.level, c.tier",
};

/// Entities were seen at a time.
pub(crate) const SEEN: Sql = Sql {
    sqlite: "update entity set last_ms = $1 where id in (select value from json_each($2)) and last_ms < $1",
    postgres: "update entity set last_ms = $1 where id = any($2) and last_ms < $1",
};

/// Chunks' times with their columns, a row for each block.
pub(crate) const COLUMNS: Sql = Sql {
    sqlite: "select c.id, c.slots, b.data from chunk c left join block b on b.chunk = c.id where c.id in (select value from json_each($1)) order by c.id, b.first_series",
    postgres: "select c.id, c.slots, b.data from chunk c left join block b on b.chunk = c.id and b.place = c.place where c.id = any($1) order by c.id, b.first_series",
};

/// Deletes the blocks of chunks.
pub(crate) const DELETE_BLOCKS: Sql = Sql {
    sqlite: "delete from block where chunk in (select value from json_each($1))",
    postgres: "delete from block where chunk = any($1)",
};

/// Deletes chunks.
pub(crate) const DELETE_CHUNKS: Sql = Sql {
    sqlite: "delete from chunk where id in (select value from json_each($1))",
    postgres: "delete from chunk where id = any($1)",
};

/// Writes a statement's text.
pub(crate) const TEXT: Sql = Sql {
    sqlite: "insert into statement_text (cluster, key, text, fingerprint, first_ms, last_ms) values ($1, $2, $3, $4, $5, $6) on conflict (cluster, key) do update set text = excluded.text, fingerprint = excluded.fingerprint, first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)",
    postgres: "insert into statement_text (cluster, key, text, fingerprint, first_ms, last_ms) values ($1, $2, $3, $4, $5, $6) on conflict (cluster, key) do update set text = excluded.text, fingerprint = excluded.fingerprint, first_ms = least(statement_text.first_ms, excluded.first_ms), last_ms = greatest(statement_text.last_ms, excluded.last_ms)",
};

/// Writes a statement's plan; of a known shape the first one stays.
pub(crate) const PLAN: Sql = Sql {
    sqlite: "insert into statement_plan (cluster, key, database, how, shape, fingerprint, plan, first_ms, last_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (cluster, key, database, how, shape) do update set fingerprint = excluded.fingerprint, first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)",
    postgres: "insert into statement_plan (cluster, key, database, how, shape, fingerprint, plan, first_ms, last_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (cluster, key, database, how, shape) do update set fingerprint = excluded.fingerprint, first_ms = least(statement_plan.first_ms, excluded.first_ms), last_ms = greatest(statement_plan.last_ms, excluded.last_ms)",
};

/// Texts by their keys.
pub(crate) const TEXTS: Sql = Sql {
    sqlite: "select cluster, key, text, fingerprint, first_ms, last_ms from statement_text where cluster = $1 and key in (select value from json_each($2)) order by key",
    postgres: "select cluster, key, text, fingerprint, first_ms, last_ms from statement_text where cluster = $1 and key = any($2) order by key",
};

/// Texts that contain words.
pub(crate) const FIND_TEXTS: Sql = Sql {
    sqlite: "select cluster, key, text, fingerprint, first_ms, last_ms from statement_text where cluster = $1 and instr(lower(text), lower($2)) > 0 order by last_ms desc, key limit $3",
    postgres: "select cluster, key, text, fingerprint, first_ms, last_ms from statement_text where cluster = $1 and strpos(lower(text collate \"C\"), lower($2 collate \"C\")) > 0 order by last_ms desc, key limit $3",
};

/// Bytes that chunks have added in a span, and bytes of all chunks.
pub(crate) const GROWTH: Sql = Sql {
    sqlite: "select coalesce(sum(bytes * 1.0 * (min(to_ms, $2) - max(from_ms, $1) + 1) / (min(to_ms, $2) - from_ms + 1)) filter (where to_ms >= $1 and from_ms <= $2), 0.0), coalesce(sum(bytes), 0) * 1.0 from chunk where tier >= 0",
    postgres: "select coalesce(sum(bytes * 1.0::double precision * (least(to_ms, $2) - greatest(from_ms, $1) + 1) / (least(to_ms, $2) - from_ms + 1)) filter (where to_ms >= $1 and from_ms <= $2), 0.0), coalesce(sum(bytes), 0)::double precision from chunk where tier >= 0",
};

/// Bytes in use. PostgreSQL keeps the room of deleted rows for new ones, so there rows are counted, not files.
pub(crate) const USED: Sql = Sql {
    sqlite: "select (p.page_count - f.freelist_count) * s.page_size from pragma_page_count p, pragma_freelist_count f, pragma_page_size s",
    postgres: "select (select coalesce(sum(bytes + 200), 0) from chunk)::bigint + coalesce((select sum(pg_catalog.pg_total_relation_size(c.oid)) from pg_catalog.pg_class c where c.relnamespace = 'pgdeck'::regnamespace and c.relname in ('source', 'entity', 'metric', 'measured', 'kept', 'gap', 'event', 'statement_text', 'statement_plan', 'blob')), 0)::bigint",
};

/// Forgets old texts, some at once.
pub(crate) const OLD_TEXTS: Sql = Sql {
    sqlite: "delete from statement_text where rowid in (select rowid from statement_text where last_ms < $1 limit 500)",
    postgres: "delete from statement_text where (cluster, key) in (select cluster, key from statement_text where last_ms < $1 limit 500)",
};

/// Forgets old plans, some at once.
pub(crate) const OLD_PLANS: Sql = Sql {
    sqlite: "delete from statement_plan where rowid in (select rowid from statement_plan where last_ms < $1 limit 500)",
    postgres: "delete from statement_plan where (cluster, key, database, how, shape) in (select cluster, key, database, how, shape from statement_plan where last_ms < $1 limit 500)",
};
