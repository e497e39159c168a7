//! A server with tables of many shapes: builds them, reads their sizes and counters, rewrites them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bloat::{Activity, Counters, IndexSize, Size, Table, TableEstimate, Toast};
use engine::bloat::{StatisticsSource, create_view, estimate, read_sources};
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::{Dsn, capability, quoted};
use playground::{Server, ServerOptions};
use sqlx::Row;

use crate::shapes::SETUP;

pub type Result<T = ()> = anyhow::Result<T>;

/// A role with pg_monitor, which sees no row of `pg_stats`.
pub const WATCHER: &str = "watcher";
/// A role with pg_monitor and the view of numbers.
pub const READER: &str = "reader";
const PASSWORD: &str = "w";
const DATABASE: &str = "postgres";

/// Starts a server without autovacuum, so that it is known what it has counted.
pub async fn start(major: u16) -> Result<Server> {
    let options = ServerOptions::new(major)
        .setting("autovacuum", "off")
        .setting("shared_buffers", "256MB")
        .setting("max_wal_size", "4GB")
        .setting("synchronous_commit", "off")
        .hba("host all all 127.0.0.1/32 trust");
    let server = options.start().await?;
    run(&server, SETUP).await?;
    for role in [WATCHER, READER] {
        run(
            &server,
            &format!("create role {role} login password '{PASSWORD}'; grant pg_monitor to {role}"),
        )
        .await?;
    }
    Ok(server)
}

/// Lets [`READER`] read the numbers of all columns.
pub async fn grant_view(server: &Server) -> Result {
    run(server, &create_view(READER)).await
}

async fn run(server: &Server, sql: &str) -> Result {
    Ok(server.exec(sql).await?)
}

/// Builds a shape in a schema of its name.
pub async fn build<Step: AsRef<str>>(server: &Server, name: &str, steps: &[Step]) -> Result {
    let schema = quoted(name);
    run(server, &format!("create schema {schema}")).await?;
    for (at, step) in steps.iter().enumerate() {
        let step = if step.as_ref() == "va" { "vacuum analyze t" } else { step.as_ref() };
        let mut connection = server.connect().await?;
        let seed = 0.1 + 0.01 * at as f64;
        for sql in [
            format!("set search_path = {schema}, public"),
            format!("select setseed({seed})"),
            step.to_owned(),
        ] {
            let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
            sql.execute(&mut connection)
                .await
                .map_err(|error| anyhow::anyhow!("{name}: {step}: {error}"))?;
        }
        sqlx::Connection::close(connection).await?;
    }
    Ok(())
}

/// Waits until the sessions so far have ended, and until the counters of a table made now have arrived: then those
/// of the others have, too.
pub async fn counted(server: &Server) -> Result {
    let gone = "select count(*) = 1 from pg_stat_activity where backend_type = 'client backend'";
    until(server, gone).await?;
    build(server, "sentinel", &["create table t (n int)", "insert into t values (1)"]).await?;
    until(server, "select pg_stat_get_tuples_inserted('sentinel.t'::regclass) > 0").await?;
    run(server, "drop schema sentinel cascade").await
}

