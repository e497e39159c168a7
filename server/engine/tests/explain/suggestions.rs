//! Index suggestions on real servers: what proves them and what does not, the smallest set, and what it makes redundant.

use engine::Engine;
use model::Reason;
use model::suggestions::{Suggestions, Weighted};
use playground::{Server, ServerOptions};

use crate::support::Result;
use crate::{analyst, number, one, watching_one};

/// By how much the planner's cost with the real index may differ from that with the hypothetical one: hypopg
/// guesses how many pages the index has and how deep it is (HypoPG, pull request 64).
pub(crate) const PROMISED: f64 = 1.25;
/// A server with a login that may plan everything; None where hypopg is wanted and cannot be had.
pub(crate) async fn started(major: u16, with_hypopg: bool) -> Result<Option<Server>> {
    let server = ServerOptions::new(major)
        .setting("autovacuum", "off")
        .setting("max_parallel_workers_per_gather", "0")
        // ANALYZE reads every row of these tables, so that its samples, and with them costs, stay the same.
        .setting("default_statistics_target", "1000")
        // WAL without the pages that are written whole after a checkpoint.
        .setting("full_page_writes", "off")
        .start()
        .await?;
    server.exec("create role analyst login password 'a'; grant pg_monitor to analyst").await?;
    if with_hypopg {
        let known = "select count(*) from pg_available_extensions where name = 'hypopg'";
        if number(&server, known).await? == 0 {
            eprintln!("hypopg not here: passed over");
            return Ok(None);
        }
        server.exec("create extension hypopg").await?;
    }
    Ok(Some(server))
}

pub(crate) async fn suggested(engine: &Engine, statements: &[Weighted]) -> Result<Suggestions> {
    let found = engine.suggest_indexes(&one(), "postgres", statements.to_vec()).await;
    found.map_err(|why| anyhow::anyhow!("{}", why.message()))
}

/// What hypopg needs is said, and the statement that is printed gives it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_grant_is_said_and_mended() -> Result {
    let Some(server) = started(15, true).await? else { return Ok(()) };
    server.exec("revoke execute on function hypopg_create_index(text) from public").await?;
    let statements = small(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    let found = suggested(&engine, &statements).await?;
    let Err(Reason::MissingGrant { sql, .. }) = &found.hypopg else {
        panic!("{:?}", found.hypopg);
    };
    assert!(found.suggestions.iter().all(|one| one.proved.is_err()));
    server.exec(sql).await?;
    let found = suggested(&engine, &statements).await?;
    assert!(found.hypopg.is_ok(), "{:?}", found.hypopg);
    assert!(found.suggestions.iter().any(|one| one.proved.is_ok()), "{:?}", found.suggestions);
    // A tag is found by a GIN index, which hypopg does not make.
    let gin = found.suggestions.iter().find(|one| one.sql.contains(" using gin "));
    let gin = gin.map(|one| one.proved.clone());
    assert!(matches!(&gin, Some(Err(why)) if why.message().contains("GIN")), "{gin:?}");
    engine.stop().await;
    Ok(())
}

/// A table, and statements that need an index, do not, and cannot be planned.
pub(crate) async fn small(server: &Server) -> Result<Vec<Weighted>> {
    server
        .exec(
            "create table visits (id int primary key, visitor int not null, seen int not null, tags text[] not null);
             insert into visits select n, n % 3000, 0, array['t' || n % 700, 'u' || n % 900] from generate_series(1, 30000) n;
             grant all on visits to analyst; analyze",
        )
        .await?;
    let texts = [
        "select id from visits where visitor = $1",
        "select id from visits where tags @> $1",
        "update visits set visitor = $1 where id = $2",
        "select * from hidden where a = $1",
        "drop table visits",
    ];
    let one = |(at, text): (usize, &str)| Weighted {
        queryid: i64::try_from(at).unwrap_or(0),
        text: text.to_owned(),
        total_ms: 10.0 - at as f64,
        calls: Some(1_000.0),
    };
    Ok(texts.into_iter().enumerate().map(one).collect())
}

