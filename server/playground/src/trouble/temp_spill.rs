//! Temporary files: a large sort with a small work_mem spills to disk.

use crate::Error;
use crate::scene::{self, Scene};

/// Seconds from one export to the next.
const EVERY: f64 = 25.0;

const EXPORT: &str = "select count(*) from (select id, customer_id, total, note from orders where total > $1::int8 \
     order by total desc, note, id offset 0) sorted";

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut export = scene.shop("nightly-export").await?;
    scene::run(&mut export, "set work_mem = '64kB'; set max_parallel_workers_per_gather = 0")
        .await?;
    loop {
        scene::ask(&mut export, EXPORT, 20).await?;
        scene.wait(EVERY).await;
    }
}
