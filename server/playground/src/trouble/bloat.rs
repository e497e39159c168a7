//! Table bloat: `sessions` is updated all the time with autovacuum disabled.

use crate::Error;
use crate::scene::{self, Scene};

/// The table is emptied of dead rows at this size, so that a night of demo does not fill the disk.
const LARGEST: &str = "select pg_total_relation_size('sessions') > 300 * 1024 * 1024";
const TOUCH: &str = "update sessions set seen_at = now() where id % 97 = $1";
const EVERY_MS: u64 = 2500;

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut worker = scene.shop("session-keeper").await?;
    // What an evening without vacuum left: four dead rows for each living one, some 100 MiB.
    for _ in 0..4 {
        scene::run(&mut worker, "update sessions set seen_at = now()").await?;
    }
    for turn in (0..97).cycle() {
        scene::ask(&mut worker, TOUCH, turn).await?;
        if turn == 0 {
            let full: bool = sqlx::query_scalar(LARGEST)
                .fetch_one(&mut worker)
                .await
                .map_err(Error::sql(LARGEST))?;
            if full {
                scene::run(&mut worker, "vacuum full sessions").await?;
            }
        }
        scene.pause(EVERY_MS).await;
    }
    Ok(())
}