/// An index that a new one begins with is named, and both statements do what they say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_becomes_redundant_is_named() -> Result {
    let Some(server) = started(18, false).await? else { return Ok(()) };
    small(&server).await?;
    server
        .exec(
            "create index \"Old\" on visits (visitor); create unique index on visits (visitor, id)",
        )
        .await?;
    server
        .exec(
            "create index on visits (visitor) where seen > 5; update visits set seen = id; analyze",
        )
        .await?;
    let text = "select id from visits where visitor = $1 and seen = $2".to_owned();
    let statements = [Weighted { queryid: 1, text, total_ms: 1.0, calls: None }];
    let engine = watching_one(analyst(&server)).await?;
    let found = suggested(&engine, &statements).await?;
    let [only] = found.suggestions.as_slice() else { panic!("{:?}", found.suggestions) };
    assert!(only.sql.ends_with(" on public.visits (visitor, seen);"), "{}", only.sql);
    let [drop] = only.drops.as_slice() else { panic!("{:?}", only.drops) };
    assert_eq!(drop.sql, "drop index concurrently public.\"Old\";");
    for statement in [&only.sql, &drop.sql, &only.undo] {
        server.exec(statement).await?;
    }
    let left = "select count(*) from pg_indexes where tablename = 'visits'";
    assert_eq!(number(&server, left).await?, 3);
    engine.stop().await;
    Ok(())
}

