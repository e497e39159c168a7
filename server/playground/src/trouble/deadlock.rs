//! Deadlock: two transactions lock the same two rows in opposite order.

use crate::Error;
use crate::scene::{self, Scene};

/// Seconds from one deadlock to the next.
const EVERY: f64 = 60.0;

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut east = scene.shop("stock-east").await?;
    let mut west = scene.shop("stock-west").await?;
    loop {
        scene::run(&mut east, &format!("begin; {}", take(21))).await?;
        scene::run(&mut west, &format!("begin; {}", take(22))).await?;
        let (one, other) = (take(22), take(21));
        // PostgreSQL ends one of the two, after deadlock_timeout; that is the point.
        let _ = futures::join!(scene::run(&mut east, &one), scene::run(&mut west, &other));
        scene::run(&mut east, "rollback").await?;
        scene::run(&mut west, "rollback").await?;
        scene.wait(EVERY).await;
    }
}

fn take(product: u32) -> String {
    format!(
        "update inventory set quantity = quantity - 1 where product_id = {product} and warehouse = 2"
    )
}
