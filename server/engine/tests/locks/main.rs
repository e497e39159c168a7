//! Lock waits of every kind on real servers of every major, each with the exact graph expected and,
//! for every waiter, compared with `pg_blocking_pids`: the oracle, used nowhere but here.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod extend;
mod kinds;
mod look;
mod modes;
mod parallel;
mod queues;
mod standby;
mod vacuum;

use look::{Look, Result};
use playground::ServerOptions;

/// As many sessions as pile up in one scenario, and some.
const CONNECTIONS: &str = "260";

async fn every_scenario(major: u16) -> Result {
    let server = ServerOptions::new(major)
        .setting("max_connections", CONNECTIONS)
        .setting("max_prepared_transactions", "5")
        // Deadlocks are to be seen, not broken; autovacuum is not to yield either.
        .setting("deadlock_timeout", "1h")
        .setting("autovacuum_naptime", "1s")
        .start()
        .await?;
    let mut look = Look::at(server).await?;
    modes::tables(&mut look).await?;
    modes::rows(&mut look).await?;
    queues::soft_block(&mut look).await?;
    queues::holder_goes_first(&mut look).await?;
    queues::deadlock_of_rows(&mut look).await?;
    queues::upgrade_of_one_table(&mut look).await?;
    queues::prepared_transaction(&mut look).await?;
    kinds::advisory(&mut look).await?;
    kinds::virtual_transaction(&mut look).await?;
    kinds::object(&mut look).await?;
    kinds::speculative(&mut look).await?;
    kinds::serializable(&mut look).await?;
    extend::relation(&mut look).await?;
    parallel::blocks(&mut look).await?;
    parallel::waits(&mut look).await?;
    queues::pile_up(&mut look).await?;
    vacuum::to_prevent_wraparound(&mut look).await
}

macro_rules! majors {
    ($($name:ident $standby:ident $major:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result {
            every_scenario($major).await
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $standby() -> Result {
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
}