/// Without hypopg what is likely is suggested, and said to be unproved.
async fn without_a_proof(major: u16) -> Result {
    let Some(server) = started(major, false).await? else { return Ok(()) };
    let statements = small(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    let found = suggested(&engine, &statements).await?;
    let Err(Reason::MissingExtension { sql, .. }) = &found.hypopg else {
        panic!("{:?}", found.hypopg);
    };
    assert_eq!(sql, "create extension hypopg;");
    let known: Vec<bool> = found.statements.iter().map(|one| one.cost.is_ok()).collect();
    assert_eq!(known, [true, true, true, false, false]);
    let visitor = found.suggestions.iter().find(|one| one.sql.contains("(visitor)"));
    let visitor = visitor.unwrap_or_else(|| panic!("{:?}", found.suggestions));
    assert_eq!(
        visitor.sql,
        "create index concurrently visits_visitor_idx on public.visits (visitor);"
    );
    assert!(visitor.proved.is_err() && visitor.serves.len() == 1, "{visitor:?}");
    let writes = visitor.writes.clone().unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(writes.updated_columns, ["visitor"]);
    for one in &found.suggestions {
        server.exec(&one.sql).await?;
    }
    let again = suggested(&engine, &statements).await?;
    assert!(again.suggestions.is_empty(), "{:?}", again.suggestions);
    let (before, after) = (found.statements[0].cost.clone(), again.statements[0].cost.clone());
    assert!(after.unwrap_or(f64::MAX) < before.unwrap_or(0.0));
    for one in &found.suggestions {
        server.exec(&one.undo).await?;
    }
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_proof_14() -> Result {
    without_a_proof(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_proof_18() -> Result {
    without_a_proof(18).await
}

/// One index that several statements ask for makes two redundant, and what adds nothing to it is left out; what is
/// printed does what it says, and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_index_takes_the_place_of_two() -> Result {
    let Some(server) = started(15, true).await? else { return Ok(()) };
    server
        .exec(
            "create table orders (id int primary key, customer int not null, state int not null, placed int not null);
             insert into orders select n, n % 200, n / 200 % 7, n * 31 % 90000 from generate_series(1, 60000) n;
             create index orders_customer on orders (customer) with (fillfactor = 80);
             create index orders_customer_state on orders (customer, state);
             alter table orders add constraint orders_unique unique (customer, state, id);
             grant all on orders to analyst; analyze",
        )
        .await?;
    let one = |queryid, text: &str, total_ms| Weighted {
        queryid,
        text: text.to_owned(),
        total_ms,
        calls: Some(10.0),
    };
    let statements = [
        one(1, "select * from orders where customer = $1 and state = $2 and placed > $3", 50.0),
        one(
            2,
            "select * from orders where customer = $1 and state = $2 order by placed desc limit $3",
            40.0,
        ),
        one(3, "select * from orders where customer = $1 and placed = $2", 0.01),
    ];
    let definitions = "select string_agg(indexdef, ' ' order by indexname) from pg_indexes where tablename = 'orders'";
    let at_first = text(&server, definitions).await?;
    let engine = watching_one(analyst(&server)).await?;
    let found = suggested(&engine, &statements).await?;
    let [only] = found.suggestions.as_slice() else { panic!("{:?}", found.suggestions) };
    assert!(only.sql.ends_with(" on public.orders (customer, state, placed);"), "{}", only.sql);
    assert!(found.is_smallest && only.serves.len() >= 2, "{only:?}");
    assert!(found.saved_percent.is_some_and(|percent| percent > 10.0), "{:?}", found.saved_percent);
    let [left_out] = found.not_suggested.as_slice() else { panic!("{:?}", found.not_suggested) };
    assert!(left_out.sql.contains("(customer, placed)"), "{left_out:?}");
    assert!(left_out.why.contains("adds nothing"), "{left_out:?}");
    let drops: Vec<&str> = only.drops.iter().map(|drop| drop.sql.as_str()).collect();
    assert_eq!(
        drops,
        [
            "drop index concurrently public.orders_customer;",
            "drop index concurrently public.orders_customer_state;"
        ]
    );
    server.exec(&only.sql).await?;
    for drop in &only.drops {
        server.exec(&drop.sql).await?;
    }
    let again = suggested(&engine, &statements).await?;
    for (before, after) in found.statements.iter().zip(&again.statements).take(2) {
        let (before, after) = (before.cost.clone(), after.cost.clone());
        assert!(after.unwrap_or(f64::MAX) < 0.9 * before.unwrap_or(0.0), "{again:?}");
    }
    server.exec(&only.undo).await?;
    for drop in &only.drops {
        server.exec(&drop.undo).await?;
    }
    assert_eq!(text(&server, definitions).await?, at_first);
    engine.stop().await;
    Ok(())
}

/// A large table that only grows gets BRIN for a range of time, and a B-tree once its rows lie in no order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_order_gets_brin() -> Result {
    let Some(server) = started(15, true).await? else { return Ok(()) };
    server
        .exec(
            "create table log (id bigint, at timestamptz not null, value float8, payload text);
             insert into log select n, timestamptz '2026-01-01' + n * interval '10 seconds', n % 100, repeat('x', 350) from generate_series(1, 170000) n;
             grant all on log to analyst; analyze",
        )
        .await?;
    let text = "select sum(value) from log where at >= $1 and at < $2".to_owned();
    let statements = [Weighted { queryid: 1, text, total_ms: 1.0, calls: None }];
    let engine = watching_one(analyst(&server)).await?;
    let found = suggested(&engine, &statements).await?;
    let [only] = found.suggestions.as_slice() else { panic!("{:?}", found.suggestions) };
    assert_eq!(only.sql, "create index concurrently log_at_idx on public.log using brin (at);");
    let note = only.note.clone().unwrap_or_default();
    assert!(note.contains("in the order of at (correlation 1.00)"), "{note}");
    let promised = only.serves.first().and_then(|one| one.custom.clone().ok());
    let promised = promised.unwrap_or_else(|| panic!("{only:?}"));
    server.exec(&only.sql).await?;
    let size = number(&server, "select pg_relation_size('log_at_idx')").await? as f64;
    assert!(only.size_bytes.is_some_and(|bytes| (bytes / size).max(size / bytes) < 1.5), "{size}");
    let again = suggested(&engine, &statements).await?;
    assert!(again.suggestions.is_empty(), "{:?}", again.suggestions);
    let real = "explain (format json) select sum(value) from log where at >= '2026-01-18 17:00' and at < '2026-01-19 16:36:40'";
    let mut connection = server.connect().await?;
    let plan: serde_json::Value = sqlx::query_scalar(real).fetch_one(&mut connection).await?;
    assert!(plan.to_string().contains("log_at_idx"), "{plan}");
    let cost = plan[0]["Plan"]["Total Cost"].as_f64().unwrap_or_default();
    let factor = (cost / promised.after).max(promised.after / cost);
    assert!(factor <= PROMISED, "{promised:?} promised, {cost} real");
    server.exec(&only.undo).await?;
    // Rows that are written anew in another order are found by a B-tree.
    server
        .exec(
            "create table other as select * from log order by md5(id::text); drop table log;
             alter table other rename to log; alter table log alter at set not null;
             grant all on log to analyst; analyze",
        )
        .await?;
    let mixed = suggested(&engine, &statements).await?;
    assert!(mixed.suggestions.iter().all(|one| !one.is_brin()), "{:?}", mixed.suggestions);
    engine.stop().await;
    Ok(())
}

async fn text(server: &Server, sql: &'static str) -> Result<String> {
    let mut connection = server.connect().await?;
    Ok(sqlx::query_scalar(sql).fetch_one(&mut connection).await?)
}
