//! One index as its page shows it, what can be done about it, and its scans over time.

use engine::areas::indexes::{detail, past};
use history::{History, Settings};
use model::TimeRange;
use model::indexes::Duty;
use model::indexes::detail::{Detail, IndexName, Overlap};
use model::indexes::listing::LastScan;

use super::*;

const INDEXES: &str = "
    create table t (id int primary key, a int, b text, c int not null, constraint b_once unique (b));
    create table child (id int primary key, t_id int constraint refers references t);
    create index child_t_id on child (t_id);
    create index narrow on t (a);
    create index wide on t (a, id);
    create index narrow_again on t (a);
    create index \"Mixed\" on t (lower(b)) where a > 0;
    create unique index identity on t (c);
    alter table t replica identity using index identity;
    alter table t cluster on wide;
    create extension btree_gist;
    create table rooms (room int, at int4range, constraint apart exclude using gist (room with =, at with &&));
    create table parted (id int, at date) partition by range (at);
    create table parted_1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
    create index parted_id on parted (id);
    insert into t select i, i, i::text, i from generate_series(1, 2000) i;
    insert into child select i, i from generate_series(1, 2000) i;
    analyze;";

fn name(index: &str) -> IndexName {
    IndexName { database: "postgres".into(), schema: "public".into(), name: index.into() }
}

fn of(engine: &Engine, index: &str) -> Result<Detail> {
    let found = detail::answer(engine, &ServerId::new("one"), &name(index));
    let found = found.ok_or_else(|| anyhow::anyhow!("there is no such server"))?;
    found.map_err(|reason| anyhow::anyhow!("{index}: {}", reason.message()))
}

/// The statement of a change and its undo.
fn change(detail: &Detail, title: &str) -> (Option<String>, Option<String>) {
    let change = detail.changes.iter().find(|change| change.title == title);
    change.map(|one| (one.remedy.sql.clone(), one.remedy.undo.clone())).unwrap_or_default()
}

async fn definition(server: &Server, index: &str) -> Result<Option<String>> {
    let mut session = server.connect().await?;
    let sql = "select pg_get_indexdef(i.indexrelid) || coalesce(' by ' || k.conname, '') || i.indisclustered
                 from pg_index i left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
                where i.indexrelid = to_regclass($1)";
    Ok(sqlx::query_scalar(sql).bind(format!("public.{index}")).fetch_optional(&mut session).await?)
}

