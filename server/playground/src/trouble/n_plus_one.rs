//! N+1 queries: one for the list of orders, then one for the items of each order.

use sqlx::Row;

use crate::Error;
use crate::scene::{self, Scene};

/// Milliseconds from one page to the next.
const EVERY_MS: u64 = 3000;

const ORDERS: &str =
    "select id, placed_at, status from orders order by placed_at desc limit 40 offset $1";
const ITEMS: &str = "select line, product_id, quantity, unit_price from order_items where order_id = $1 order by line";

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut page = scene.shop("backoffice").await?;
    for first in (0..10_i64).cycle() {
        let orders = sqlx::query(ORDERS)
            .bind(first * 40)
            .fetch_all(&mut page)
            .await
            .map_err(Error::sql(ORDERS))?;
        for order in orders {
            let id: i64 = order.try_get("id").map_err(Error::sql(ORDERS))?;
            scene::ask(&mut page, ITEMS, id).await?;
        }
        scene.pause(EVERY_MS).await;
    }
    Ok(())
}
