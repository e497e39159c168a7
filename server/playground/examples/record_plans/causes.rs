//! More of `fixtures/rules`, whose causes need tables of their own, another session or another major; and
//! `fixtures/causes`: plans of single causes as each major prints them, executed and not.

use std::path::Path;
use std::time::Duration;

use playground::Server;
use sqlx::{Connection, Executor};

use crate::pairs::{Pair, again, rewritten};
use crate::session::{Result, explain, options, rows, run_file, write};

/// The names of the two plans.
const NAMES: [&str; 2] = ["fires", "quiet"];
const NO_HASH: &str = "set enable_hashjoin=off; set enable_mergejoin=off; set enable_material=off;";
const PREPARED: &str = "prepare few(text) as select count(*) from skewed where status = $1; set plan_cache_mode = force_generic_plan;";
const PREPARED_CUSTOM: &str = "prepare few(text) as select count(*) from skewed where status = $1; set plan_cache_mode = force_custom_plan;";

/// In their order: a repair of one is there for all that follow.
const RULES: &[Pair] = &[
    // The first scan marks the entries of dead rows, so it comes first.
    again(
        "many_blocks_per_row",
        (
            "set enable_seqscan=off; set enable_bitmapscan=off;",
            "select * from jobs where state = 'available' limit 1",
        ),
        &["vacuum jobs"],
        "set enable_seqscan=off; set enable_bitmapscan=off;",
    ),
    again(
        "gin_pending_list",
        ("set enable_seqscan=off;", "select count(*) from tags where tags @> array[3, 53]"),
        &["select gin_clean_pending_list('tags_tags')::text"],
        "set enable_seqscan=off;",
    ),
    rewritten(
        "unhashed_subplan",
        (
            "set work_mem='64kB';",
            "select count(*) from customers c where c.id < 1000 and c.id not in (select k from keys)",
        ),
        (
            "set work_mem='64kB';",
            "select count(*) from customers c where c.id < 1000 and not exists (select from keys where k = c.id)",
        ),
    ),
    rewritten(
        "cartesian_product",
        ("", "select count(*) from customers c, keys k where c.id < 50"),
        ("", "select count(*) from customers c, keys k where c.id < 50 and k.k = c.id"),
    ),
    rewritten(
        "compared_pairs",
        (
            "",
            "select count(*) from keys a join keys b on b.k between a.k and a.k + 2 where a.k < 200",
        ),
        ("", "select count(*) from keys a join keys b on b.k = a.k where a.k < 200"),
    ),
    rewritten(
        "foreign_fetch",
        (
            NO_HASH,
            "select count(f.k) from customers c left join far_keys f on f.k = c.id where c.id < 30",
        ),
        (
            "",
            "select count(f.k) from customers c left join far_keys f on f.k = c.id and f.k < 30 where c.id < 30",
        ),
    ),
    again(
        "spilled_tuplestore",
        ("set work_mem='64kB';", "select id, count(*) over () from skewed"),
        &[],
        "set work_mem='64MB';",
    ),
    again(
        "coarse_brin",
        ("set enable_seqscan=off;", "select count(note) from journal where at between 500 and 600"),
        &["create index journal_at_btree on journal (at)"],
        "",
    ),
    again(
        "inexact_index",
        (
            "set enable_seqscan=off;",
            "select count(*) from notes where body like '%def abc bcd cde%'",
        ),
        &["update notes set body = md5(body)", "vacuum analyze notes"],
        "set enable_seqscan=off;",
    ),
    rewritten(
        "multiplied_rows",
        (
            "",
            "select count(*) from customers a join customers b on b.zip = a.zip where a.id <= 6000",
        ),
        (
            "",
            "select count(*) from customers a where a.id <= 6000 and exists (select from customers b where b.zip = a.zip)",
        ),
    ),
    again("generic_plan", (PREPARED, "execute few('open')"), &[], PREPARED_CUSTOM),
    rewritten(
        "discarded_recursion",
        (
            "",
            "with recursive t as (select 1 as n union all select n + 1 from t where n < 20000) select * from t where n < 10",
        ),
        (
            "",
            "with recursive t as (select 1 as n union all select n + 1 from t where n < 9) select * from t where n < 10",
        ),
    ),
];

