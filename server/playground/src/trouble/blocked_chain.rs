//! A chain of blocked sessions: the root blocker holds a row lock and idles; waiters queue behind it and
//! behind each other.

use futures::future::try_join_all;

use crate::Error;
use crate::scene::{self, Scene};

/// How long the root holds its row, in seconds.
const HELD: f64 = 90.0;
/// Pause without blocked sessions after that, in seconds.
const PAUSE: f64 = 30.0;
/// Who waits: application, the row it takes first if any, the row it waits for.
const WAITERS: [(&str, Option<u32>, u32); 5] = [
    ("checkout", Some(2), 1),
    ("worker", Some(3), 2),
    ("web", None, 3),
    ("web", None, 1),
    ("checkout", None, 1),
];

async fn once(scene: &Scene) -> Result<(), Error> {
    let mut root = scene.shop("checkout").await?;
    scene::run(&mut root, "begin").await?;
    scene::run(&mut root, &take(1)).await?;
    let release = async {
        scene.wait(HELD).await;
        scene::run(&mut root, "rollback").await
    };
    let waiters = try_join_all(
        WAITERS.iter().enumerate().map(|(place, waiter)| queue(scene, place, *waiter)),
    );
    futures::try_join!(release, waiters)?;
    scene.wait(PAUSE).await;
    Ok(())
}

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    loop {
        once(&scene).await?;
    }
}

async fn queue(scene: &Scene, place: usize, waiter: (&str, Option<u32>, u32)) -> Result<(), Error> {
    let (application, holds, wants) = waiter;
    // One after the other, so that each finds its blocker in place.
    scene.pause(300 * (place as u64 + 1)).await;
    let mut connection = scene.shop(application).await?;
    scene::run(&mut connection, "begin").await?;
    if let Some(row) = holds {
        scene::run(&mut connection, &take(row)).await?;
    }
    scene::run(&mut connection, &take(wants)).await?;
    scene::run(&mut connection, "commit").await
}

fn take(product: u32) -> String {
    format!(
        "update inventory set quantity = quantity - 1, updated_at = now() where product_id = {product} and warehouse = 1"
    )
}
