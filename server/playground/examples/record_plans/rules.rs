//! `fixtures/rules`: for each rule a plan that has the defect and one where it is repaired.

use std::path::Path;
use std::process::Command;

use playground::Server;

use crate::pairs::{Pair, again, rewritten};
use crate::session::{Result, options, rows, run_file};

/// The names of the two plans.
const NAMES: [&str; 2] = ["fires", "quiet"];
const NO_OTHER_JOIN: &str = "set enable_hashjoin=off; set enable_mergejoin=off;";
const ONLY_INDEX_SCANS: &str = "set enable_seqscan=off; set enable_bitmapscan=off;";

/// In their order: a repair of one is there for all that follow.
const RULES: &[Pair] = &[
    again(
        "filtered_seq_scan",
        ("", "select * from orders where status = 'open'"),
        &["create index concurrently orders_status on orders (status)"],
        "",
    ),
    again(
        "filtered_index_scan",
        (
            "set enable_bitmapscan=off; set enable_seqscan=off;",
            "select * from orders where id < 100000 and amount = 3.5",
        ),
        &["create index concurrently orders_amount on orders (amount, id)"],
        "",
    ),
    again(
        "row_misestimate",
        ("", "select * from pairs where a = 3 and b = 3"),
        &["create statistics pairs_ab (dependencies) on a, b from pairs", "analyze pairs"],
        "",
    ),
    again(
        "sort_spill",
        ("set work_mem='1MB';", "select * from orders order by note"),
        &[],
        "set work_mem='64MB';",
    ),
    again(
        "hash_spill",
        (
            "set work_mem='64kB'; set enable_mergejoin=off; set enable_nestloop=off;",
            "select o.note, c.name from orders o join customers c on c.id = o.customer_id",
        ),
        &[],
        "set work_mem='64MB'; set enable_mergejoin=off; set enable_nestloop=off;",
    ),
    again(
        "nested_loop_over_many_rows",
        (
            "set enable_hashjoin=off; set enable_mergejoin=off; set enable_memoize=off;",
            "select count(*) from orders o join customers c on c.id = o.customer_id",
        ),
        &[],
        "",
    ),
    rewritten(
        "discarded_offset",
        ("", "select * from orders order by id limit 10 offset 50000"),
        ("", "select * from orders where id > 50000 order by id limit 10"),
    ),
    again(
        "lossy_bitmap",
        (
            "set work_mem='64kB'; set enable_seqscan=off; set enable_indexscan=off;",
            "select count(note) from orders where customer_id < 15000",
        ),
        &[],
        "set work_mem='8MB'; set enable_seqscan=off; set enable_indexscan=off;",
    ),
    Pair {
        prepare: &["update customers set city = city"],
        ..again(
            "heap_fetches",
            (ONLY_INDEX_SCANS, "select count(id) from customers where id > 5"),
            &["vacuum analyze customers"],
            ONLY_INDEX_SCANS,
        )
    },
    rewritten(
        "cte_fence",
        ("", "with t as materialized (select * from orders) select * from t where id = 5"),
        ("", "with t as not materialized (select * from orders) select * from t where id = 5"),
    ),
    rewritten(
        "repeated_subplan",
        (
            "",
            "select c.id, (select count(*) from orders o where o.customer_id = c.id) from customers c",
        ),
        (
            "",
            "select c.id, count(o.id) from customers c left join orders o on o.customer_id = c.id group by 1",
        ),
    ),
    rewritten(
        "late_or_filter",
        (
            "",
            "select c.id, k.k from customers c join keys k on c.name = 'customer ' || k.k or c.zip = 'zip ' || k.k where c.id < 50",
        ),
        (
            "",
            "select c.id, k.k from customers c join keys k on c.name = 'customer ' || k.k where c.id < 50 union select c.id, k.k from customers c join keys k on c.zip = 'zip ' || k.k where c.id < 50",
        ),
    ),
    again(
        "leading_wildcard",
        ("", "select * from orders where note like '%abcdef%'"),
        &["create index concurrently orders_note on orders using gin (note gin_trgm_ops)"],
        "",
    ),
    again(
        "wrapped_column",
        ("", "select * from orders where upper(note) = 'X'"),
        &["create index concurrently orders_upper on orders ((upper(note)))"],
        "",
    ),
    again(
        "memoize_miss",
        (NO_OTHER_JOIN, "select k.k, c.name from keys k join customers c on c.id = k.k"),
        &["alter table keys alter k reset (n_distinct)", "analyze keys"],
        NO_OTHER_JOIN,
    ),
    again(
        "missing_workers",
        (
            "set max_parallel_workers_per_gather=4; set max_parallel_workers=1; set parallel_setup_cost=0; set min_parallel_table_scan_size=0;",
            "select count(*) from orders",
        ),
        &[],
        "set max_parallel_workers_per_gather=2; set parallel_setup_cost=0; set min_parallel_table_scan_size=0;",
    ),
    rewritten(
        "unpruned_partitions",
        ("", "select * from parts where day + 0 = 5"),
        ("", "select * from parts where day = 5"),
    ),
    again("disabled_node", ("set enable_seqscan=off;", "select count(*) from parts_3"), &[], ""),
    again(
        "slow_trigger",
        ("", "delete from orders where id between 100001 and 100050"),
        &["create index concurrently items_order on items (order_id)"],
        "",
    ),
    Pair {
        options: "analyze, verbose, buffers, settings",
        ..again(
            "random_page_cost",
            (
                "set enable_bitmapscan=off;",
                "select count(note) from orders where customer_id < 1200",
            ),
            &[],
            "set enable_bitmapscan=off; set random_page_cost=1.1;",
        )
    },
    Pair {
        prepare: &[
            "create function slow_one(int) returns int language plpgsql as $$ begin return $1 + 1; end $$",
            "create function quick_one(int) returns int language sql immutable as 'select $1 + 1'",
        ],
        ..rewritten(
            "row_by_row_function",
            ("", "select * from orders where slow_one(id) < 100"),
            ("", "select * from orders where quick_one(id) < 100"),
        )
    },
    Pair {
        prepare: &[
            "create table skipped (a int, b int)",
            "insert into skipped select g % 1200, g / 1200 from generate_series(0, 719999) g",
            "create index skipped_two on skipped (a, b)",
            "vacuum analyze skipped",
        ],
        ..again(
            "many_index_searches",
            (ONLY_INDEX_SCANS, "select count(*) from skipped where b = 5"),
            &["drop index skipped_two", "create index skipped_b on skipped (b)"],
            ONLY_INDEX_SCANS,
        )
    },
    again(
        "unsorted_limit",
        ("", "select * from orders where status = 'done' order by created limit 10"),
        &["create index concurrently on orders (status, created)"],
        "",
    ),
    again(
        "uncovered_index",
        (ONLY_INDEX_SCANS, "select amount from orders where customer_id < 300"),
        &[
            "create index concurrently orders_covering on orders (customer_id) include (amount)",
            "drop index orders_customer",
            "vacuum orders",
        ],
        ONLY_INDEX_SCANS,
    ),
    Pair {
        prepare: &["checkpoint"],
        options: "analyze, verbose, buffers, wal",
        ..again(
            "full_page_images",
            ("", "update items set order_id = order_id + 1 where id % 10 = 0"),
            &["update items set order_id = order_id where id % 10 = 1"],
            "",
        )
    },
    Pair {
        options: "analyze, verbose, buffers, serialize",
        ..rewritten(
            "serialization_cost",
            ("", "select * from orders"),
            ("", "select count(*) from orders"),
        )
    },
];

