//! `fixtures/diff`: for each change of a plan one before it and one after it.

use std::path::Path;

use crate::pairs::{Pair, again, rewritten};
use crate::session::{Result, options, run_file};

const OPTIONS: &str = "analyze, verbose, buffers, settings";

const CHANGES: &[Pair] = &[
    rewritten(
        "join_order",
        (
            "",
            "select count(*) from customers c join orders o on o.customer_id = c.id join items i on i.order_id = o.id where c.id < 50",
        ),
        (
            "set join_collapse_limit = 1;",
            "select count(*) from orders o join items i on i.order_id = o.id join customers c on o.customer_id = c.id where c.id < 50",
        ),
    ),
    again(
        "join_method",
        ("", "select c.name, o.amount from customers c join orders o on o.customer_id = c.id"),
        &[],
        "set enable_hashjoin = off;",
    ),
    again(
        "work_mem",
        (
            "set work_mem = '64MB';",
            "select o.note, c.name from orders o join customers c on c.id = o.customer_id order by o.note",
        ),
        &[],
        "set work_mem = '256kB';",
    ),
    again(
        "parallel_off",
        (
            "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0;",
            "select status, sum(amount) from orders group by status",
        ),
        &[],
        "",
    ),
    again(
        "memoize_off",
        (
            "set enable_hashjoin = off; set enable_mergejoin = off;",
            "select count(*) from items i join customers c on c.id = i.amount",
        ),
        &[],
        "set enable_hashjoin = off; set enable_mergejoin = off; set enable_memoize = off;",
    ),
    rewritten(
        "not_pruned",
        ("", "select * from parts where day = 5"),
        ("", "select * from parts where day + 0 = 5"),
    ),
    again(
        "partitions_added",
        ("", "select count(*) from parts"),
        &[
            "create table parts_3 partition of parts for values from (30) to (40)",
            "create table parts_4 partition of parts for values from (40) to (50)",
            "insert into parts select g, 30 + g % 20 from generate_series(1, 20000) g",
            "analyze parts",
        ],
        "",
    ),
    again(
        "index_changed",
        ("", "select * from orders where customer_id = 42 and status = 'done'"),
        &[
            "create index orders_customer_id_status_idx on orders (customer_id, status) include (amount)",
            "drop index orders_customer_id_idx",
            "vacuum analyze orders",
        ],
        "",
    ),
    again(
        "index_dropped",
        ("", "select * from orders where customer_id = 42"),
        &["drop index orders_customer_id_status_idx"],
        "",
    ),
];

/// Recorded the other way round: the same rows, first with old statistics, then with new ones.
const STALE: Pair = Pair {
    prepare: &["insert into events select g, 7, 1 + g % 20000 from generate_series(1, 100000) g"],
    ..again(
        "statistics_stale",
        (
            "",
            "select e.id, c.name from events e join customers c on c.id = e.customer_id where e.kind = 7",
        ),
        &["analyze events"],
        "",
    )
};

/// Records all changes.
pub async fn record(folder: &Path, major: u16) -> Result<()> {
    let server = options(major, "64MB").start().await?;
    let folder = folder.join("diff");
    run_file(&server, "diff.sql").await?;
    for pair in CHANGES {
        let pair = Pair { options: OPTIONS, ..*pair };
        pair.record(&server, &folder, ["before", "after"]).await?;
    }
    Pair { options: OPTIONS, ..STALE }.record(&server, &folder, ["after", "before"]).await?;
    server.stop().await;
    Ok(())
}
