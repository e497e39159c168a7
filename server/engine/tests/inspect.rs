//! Pages of heaps and B-trees on real servers: what they hold by hint bits, the functions that a superuser makes
//! for a monitoring role, that no value leaves the server, and that nothing queues.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod support;

use engine::Engine;
use model::inspect::btree::{BtreePage, Kind};
use model::inspect::chain::chains;
use model::inspect::heap::{Fate, HeapPage, Item, Pointer, Tuple, Writer, Xmax};
use model::inspect::{Asked, Content, Inspected, NotInspected};
use model::{Reason, ServerId};
use playground::Server;
use sqlx::Connection;
use support::{PATIENCE, Result, is_up, monitored, until, watch, watcher};

/// A name that breaks out of whatever does not quote it.
const HOSTILE: &str = "o'\"; drop table t; --";
/// What the rows hold: none of it may leave the server.
const CANARY: &str = "canary-4711";
/// The canary as `encode(…, 'hex')` and pageinspect's `data` write it.
const CANARY_HEX: [&str; 2] = ["63616e6172792d34373131", "63 61 6e 61 72 79 2d 34 37 31 31"];

fn one() -> ServerId {
    ServerId::new("one")
}

async fn watching(dsn: String) -> Result<Engine> {
    let engine = watch(&[("one", dsn)])?;
    until(&engine, "one", PATIENCE, is_up).await?;
    Ok(engine)
}

#[expect(clippy::disallowed_methods, reason = "the test's own session, in another database")]
async fn connect(server: &Server) -> Result<sqlx::PgConnection> {
    Ok(sqlx::PgConnection::connect(&server.dsn_to("shop")).await?)
}

async fn shop(server: &Server, sql: &str) -> Result {
    let mut connection = connect(server).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    Ok(())
}

async fn number(server: &Server, sql: &str) -> Result<i64> {
    let mut connection = connect(server).await?;
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await?)
}

fn asked(name: &str, block: u32) -> Asked {
    let (database, schema) = ("shop".into(), "public".into());
    Asked { database, schema, name: name.into(), block, item: None }
}

async fn inspect(engine: &Engine, asked: Asked) -> std::result::Result<Inspected, NotInspected> {
    let answer = engine.inspect(&one(), asked).await.1;
    if let Ok(inspected) = &answer {
        let text = serde_json::to_string(inspected).expect("JSON").to_lowercase();
        let found = CANARY_HEX.iter().chain([&CANARY]).find(|value| text.contains(**value));
        assert_eq!(found, None, "a value left the server: {text}");
    }
    answer
}

async fn heap(engine: &Engine, name: &str) -> Result<HeapPage> {
    let inspected = inspect(engine, asked(name, 0)).await.expect("a page");
    let Content::Heap(page) = inspected.content else { anyhow::bail!("no heap: {name}") };
    Ok(*page)
}

async fn btree(engine: &Engine, name: &str, block: u32) -> Result<BtreePage> {
    let inspected = inspect(engine, asked(name, block)).await.expect("a page");
    let Content::Btree(page) = inspected.content else { anyhow::bail!("no B-tree: {name}") };
    Ok(page)
}

fn tuple(page: &HeapPage, lp: u16) -> &Tuple {
    let item = page.items.iter().find(|item| item.lp == lp).expect("a line pointer");
    item.tuple.as_ref().expect("a row version")
}

