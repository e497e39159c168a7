//! Lock waits of every kind on real servers of every major, each with the exact graph expected and,
//! for every waiter, compared with `pg_blocking_pids`: the oracle, used nowhere but here.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod extend;
mod harness;
mod kinds;
mod modes;
mod parallel;
mod queues;
mod rows;
mod standby;
mod vacuum;

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use playground::ServerOptions;

use self::harness::{Look, Result};

/// As many sessions as pile up in one scenario, and some.
const CONNECTIONS: &str = "260";

/// Runs each scenario on the same server, whatever became of those before; what failed, and why.
macro_rules! scenarios {
    ($look:ident: $($module:ident::$name:ident),+ $(,)?) => {{
        let mut failed: Vec<String> = Vec::new();
        $(
            let ran = AssertUnwindSafe($module::$name($look)).catch_unwind().await;
            if let Err(why) = ran.unwrap_or_else(|panic| Err(panicked(panic))) {
                failed.push(format!("{}: {why:#}", stringify!($module::$name)));
                $look.recover().await?;
            }
        )+
        failed
    }};
}

fn panicked(panic: Box<dyn Any + Send>) -> anyhow::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    anyhow::anyhow!("{}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic"))
}

async fn every_scenario(major: u16) -> Result {
    let server = ServerOptions::new(major)
        .setting("max_connections", CONNECTIONS)
        .setting("max_prepared_transactions", "5")
        // Deadlocks are to be seen, not broken; autovacuum is not to yield either.
        .setting("deadlock_timeout", "1h")
        .setting("autovacuum_naptime", "1s")
        .start()
        .await?;
    let look = &mut Look::at(server).await?;
    let failed = scenarios! {
        look:
        modes::tables,
        modes::rows,
        queues::soft_block,
        queues::holder_goes_first,
        queues::deadlock_of_rows,
        queues::upgrade_of_one_table,
        queues::prepared_transaction,
        kinds::advisory,
        kinds::virtual_transaction,
        kinds::object,
        kinds::speculative,
        kinds::serializable,
        rows::named_by_table_and_row,
        extend::relation,
        parallel::blocks,
        parallel::waits,
        queues::pile_up,
        vacuum::to_prevent_wraparound,
    };
    anyhow::ensure!(failed.is_empty(), "on {major}:\n{}", failed.join("\n"));
    Ok(())
}

macro_rules! majors {
    ($($name:ident $standby:ident $major:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result {
            if playground::install::passed_over($major) {
                return Ok(());
            }
            every_scenario($major).await
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $standby() -> Result {
            if playground::install::passed_over($major) {
                return Ok(());
            }
            standby::conflict($major).await
        }
    )+};
}

majors! {
    on_14 standby_14 14;
    on_15 standby_15 15;
    on_16 standby_16 16;
    on_17 standby_17 17;
    on_18 standby_18 18;
    on_19 standby_19 19;
}
