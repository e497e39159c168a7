//! Pagination with OFFSET: page 5,000 reads the 4,999 pages before it again.

use crate::Error;
use crate::scene::{self, Scene};

/// Milliseconds from one page to the next.
const EVERY_MS: u64 = 4000;
/// Rows skipped more on each page, so that depth is reached within minutes.
const STRIDE: usize = 5_000;
const DEEPEST: usize = 280_000;

const PAGE: &str =
    "select id, at, actor, action from audit_events order by at, id offset $1 limit 50";

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut page = scene.shop("backoffice").await?;
    for offset in (0..DEEPEST as i64).step_by(STRIDE).cycle() {
        scene::ask(&mut page, PAGE, offset).await?;
        scene.pause(EVERY_MS).await;
    }
    Ok(())
}
