//! Advice that is done: what a plan of a real statement proposes is executed, and the statement runs again. It must
//! touch less than half of the blocks that it touched before; what proposes nothing proposes nothing.

use std::collections::BTreeSet;

use plan::rules::{Limits, judge};
use playground::Server;

use super::support::Result;

/// A table with a column of each kind, none of them indexed but the key and two.
const TABLE: &str = "
    create extension if not exists pg_trgm;
    create table orders (
        id int primary key, tenant_id int, customer_id int, status varchar(20), note text, mail varchar(80),
        at timestamptz, amount numeric, doc jsonb, hidden boolean, deleted_at timestamptz, \"Odd Name\" int);
    insert into orders select n, n % 50, n % 4000, (array['open', 'paid', 'sent'])[1 + n % 3], 'note ' || md5(n::text),
        'user' || n || '@example.com', '2026-01-01'::timestamptz + n * interval '1 minute', n % 977,
        jsonb_build_object('k', n % 3000), n % 500 = 0, case when n % 100 > 0 then now() end, n % 5000
        from generate_series(1, 60000) n;
    create index orders_tenant on orders (tenant_id);
    create index orders_at on orders (at);
    create table payments (order_id int, paid_at timestamptz);
    insert into payments select n, now() from generate_series(1, 60000) n;
    set max_parallel_workers_per_gather = 0;
    alter database postgres set max_parallel_workers_per_gather = 0;
    alter database postgres set jit = off;
    vacuum analyze";

/// Statements that an index helps, with the index that a person would build.
const HELPED: [(&str, &str); 14] = [
    ("select * from orders where customer_id = 7", "orders (customer_id)"),
    ("select * from orders where 7 = customer_id", "orders (customer_id)"),
    ("select * from orders where mail = 'user7@example.com'", "orders (mail)"),
    (
        "select * from orders o where o.status = 'open' and o.customer_id = 9",
        "orders (status, customer_id)",
    ),
    (
        "select * from orders where amount > 970 and customer_id in (1, 2, 3)",
        "orders (customer_id, amount)",
    ),
    ("select * from orders where customer_id = 12 and id > 100", "orders (customer_id, id)"),
    ("select * from orders where \"Odd Name\" = 3", "orders (\"Odd Name\")"),
    (
        "select * from orders where deleted_at is null and customer_id = 100",
        "orders (customer_id) where (deleted_at is null)",
    ),
    (
        "select * from orders where not hidden and customer_id = 100",
        "orders (customer_id) where (not hidden)",
    ),
    ("select * from orders where lower(note) = 'x'", "orders ((lower(note)))"),
    ("select * from orders where doc ->> 'k' = '7'", "orders (((doc ->> 'k'::text)))"),
    ("select * from orders where mail like '%r4242@%'", "orders using gin (mail gin_trgm_ops)"),
    (
        "select * from orders where tenant_id = 3 and mail = 'user3@example.com'",
        "orders (tenant_id, mail)",
    ),
    (
        "select * from orders where customer_id = (select order_id from payments limit 1)",
        "orders (customer_id)",
    ),
];

/// Statements for which no index is known to help, whatever may be in the plan.
const LEFT_ALONE: [&str; 11] = [
    "select * from orders where id = 5",
    "select * from orders where note not like '%abc%'",
    "select * from orders where customer_id <> 3",
    "select * from orders where customer_id = 1 or amount = 2",
    "select * from orders where amount = id",
    "select * from orders where at::date = '2026-01-02'",
    "select * from orders where date_trunc('day', at) = '2026-01-02'",
    "select * from orders where random() < 0.0001",
    "select * from orders o where not exists (select from payments p where p.order_id = o.id and p.paid_at is null) limit 5",
    "select count(*) from orders",
    "select relname from pg_class where relpages = 4711",
];

async fn explained(server: &Server, statement: &str) -> Result<String> {
    let mut connection = server.connect().await?;
    let sql = format!("explain (analyze, buffers) {statement}");
    let lines: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
    Ok(lines.join("\n"))
}

/// The indexes that a plan proposes, and the blocks that its root touched.
fn read(text: &str) -> Result<(BTreeSet<String>, f64)> {
    let parsed = plan::parse(text)?;
    let plan = parsed.plans.first().ok_or_else(|| anyhow::anyhow!("no plan"))?;
    let derived = plan::derive(plan);
    let blocks = derived.nodes.iter().filter_map(|own| own.counters).map(|own| {
        own.get(plan::derive::Counter::SharedHit) + own.get(plan::derive::Counter::SharedRead)
    });
    let found = judge(plan, &derived, &Limits::new()).0;
    let sql = found.into_iter().filter_map(|one| one.finding.remedy.sql);
    Ok((sql.filter(|sql| sql.starts_with("create index")).collect(), blocks.sum()))
}

async fn on(major: u16) -> Result {
    let server = playground::server(major).await?;
    for statement in TABLE.split(';') {
        server.exec(statement).await?;
    }
    for (statement, index) in HELPED {
        let (offered, before) = read(&explained(&server, statement).await?)?;
        let expected = format!("create index concurrently on {index};");
        anyhow::ensure!(offered.contains(&expected), "{statement}: {offered:?}");
        for sql in &offered {
            server.exec(sql).await?;
        }
        server.exec("analyze orders").await?;
        let text = explained(&server, statement).await?;
        let (_, after) = read(&text)?;
        anyhow::ensure!(after <= before / 2.0, "{statement}: {before} and then {after}: {text}");
        let others =
            "select indexrelid::regclass::text from pg_index where indrelid = 'orders'::regclass
            and indexrelid::regclass::text not in ('orders_pkey', 'orders_tenant', 'orders_at')";
        let mut connection = server.connect().await?;
        let made: Vec<String> = sqlx::query_scalar(others).fetch_all(&mut connection).await?;
        for name in made {
            server.exec(&format!("drop index {name}")).await?;
        }
    }
    for statement in LEFT_ALONE {
        let (offered, _) = read(&explained(&server, statement).await?)?;
        anyhow::ensure!(offered.is_empty(), "{statement}: {offered:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_index_that_is_proposed_helps_on_14() -> Result {
    on(14).await
}

#[tokio::test]
async fn an_index_that_is_proposed_helps_on_18() -> Result {
    on(18).await
}
