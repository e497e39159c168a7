//! Unused indexes that slow down writes, and a foreign key without an index that makes a delete slow.

use crate::Error;
use crate::scene::{self, Scene};

/// Milliseconds from one round to the next.
const EVERY_MS: u64 = 20_000;

const PREFERENCES: &str =
    "update customers set preferences = preferences || '{\"seen\": true}' where id % 1000 = $1";
const STATUS: &str = "update orders set status = 'shipped' where id in (select id from orders order by id desc limit $1)";
const RETIRE: &str = "with gone as (select max(id) as id from products where sku like 'SAMPLE-%') \
     delete from products p using gone where p.id = gone.id and $1 > 0";
const SAMPLE: &str = "insert into products (category_id, sku, name, description, price, attributes) \
     values (1, 'SAMPLE-' || $1 || '-' || clock_timestamp(), 'Sample', 'Not for sale', 1, '{}')";

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut catalogue = scene.shop("catalogue-import").await?;
    for turn in (0..1000_i64).cycle() {
        scene::ask(&mut catalogue, PREFERENCES, turn).await?;
        scene::ask(&mut catalogue, STATUS, 20).await?;
        scene::ask(&mut catalogue, SAMPLE, turn).await?;
        // order_items.product_id has no index: the foreign key check reads the whole table.
        scene::ask(&mut catalogue, RETIRE, 1).await?;
        scene.pause(EVERY_MS).await;
    }
    Ok(())
}
