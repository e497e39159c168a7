//! Area vacuum on real servers: transaction id ages, and the rule on wraparound firing and going quiet.

use engine::Engine;

use crate::support::{Result, config, fires, limits, monitored, quiet, watcher};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transaction_ids_burn() -> Result {
    let server = monitored(15).await?;
    let engine = Engine::start(
        vec![config("one", &watcher(&server))?],
        limits(&[("vacuum/xid_wraparound", "warn_from_xids", 5_000.0)])?,
    );
    quiet(&engine, "one", "vacuum/xid_wraparound").await?;
    engine.stop().await;
    server
        .exec("do $$ begin for i in 1..6000 loop perform pg_current_xact_id(); commit; end loop; end $$")
        .await?;
    let engine = Engine::start(
        vec![config("one", &watcher(&server))?],
        limits(&[("vacuum/xid_wraparound", "warn_from_xids", 5_000.0)])?,
    );
    fires(&engine, "one", "vacuum/xid_wraparound").await?;
    Ok(())
}