/// A database `shop` with a table for each thing that a page can show.
async fn filled(major: u16) -> Result<Server> {
    let server = monitored(major).await?;
    server.exec("create database shop").await?;
    let hostile = engine::quoted(HOSTILE);
    let each = [
        format!(
            "create table t (id int primary key, v text) with (autovacuum_enabled = off);
             create index t_v on t (v);
             create table {hostile} (id int, v text, \"x\"\" y\" text) with (autovacuum_enabled = off);
             create table frozen (id int, v text) with (autovacuum_enabled = off);
             create table pruned (id int primary key, v text) with (autovacuum_enabled = off);
             create table many (k int, v text) with (autovacuum_enabled = off);
             create table empty (id int primary key); create view seen as select 1;
             insert into t select n, '{CANARY}' from generate_series(1, 6) n;
             insert into {hostile} values (1, '{CANARY}', null);
             insert into {hostile} select 2, string_agg(md5(n::text), '{CANARY}'), '{CANARY}' from generate_series(1, 400) n;
             insert into frozen select n, '{CANARY}' from generate_series(1, 6) n;
             insert into pruned select n, '{CANARY}' from generate_series(1, 6) n;
             insert into many select n % 10, '{CANARY}' from generate_series(1, 4000) n;
             insert into many select n, '{CANARY}' from generate_series(100, 4000) n;
             create index many_k on many (k)"
        ),
        // A HOT update changes no indexed column: v is one, so id 1 is updated to the same v.
        "update t set id = id where id = 1".into(),
        "update t set id = id where id = 1".into(),
        "delete from t where id = 2".into(),
        "begin; insert into t values (7, 'aborted'); rollback".into(),
        "update pruned set v = 'a' where id = 1".into(),
        "update pruned set v = 'b' where id = 1".into(),
        "delete from pruned where id = 2".into(),
        "vacuum (index_cleanup off) pruned".into(),
        "vacuum (freeze) frozen".into(),
        // Somebody has to look before there are hint bits.
        "select count(*) from t".into(),
    ];
    for sql in each {
        shop(&server, &sql).await?;
    }
    Ok(server)
}

const EXTENSIONS: &str = "create extension pageinspect; create extension pg_visibility; create extension pg_freespacemap";

async fn versions(engine: &Engine, server: &Server) -> Result {
    let (mut first, mut second) = (connect(server).await?, connect(server).await?);
    for session in [&mut first, &mut second] {
        sqlx::raw_sql("begin; select from t where id = 3 for share").execute(session).await?;
    }
    sqlx::raw_sql("select from t where id = 4 for update").execute(&mut first).await?;
    let page = heap(engine, "t").await?;
    // Updates of what is the same are HOT as well: 1 → 7 → 8; 9 was never committed.
    let found: Vec<Vec<u16>> =
        chains(&page.items, 0).into_iter().map(|chain| chain.items).collect();
    assert_eq!(found, [vec![1, 7, 8]], "{:?}", page.items);
    assert_eq!((tuple(&page, 1).fate(0, 1), tuple(&page, 8).fate(0, 8)), (Fate::Ended, Fate::Live));
    assert_eq!(tuple(&page, 1).xmax, tuple(&page, 7).xmin);
    assert!(tuple(&page, 7).is_heap_only() && tuple(&page, 5).columns() == 2);
    let deleted = tuple(&page, 2);
    let ends = Xmax::Ends { is_delete: true, has_committed: true, is_multixact: false };
    assert_eq!((deleted.xmax(0, 2), deleted.fate(0, 2)), (ends, Fate::Ended));
    let locks = |strength, is_multixact| Xmax::Locks { strength, is_multixact };
    assert_eq!(tuple(&page, 3).xmax(0, 3), locks("FOR SHARE", true));
    assert_eq!(tuple(&page, 4).xmax(0, 4), locks("FOR UPDATE", false));
    assert_eq!(tuple(&page, 3).fate(0, 3), Fate::Live);
    assert_eq!(tuple(&page, 9).fate(0, 9), Fate::Aborted);
    assert_eq!(page.fares(0, Fate::Ended), 3);
    assert!(page.visibility.is_ok_and(|bits| !bits.all_visible));
    for session in [&mut first, &mut second] {
        sqlx::raw_sql("rollback").execute(session).await?;
    }
    Ok(())
}

async fn after_vacuum(engine: &Engine) -> Result {
    let page = heap(engine, "frozen").await?;
    assert!(
        page.items
            .iter()
            .all(|item| item.tuple.as_ref().map(Tuple::writer) == Some(Writer::Frozen))
    );
    assert!(page.visibility.is_ok_and(|bits| bits.all_visible && bits.all_frozen));
    assert!(page.free_space.is_ok_and(|bytes| bytes > 7_000));
    let inspected = inspect(engine, asked("frozen", 0)).await.expect("a page");
    assert_eq!(inspected.header.flags & 4, 4, "PD_ALL_VISIBLE");
    assert_eq!((inspected.blocks, inspected.header.page_bytes), (1, 8_192));
    let page = heap(engine, "pruned").await?;
    let of = |lp: u16| page.items.iter().find(|item| item.lp == lp).map(|item: &Item| item.pointer);
    assert_eq!((of(1), of(2)), (Some(Pointer::Redirect), Some(Pointer::Dead)), "{:?}", page.items);
    // The first two versions are gone, and what index entries lead to points to the third.
    assert_eq!(of(7), Some(Pointer::Unused));
    let found = chains(&page.items, 0);
    assert!(found.len() == 1 && found.iter().all(|chain| chain.items == [1, 8]), "{found:?}");
    Ok(())
}

async fn trees(engine: &Engine, server: &Server) -> Result {
    let meta = inspect(engine, asked("many_k", 0)).await.expect("a page");
    let Content::BtreeMeta(meta) = meta.content else { anyhow::bail!("no metapage") };
    assert!(meta.level == 1 && meta.all_equal_image && meta.root > 0, "{meta:?}");
    let root = btree(engine, "many_k", meta.root).await?;
    assert_eq!((root.kind_words(), root.left, root.right), ("root", 0, 0));
    let mut rows = 0;
    let mut at = root.entries.first().expect("an entry").block;
    let (mut leaves, mut postings) = (0, 0);
    while at != 0 {
        let leaf = btree(engine, "many_k", at).await?;
        assert_eq!(leaf.count(Kind::HighKey), usize::from(leaf.right != 0));
        rows += leaf.rows();
        postings += leaf.count(Kind::Posting);
        (leaves, at) = (leaves + 1, leaf.right);
    }
    assert_eq!(root.count(Kind::Downlink), leaves);
    assert!(postings >= 10);
    assert_eq!(i64::try_from(rows)?, number(server, "select count(*) from many").await?);
    Ok(())
}

async fn toasted(engine: &Engine, server: &Server) -> Result {
    let hostile = engine::quoted(HOSTILE).replace('\'', "''");
    let with_sizes = |lp| Asked { item: Some(lp), ..asked(HOSTILE, 0) };
    let values = async |lp| {
        let inspected = inspect(engine, with_sizes(lp)).await.expect("a page");
        let Content::Heap(page) = inspected.content else { anyhow::bail!("no heap") };
        Ok(page.toast.expect("a TOAST table"))
    };
    let small = values(1).await?.values.expect("sizes");
    assert!(small.iter().all(|value| value.is_out_of_line != Some(true)), "{small:?}");
    assert!(small.iter().any(|value| value.column == "x\" y" && value.bytes.is_none()));
    let toast = values(2).await?;
    let large = toast.values.expect("sizes");
    let largest = large.first().expect("a value");
    assert_eq!((largest.column.as_str(), largest.is_out_of_line), ("v", Some(true)));
    let chunks = format!("select count(*) from pg_toast.{}", engine::quoted(&toast.name));
    let chunks = number(server, &chunks).await?;
    assert_eq!(largest.chunks(8_192), Some(chunks.unsigned_abs()), "{largest:?}");
    let size =
        format!("select pg_column_size(v)::int8 from {} where id = 2", hostile.replace("''", "'"));
    assert_eq!(largest.bytes, Some(number(server, &size).await?.unsigned_abs()));
    // Its own pages are a heap like any other.
    let own = Asked { schema: toast.schema, name: toast.name, ..asked("", 0) };
    let own = inspect(engine, own).await.expect("a page");
    assert!(matches!(&own.content, Content::Heap(page) if page.toast.is_none()));
    let none = inspect(engine, with_sizes(99)).await.expect("a page");
    assert!(
        matches!(none.content, Content::Heap(page) if page.toast.as_ref().is_some_and(|t| t.values.is_err()))
    );
    Ok(())
}

async fn refusals(engine: &Engine) -> Result {
    let of = async |name, block| inspect(engine, asked(name, block)).await;
    assert_eq!(of("none", 0).await, Err(NotInspected::NoRelation));
    assert_eq!(of("empty", 0).await, Err(NotInspected::NoBlock { blocks: 0 }));
    assert_eq!(of("t", 7).await, Err(NotInspected::NoBlock { blocks: 1 }));
    assert!(matches!(of("seen", 0).await, Err(NotInspected::Unfit { .. })));
    Ok(())
}

/// What a role with pg_monitor lacks comes with the SQL; run as a superuser it is enough.
async fn granted(server: &Server) -> Result {
    let engine = watching(watcher(server)).await?;
    for name in ["t", "many_k", HOSTILE] {
        for block in [0, 1] {
            let mut told: Vec<String> = Vec::new();
            while let Err(NotInspected::Unknown(reason)) =
                inspect(&engine, asked(name, block)).await
            {
                assert!(reason.remedy_is_sql(), "{reason:?}");
                let sql = reason.remedy().expect("SQL");
                anyhow::ensure!(!told.contains(&sql), "{sql} does not help");
                assert!(
                    reason.message().contains("superuser")
                        || reason.message().contains("pageinspect")
                );
                shop(server, &sql).await?;
                told.push(sql);
            }
            assert!(told.len() <= 2, "{told:?}");
        }
    }
    let page = heap(&engine, "t").await?;
    for missing in [page.visibility.map(drop), page.free_space.map(drop)] {
        let sql = missing.expect_err("no extension").remedy().expect("SQL");
        shop(server, &sql).await?;
    }
    versions(&engine, server).await?;
    after_vacuum(&engine).await?;
    trees(&engine, server).await?;
    refusals(&engine).await?;
    // Sizes of values take SELECT.
    let sizes = Asked { item: Some(1), ..asked(HOSTILE, 0) };
    let inspected = inspect(&engine, sizes).await.expect("a page");
    let Content::Heap(page) = inspected.content else { anyhow::bail!("no heap") };
    let sql = page.toast.expect("a TOAST table").values.expect_err("no grant").remedy();
    shop(server, &sql.expect("SQL")).await?;
    toasted(&engine, server).await?;
    closed(server).await
}

/// The functions are closed to others, and what is not a superuser's or not ours is not called.
async fn closed(server: &Server) -> Result {
    let public = "select count(*) from pg_proc p, aclexplode(p.proacl) a
                   where p.pronamespace = 'pgdeck'::regnamespace and a.grantee = 0";
    assert_eq!(number(server, public).await?, 0);
    let all =
        "select count(*) from pg_proc where pronamespace = 'pgdeck'::regnamespace and prosecdef
                  and proconfig = '{\"search_path=pg_catalog, pg_temp\"}'";
    assert_eq!(number(server, all).await?, 3);
    let engine = watching(watcher(server)).await?;
    let refused = async || {
        let answer = inspect(&engine, asked("t", 0)).await;
        matches!(answer, Err(NotInspected::Unknown(Reason::MissingGrant { .. })))
    };
    shop(server, "create role other; alter function pgdeck.heap_page(oid, bigint) owner to other")
        .await?;
    assert!(refused().await, "it is not of a superuser");
    shop(
        server,
        "alter function pgdeck.heap_page(oid, bigint) owner to current_user;
        revoke execute on function pgdeck.heap_page(oid, bigint) from watcher",
    )
    .await?;
    assert!(refused().await, "it is revoked");
    Ok(())
}

async fn on(major: u16) -> Result {
    let server = filled(major).await?;
    granted(&server).await?;
    let engine = watching(server.dsn()).await?;
    versions(&engine, &server).await?;
    after_vacuum(&engine).await?;
    trees(&engine, &server).await?;
    toasted(&engine, &server).await?;
    refusals(&engine).await
}

macro_rules! majors {
    ($($test:ident $major:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() -> Result {
            on($major).await
        }
    )+};
}

majors! {
    pages_tell_what_was_done_on_14 14;
    pages_tell_what_was_done_on_15 15;
    pages_tell_what_was_done_on_16 16;
    pages_tell_what_was_done_on_17 17;
    pages_tell_what_was_done_on_18 18;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_table_is_left_alone() -> Result {
    let server = filled(18).await?;
    shop(&server, EXTENSIONS).await?;
    let engine = watching(server.dsn()).await?;
    let mut holder = connect(&server).await?;
    sqlx::raw_sql("begin; lock table t in access exclusive mode").execute(&mut holder).await?;
    let answer = inspect(&engine, Asked { item: Some(3), ..asked("t", 0) }).await;
    assert!(matches!(answer, Err(NotInspected::Locked { pid: Some(_) })), "{answer:?}");
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    inspect(&engine, asked("t", 0)).await.expect("free again");
    Ok(())
}