async fn details(major: u16) -> Result {
    let server = monitored(major).await?;
    server.exec(INDEXES).await?;
    let engine = engine(&server, &[]).await?;
    let narrow = of(&engine, "narrow")?;
    let others: Vec<_> =
        narrow.others.iter().map(|one| (one.relname.as_str(), one.overlap)).collect();
    assert_eq!(others, [("wide", Overlap::CoveredBy), ("narrow_again", Overlap::Same)]);
    let wide = of(&engine, "wide")?;
    assert!(wide.others.iter().all(|other| other.overlap == Overlap::Covers), "{:?}", wide.others);
    assert_eq!(of(&engine, "child_t_id")?.supports, ["refers"]);
    let primary = of(&engine, "t_pkey")?;
    assert_eq!(primary.referenced_by, ["refers"]);
    assert_eq!(primary.row.duties, [Duty::Primary, Duty::Referenced]);
    assert_eq!(
        of(&engine, "parted_1_id_idx")?.part_of,
        Some(("public".into(), "parted_id".into()))
    );
    assert_eq!(of(&engine, "parted_id")?.parts, 1);
    // What each server counts: nothing here has a standby.
    let own = narrow.scans_on.first().cloned();
    assert_eq!(narrow.scans_on.len(), 1);
    let expected = if major >= 16 { LastScan::Never } else { LastScan::NotTold };
    assert_eq!(
        own.map(|own| (own.is_standby, own.scans, own.last_scan)),
        Some((false, Some(0), expected))
    );
    // Of what cannot go alone no statement is printed.
    for kept in ["t_pkey", "identity", "parted_1_id_idx"] {
        let (sql, _) = change(&of(&engine, kept)?, "Drop it");
        assert_eq!(sql, None, "{kept}");
    }
    assert_eq!(change(&of(&engine, "apart")?, "Build it anew").0, None);
    // What is printed does what it says, and its undo makes what was there.
    for index in ["narrow", "wide", "\"Mixed\"", "b_once", "apart", "child_t_id", "parted_id"] {
        let found = of(&engine, index.trim_matches('"'))?;
        let before = definition(&server, index).await?;
        if let (Some(sql), _) = change(&found, "Build it anew") {
            server.exec(&sql).await?;
            assert_eq!(definition(&server, index).await?, before, "{sql}");
        }
        let (sql, undo) = change(&found, "Drop it");
        server.exec(&sql.unwrap_or_default()).await?;
        assert_eq!(definition(&server, index).await?, None, "{index}");
        // What makes an index concurrently stands in a statement of its own.
        for statement in undo.unwrap_or_default().lines() {
            server.exec(statement).await?;
        }
        assert_eq!(definition(&server, index).await?, before, "{index}");
    }
    assert!(of(&engine, "nowhere").is_err());
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_on_14() -> Result {
    details(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_on_18() -> Result {
    details(18).await
}

/// Scans are kept between readings; after a reset they are not known, and never fewer than none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scans_over_time() -> Result {
    let server = monitored(18).await?;
    server
        .exec("create table t (id int primary key); insert into t select generate_series(1, 1000); create table u (id int primary key); analyze")
        .await?;
    let folder = server.data_dir().join("history.sqlite");
    let settings = Settings { background: false, ..Settings::default() };
    let past = History::open(&folder, settings).await?;
    let servers = vec![config("one", &watcher(&server))?];
    let engine = Engine::start_with(servers, limits(&[])?, Some(past.clone()));
    until(&engine, "one", PATIENCE, |_| !read(&engine, "one").owners.is_empty()).await?;
    let mut session = server.connect().await?;
    // Counts are told at the end of the transaction, not up to a second later: no reading comes between a reset and them.
    let scan = |times| {
        let scans = "select from t where id = 7;".repeat(times);
        sqlx::AssertSqlSafe(format!("select pg_stat_force_next_flush();{scans}"))
    };
    sqlx::raw_sql("set enable_seqscan = off").execute(&mut session).await?;
    sqlx::raw_sql(scan(5)).execute(&mut session).await?;
    again(&engine, "one", |read| index(read, "t_pkey").idx_scan == 5).await?;
    let seen = async |name: &str| -> Result<(f64, i64)> {
        past.flush().await?;
        let name = self::name(name);
        let id = ServerId::new("one");
        let moments = past::of_range(&engine, &id, &name, TimeRange::default());
        let moments = moments.await.map_err(anyhow::Error::msg)?;
        Ok(past::seen(&moments))
    };
    assert_eq!(seen("t_pkey").await?.0, 5.0);
    let (none, known_ms) = seen("u_pkey").await?;
    assert_eq!(none, 0.0);
    assert!(known_ms > 0, "that it was not scanned is known");
    // A reset: what was counted before does not come back as a fall, nor what comes after as all of it.
    server.exec("select pg_stat_reset()").await?;
    sqlx::raw_sql(scan(9)).execute(&mut session).await?;
    again(&engine, "one", |read| index(read, "t_pkey").idx_scan == 9).await?;
    assert_eq!(seen("t_pkey").await?.0, 5.0, "the scans around the reset are not known");
    sqlx::raw_sql(scan(2)).execute(&mut session).await?;
    again(&engine, "one", |read| index(read, "t_pkey").idx_scan == 11).await?;
    assert_eq!(seen("t_pkey").await?.0, 7.0);
    engine.stop().await;
    Ok(())
}
