//! Slow query: a correlated subquery on a column without an index.

use crate::Error;
use crate::scene::{self, Scene};

/// Seconds from one report to the next.
const EVERY: f64 = 50.0;

const REPORT: &str = "select p.id, p.name, (select sum(i.quantity) from order_items i where i.product_id = p.id) as sold \
     from products p where p.category_id = $1 order by sold desc nulls last";

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut session = scene.shop("reports").await?;
    // Parallel workers would triple its cost for the machine and hardly make it faster.
    scene::run(&mut session, "set max_parallel_workers_per_gather = 0").await?;
    for category in (1..=60).cycle() {
        scene::ask(&mut session, REPORT, category).await?;
        scene.wait(EVERY).await;
    }
    Ok(())
}
