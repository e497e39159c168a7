//! The room for rows: what the answers of all servers may take together until they are decoded. Each answer has a
//! little of its own, so that a server with large answers leaves the others theirs.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// What all answers may take at once, bytes (`docs/limits.md#what-a-server-may-send`).
pub const ROOM_BYTES: u64 = 64 << 20;
/// What each answer may take besides, bytes: most are far smaller.
const OWN_BYTES: u64 = 1 << 20;
/// In which steps it is taken, bytes.
const STEP_BYTES: u64 = 1 << 20;
/// How long an answer waits for others to be done.
const PATIENCE: Duration = Duration::from_secs(1);

/// One permit for each step.
static ROOM: Semaphore = Semaphore::const_new((ROOM_BYTES / STEP_BYTES) as usize);

/// What one answer takes; given back when this is dropped.
#[derive(Default)]
pub struct Room(Vec<SemaphorePermit<'static>>);

impl Room {
    /// Takes room for that many bytes in all; whether there is.
    pub async fn reach(&mut self, bytes: u64) -> bool {
        while OWN_BYTES + STEP_BYTES * (self.0.len() as u64) < bytes {
            match timeout(PATIENCE, ROOM.acquire()).await {
                Ok(Ok(permit)) => self.0.push(permit),
                _ => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_answers_share_the_room_and_each_has_its_own() {
        let (mut large, mut small) = (Room::default(), Room::default());
        assert!(large.reach(ROOM_BYTES + OWN_BYTES).await);
        assert!(!large.reach(ROOM_BYTES + 2 * OWN_BYTES).await);
        assert!(small.reach(OWN_BYTES).await);
        assert!(!small.reach(OWN_BYTES + 1).await);
        drop(large);
        assert!(small.reach(20 * OWN_BYTES).await);
    }
}
