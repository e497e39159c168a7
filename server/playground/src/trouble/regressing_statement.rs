//! Plan regression: a deployment drops the index that a frequent query uses.

use std::time::Instant;

use crate::Error;
use crate::scene::{self, Scene};

/// Seconds until the index is dropped.
const GOOD: f64 = 240.0;
/// Seconds until the index is created again.
const BAD: f64 = 900.0;

const PAGE: &str = "select id, product_id, stars, body from reviews where customer_id = $1 order by created_at desc limit 10";

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut page = scene.shop("web").await?;
    let mut deploy = scene.shop("deploy").await?;
    scene::run(
        &mut deploy,
        "create index if not exists reviews_customer_id_idx on reviews (customer_id)",
    )
    .await?;
    loop {
        show(&scene, &mut page, GOOD).await?;
        scene::run(&mut deploy, "drop index if exists reviews_customer_id_idx").await?;
        show(&scene, &mut page, BAD).await?;
        scene::run(
            &mut deploy,
            "create index if not exists reviews_customer_id_idx on reviews (customer_id)",
        )
        .await?;
    }
}

/// Queries pages for that many seconds of the demo.
async fn show(scene: &Scene, page: &mut sqlx::PgConnection, seconds: f64) -> Result<(), Error> {
    let over = scene.wait(seconds);
    tokio::pin!(over);
    let start = Instant::now();
    loop {
        let customer = i64::try_from(start.elapsed().as_millis() % 900).unwrap_or(1) + 1;
        scene::ask(page, PAGE, customer).await?;
        tokio::select! {
            () = &mut over => return Ok(()),
            () = scene.pause(500) => {}
        }
    }
}