async fn until(server: &Server, condition: &'static str) -> Result {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !sqlx::query_scalar::<_, bool>(condition).fetch_one(&mut server.connect().await?).await? {
        anyhow::ensure!(Instant::now() < deadline, "in vain: {condition}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// What a table is called, and what its sizes and counters are.
pub struct Captured {
    pub name: String,
    pub toast_oid: Option<u32>,
    pub index_names: BTreeMap<u32, String>,
    pub table: Table,
}

const RELATIONS: &str = "
select c.oid::int8 as oid, n.nspname || '.' || c.relname as name, c.relkind::text as kind, a.amname::text as method,
       c.relpages::int8 as relpages, c.reltuples::float8 as reltuples, nullif(c.reltoastrelid, 0)::int8 as toast,
       (select t.indrelid::int8 from pg_index t where t.indexrelid = c.oid) as of,
       pg_relation_size(c.oid) / current_setting('block_size')::int8 as pages,
       (select o.option_value::int4 from pg_options_to_table(c.reloptions) o where o.option_name = 'fillfactor') as fillfactor,
       (select o.option_value::int4 from pg_options_to_table(c.reloptions) o where o.option_name = 'toast_tuple_target') as toast_target,
       pg_stat_get_live_tuples(c.oid) as live, pg_stat_get_dead_tuples(c.oid) as dead,
       pg_stat_get_mod_since_analyze(c.oid) as changed, pg_stat_get_tuples_inserted(c.oid) as ins,
       pg_stat_get_tuples_updated(c.oid) as upd, pg_stat_get_tuples_deleted(c.oid) as del,
       (extract(epoch from pg_stat_get_last_vacuum_time(c.oid)) * 1000000)::int8 as vacuumed,
       (extract(epoch from pg_stat_get_last_analyze_time(c.oid)) * 1000000)::int8 as analyzed
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_am a on a.oid = c.relam
 where c.relkind in ('r', 'm', 't', 'i') and c.oid >= 16384
   and n.nspname not in ('make', 'information_schema', 'pg_catalog')
 order by c.oid";

fn count(row: &sqlx::postgres::PgRow, name: &str) -> Result<u64> {
    Ok(row.try_get::<i64, _>(name)?.unsigned_abs())
}

fn counters(row: &sqlx::postgres::PgRow) -> Result<Counters> {
    let size = Size {
        pages: Some(count(row, "pages")?),
        relpages: count(row, "relpages")?,
        reltuples: row.try_get("reltuples")?,
    };
    let activity = Activity {
        n_live_tup: count(row, "live")?,
        n_dead_tup: count(row, "dead")?,
        n_mod_since_analyze: count(row, "changed")?,
        n_tup_ins: count(row, "ins")?,
        n_tup_upd: count(row, "upd")?,
        n_tup_del: count(row, "del")?,
        last_vacuum_us: row.try_get("vacuumed")?,
        last_analyze_us: row.try_get("analyzed")?,
    };
    Ok(Counters { size, activity })
}

/// Sizes and counters of all tables.
pub async fn capture(server: &Server) -> Result<BTreeMap<u32, Captured>> {
    let rows = sqlx::query(RELATIONS).fetch_all(&mut server.connect().await?).await?;
    let oid = |row: &sqlx::postgres::PgRow, name: &str| -> Result<Option<u32>> {
        Ok(row.try_get::<Option<i64>, _>(name)?.and_then(|oid| u32::try_from(oid).ok()))
    };
    let (mut tables, mut toasts, mut toast_indexes) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for row in &rows {
        let own = oid(row, "oid")?.unwrap_or_default();
        match row.try_get::<String, _>("kind")?.as_str() {
            "t" => drop(toasts.insert(own, counters(row)?)),
            "r" | "m" => {
                let option = |name: &str| -> Result<Option<u32>> {
                    Ok(row.try_get::<Option<i32>, _>(name)?.map(i32::unsigned_abs))
                };
                let table = Table {
                    is_heap: row.try_get::<String, _>("method")? == "heap",
                    fillfactor: option("fillfactor")?,
                    toast_tuple_target: option("toast_target")?,
                    counters: counters(row)?,
                    ..Table::default()
                };
                let (name, toast_oid) = (row.try_get("name")?, oid(row, "toast")?);
                tables
                    .insert(own, Captured { name, toast_oid, index_names: BTreeMap::new(), table });
            }
            _ => {}
        }
    }
    for row in
        rows.iter().filter(|row| row.try_get::<String, _>("kind").is_ok_and(|kind| kind == "i"))
    {
        let (own, of) = (oid(row, "oid")?.unwrap_or_default(), oid(row, "of")?.unwrap_or_default());
        let size = counters(row)?.size;
        match tables.get_mut(&of) {
            Some(table) => {
                let is_btree = row.try_get::<String, _>("method")? == "btree";
                table.index_names.insert(own, row.try_get("name")?);
                table.table.indexes.insert(own, IndexSize { is_btree, size });
            }
            None => drop(toast_indexes.insert(of, size.reltuples)),
        }
    }
    for table in tables.values_mut() {
        let toast = table.toast_oid.and_then(|oid| Some((oid, *toasts.get(&oid)?)));
        table.table.toast = toast.map(|(oid, counters)| Toast {
            counters,
            index_reltuples: toast_indexes.get(&oid).copied(),
        });
    }
    Ok(tables)
}

/// Estimates all tables as a role.
pub async fn estimates(
    server: &Server,
    role: Option<&str>,
    captured: &BTreeMap<u32, Captured>,
) -> Result<(StatisticsSource, BTreeMap<u32, TableEstimate>)> {
    let dsn = role.map_or_else(|| server.dsn(), |role| server.dsn_for(role, PASSWORD, DATABASE));
    let dsn = Dsn::parse(&dsn, &Environment::empty())?;
    let lost = |reason: model::Reason| anyhow::anyhow!("{}", reason.message());
    let overhead = Arc::new(Overhead::default());
    let mut observer = Observer::open(&dsn, &Budget::default(), overhead).await.map_err(lost)?;
    let facts = capability::read(&mut observer).await.and_then(|facts| facts).map_err(lost)?;
    let sources = read_sources(&mut observer, &facts).await?;
    let tables = captured.iter().map(|(oid, captured)| (*oid, captured.table.clone())).collect();
    Ok((sources.statistics, estimate(&mut observer, &facts, &tables).await?))
}

/// Rewrites all tables and their indexes and gives the pages of every relation afterwards, by oid. A TOAST table
/// that no column needs any more is gone.
///
/// VACUUM FULL alone would not do for indexes: it builds unique ones without a check, and so with deduplication
/// (`reindex_index` in src/backend/catalog/index.c), which REINDEX does not.
pub async fn rewrite(
    server: &Server,
    captured: &BTreeMap<u32, Captured>,
) -> Result<BTreeMap<u32, u64>> {
    let mut connection = server.connect().await?;
    for table in captured.values() {
        let (schema, name) = table.name.rsplit_once('.').unwrap_or(("", &table.name));
        for command in ["vacuum full", "reindex table"] {
            let sql = format!("{command} {}.{}", quoted(schema), quoted(name));
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
    }
    let rows = sqlx::query(RELATIONS).fetch_all(&mut connection).await?;
    rows.iter()
        .map(|row| Ok((u32::try_from(row.try_get::<i64, _>("oid")?)?, count(row, "pages")?)))
        .collect()
}
