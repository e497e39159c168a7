//! Throttled autovacuum: dead rows of `carts` grow faster than the worker removes them.

use crate::Error;
use crate::scene::{self, Scene};

/// Cleaned at this size, so that a night of demo does not fill the disk.
const LARGEST: &str = "select pg_total_relation_size('carts') > 300 * 1024 * 1024";
const CHANGE: &str = "update carts set changed_at = now() where id % 199 = $1";
const EVERY_MS: u64 = 2500;

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut web = scene.shop("carts").await?;
    scene::run(&mut web, "update carts set changed_at = now()").await?;
    for turn in (0..199).cycle() {
        scene::ask(&mut web, CHANGE, turn).await?;
        if turn == 0 {
            let full: bool = sqlx::query_scalar(LARGEST)
                .fetch_one(&mut web)
                .await
                .map_err(Error::sql(LARGEST))?;
            if full {
                scene::run(&mut web, "vacuum full carts").await?;
            }
        }
        scene.pause(EVERY_MS).await;
    }
    Ok(())
}
