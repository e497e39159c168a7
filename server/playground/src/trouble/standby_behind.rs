//! Replication lag: WAL replay on the standby is paused. Does nothing without a standby.

use crate::Error;
use crate::scene::{self, Scene};

/// Seconds without replay.
const PAUSED: f64 = 40.0;
/// Seconds from one pause to the next.
const EVERY: f64 = 180.0;

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let Some(mut standby) = scene.standby("standby-admin").await? else {
        return std::future::pending().await;
    };
    scene::run(&mut standby, "select pg_wal_replay_resume()").await?;
    loop {
        scene.wait(20.0).await;
        scene::run(&mut standby, "select pg_wal_replay_pause()").await?;
        scene.wait(PAUSED).await;
        scene::run(&mut standby, "select pg_wal_replay_resume()").await?;
        scene.wait(EVERY - PAUSED - 20.0).await;
    }
}