/// Read from storage first, from memory then.
const COLD: Pair = again(
    "cold_reads",
    ("set track_io_timing=on;", "select count(*) from wide"),
    &[],
    "set track_io_timing=on;",
);

/// Weighed against its own costs: a server that was built with LLVM, and a statement with much to
/// compile.
const JIT: Pair = Pair {
    options: "analyze, verbose, buffers, settings",
    ..again(
        "jit_cost",
        (
            "set jit = on; set jit_above_cost = 0; set jit_optimize_above_cost = 0; set jit_inline_above_cost = 0;",
            "select status, sum(amount * 2), count(*) filter (where amount > 5) from orders where customer_id % 3 = 1 group by status",
        ),
        &[],
        "set jit = off;",
    )
};

/// Records all rules but `jit_cost`; `slow_planning` has no fixture.
pub async fn record(folder: &Path, major: u16) -> Result<()> {
    let mut server = options(major, "64MB").start().await?;
    let folder = folder.join("rules");
    run_file(&server, "rules.sql").await?;
    for pair in RULES {
        pair.record(&server, &folder, NAMES).await?;
    }
    forget_wide(&mut server).await?;
    COLD.record(&server, &folder, NAMES).await?;
    server.stop().await;
    Ok(())
}

/// Makes the table `wide` and drops it from the memory of server and system.
async fn forget_wide(server: &mut Server) -> Result<()> {
    let table = [
        "create table wide (t text)",
        "alter table wide alter t set storage plain",
        "insert into wide select repeat('x', 6000) from generate_series(1, 1900)",
        "vacuum analyze wide",
        // Workers that read ahead would hide the time of reading.
        "alter system set io_method = 'sync'",
    ];
    rows(server, &table).await?;
    let file = rows(server, &["select pg_relation_filepath('wide')"]).await?;
    server.restart().await?;
    let file = server.data_dir().join(file.trim());
    let dropped = Command::new("sync").status()?.success()
        && Command::new("dd")
            .arg(format!("if={}", file.display()))
            .args(["iflag=nocache", "count=0", "status=none"])
            .status()?
            .success();
    if dropped { Ok(()) } else { Err("the file stays in the memory of the system".into()) }
}

/// Records `jit_cost`.
pub async fn record_jit(folder: &Path, major: u16) -> Result<()> {
    let server = options(major, "64MB").start().await?;
    run_file(&server, "jit.sql").await?;
    JIT.record(&server, &folder.join("rules"), NAMES).await?;
    server.stop().await;
    Ok(())
}
