//! `fixtures/catalog`: plans, each with the catalog rows of its tables at that moment.

use std::path::Path;
use std::time::Duration;

use crate::session::{Result, explain, options, rows, run_file, source, write};

/// A plan: its name, what is done before, settings and statement.
type Scene = (&'static str, &'static [&'static str], &'static str, &'static str);

const OPEN: &str = "select * from orders where status = 'open'";

const SCENES: [Scene; 7] = [
    ("no_index", &[], "", OPEN),
    (
        "invalid_index",
        &[
            "create index orders_status on orders (status)",
            "update pg_index set indisvalid = false where indexrelid = 'orders_status'::regclass",
        ],
        "",
        OPEN,
    ),
    (
        "partial_index",
        &[
            "drop index orders_status",
            "create index orders_status_done on orders (status) where id > 5",
        ],
        "",
        OPEN,
    ),
    (
        "random_rows",
        &["drop index orders_status_done", "create index orders_customer on orders (customer_id)"],
        "set enable_bitmapscan = off;",
        "select * from orders where customer_id < 1500",
    ),
    ("correlated", &[], "", "select * from pairs where a = 3 and b = 3"),
    (
        "stale",
        &["update pairs set a = 7, b = 7 where a <> 7"],
        "",
        "select * from pairs where a = 7",
    ),
    ("spill", &[], "set work_mem = '1MB';", "select * from orders order by note"),
];

/// Records all of them.
pub async fn record(folder: &Path, major: u16) -> Result<()> {
    let server = options(major, "64MB").start().await?;
    run_file(&server, "catalog_tables.sql").await?;
    // Counters of changed rows are reported when a session has ended.
    let reported = || tokio::time::sleep(Duration::from_secs(1));
    reported().await;
    rows(&server, &["vacuum analyze"]).await?;
    reported().await;
    let catalog = source("catalog.sql")?;
    for (name, prepare, settings, statement) in SCENES {
        rows(&server, prepare).await?;
        reported().await;
        let settings = format!("set max_parallel_workers_per_gather = 0; {settings}");
        let plan = explain(&server, &settings, "analyze, verbose, buffers", statement).await?;
        write(&folder.join(format!("catalog/{name}.txt")), &plan)?;
        let catalog = rows(&server, &[&catalog]).await?;
        write(&folder.join(format!("catalog/{name}.catalog")), &catalog)?;
    }
    server.stop().await;
    Ok(())
}
