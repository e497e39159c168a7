//! A session stays idle in transaction and holds back the xmin horizon.

use crate::Error;
use crate::scene::{self, Scene};

/// Seconds until it remembers its transaction.
const FORGOTTEN: f64 = 1500.0;

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut session = scene.shop("reports-export").await?;
    loop {
        scene::run(&mut session, "begin isolation level repeatable read").await?;
        scene::run(&mut session, "select id, name from categories order by id").await?;
        scene.wait(FORGOTTEN).await;
        scene::run(&mut session, "commit").await?;
        scene.wait(10.0).await;
    }
}