/// What each major prints: name, settings, options, statement.
const CAUSES: &[(&str, &str, &str, &str)] = &[
    (
        "not_in_plain",
        "set work_mem='64kB';",
        "costs",
        "select * from customers where id not in (select k from keys)",
    ),
    (
        "not_in",
        "set work_mem='64kB';",
        "analyze, buffers",
        "select * from customers where id < 300 and id not in (select k from keys)",
    ),
    (
        "not_in_hashed",
        "set work_mem='64MB';",
        "analyze, buffers",
        "select * from customers where id not in (select k from keys)",
    ),
    (
        "in_or_plain",
        "set work_mem='64kB';",
        "costs",
        "select * from customers where zip = 'zip 5' or id in (select k from keys)",
    ),
    (
        "exists_subplan",
        "",
        "analyze",
        "select count(*) from customers c where zip = 'zip 5' or exists (select from skewed s where s.id <> c.id)",
    ),
    (
        "not_exists_subplan",
        "",
        "analyze, buffers",
        "select * from customers c where zip = 'zip 5' or not exists (select from skewed s where s.id = c.id and s.status = 'open')",
    ),
    (
        "correlated_plain",
        "",
        "costs",
        "select id, (select count(*) from keys k where k.k = c.id) from customers c",
    ),
    (
        "correlated_untimed",
        "set enable_seqscan=on;",
        "analyze, timing off",
        "select id, (select count(*) from keys k where k.k = c.id) from customers c where id < 1100",
    ),
    ("product_plain", "", "costs", "select * from customers c, keys k where c.id < 50"),
    ("pairs_plain", "", "costs", "select * from keys a join keys b on b.k between a.k and a.k + 2"),
    (
        "pairs_untimed",
        "",
        "analyze, timing off",
        "select count(*) from keys a join keys b on b.k between a.k and a.k + 2 where a.k < 200",
    ),
    (
        "window",
        "set work_mem='64kB';",
        "analyze, buffers",
        "select id, s, count(*) over () from (select id, repeat(status, 12) as s from skewed offset 0) t",
    ),
    (
        "cte",
        "set work_mem='64kB';",
        "analyze, buffers",
        "with t as materialized (select * from skewed) select count(*) from t a, t b where a.id = b.id",
    ),
    ("prepared", PREPARED, "analyze", "execute few('open')"),
    ("initplan", "", "analyze", "select * from skewed where id = (select max(k) from keys)"),
    (
        "own_function",
        "",
        "analyze",
        "select count(*) from customers where to_tsvector('english', note || name) @@ 'x'",
    ),
];

/// Records those of `fixtures/rules` that belong to this major, and `fixtures/causes`.
pub async fn record(folder: &Path, major: u16) -> Result<()> {
    let server = options(major, "64MB").start().await?;
    run_file(&server, "causes.sql").await?;
    if major == 18 {
        for pair in RULES {
            pair.record(&server, &folder.join("rules"), NAMES).await?;
        }
        record_wait(&server, &folder.join("rules/lock_wait")).await?;
    }
    for (name, settings, options, statement) in CAUSES {
        let settings = format!("set max_parallel_workers_per_gather = 0; {settings}");
        let plan = explain(&server, &settings, options, statement).await?;
        write(&folder.join(format!("causes/{major}/{name}.txt")), &plan)?;
    }
    server.stop().await;
    Ok(())
}

/// The update of a row while another session holds it, and afterwards.
async fn record_wait(server: &Server, folder: &Path) -> Result<()> {
    let statement = "update customers set note = 'x' where id = 5";
    let mut holder = server.connect().await?;
    holder.execute("begin").await?;
    holder.execute("update customers set note = 'y' where id = 5").await?;
    let release = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        holder.execute("commit").await
    };
    let (fires, released) =
        tokio::join!(explain(server, "", "analyze, verbose, buffers", statement), release);
    released?;
    holder.close().await?;
    write(&folder.join("fires.txt"), &fires?)?;
    let quiet = explain(server, "", "analyze, verbose, buffers", statement).await?;
    write(&folder.join("quiet.txt"), &quiet)
}

/// Records `io_waits`, which PostgreSQL 19 is the first to print.
pub async fn record_io(folder: &Path, major: u16) -> Result<()> {
    let server = options(major, "16MB").start().await?;
    let table = [
        "create table wide (id int, t text)",
        "alter table wide alter t set storage plain",
        "insert into wide select (g::bigint * 7919) % 12000, repeat('x', 3000) from generate_series(1, 12000) g",
        "create index wide_id on wide (id)",
        "vacuum analyze wide",
        "checkpoint",
    ];
    rows(&server, &table).await?;
    let pair = Pair {
        options: "analyze, verbose, buffers, io",
        ..again(
            "io_waits",
            (
                "set enable_seqscan=off; set enable_indexscan=off; set effective_io_concurrency=1;",
                "select count(t) from wide where id < 3000",
            ),
            &[],
            "set enable_seqscan=off; set enable_indexscan=off; set effective_io_concurrency=200;",
        )
    };
    pair.record(&server, &folder.join("rules"), NAMES).await?;
    server.stop().await;
    Ok(())
}
