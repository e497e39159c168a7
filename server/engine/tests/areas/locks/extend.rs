//! Relation extension locks. The lock is held for less than a millisecond, so a writer is stopped
//! in the middle of it, as a slow disk would.

use std::process::Command;
use std::time::{Duration, Instant};

use model::locks::{EdgeKind, ObjectKind};

use super::harness::{Look, Result};

const WRITERS: usize = 4;
/// How often a writer is stopped in vain before it is stopped inside; one in three is usual.
const TRIES: usize = 500;
/// How often one is stopped inside while another waits for something else than its lock, a page's say.
const CATCHES: usize = 5;
/// All others wait within this, or never will.
const ALL: Duration = Duration::from_secs(3);
/// Longer than a look at `pg_locks` takes, shorter than patience.
const ANSWER: Duration = Duration::from_secs(1);

/// A process that stands still while this lives.
struct Stopped(i32);

impl Stopped {
    fn new(pid: i32) -> Result<Self> {
        signal("-STOP", pid)?;
        Ok(Self(pid))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Whatever failed is told by the scenario; the process goes on or is gone.
        let _ = signal("-CONT", self.0);
    }
}

fn signal(name: &str, pid: i32) -> Result {
    anyhow::ensure!(Command::new("kill").args([name, &pid.to_string()]).status()?.success());
    Ok(())
}

pub async fn relation(look: &mut Look) -> Result {
    look.server.exec("create unlogged table growing (note text)").await?;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let session = look.session(&format!("writer {number}")).await?;
        writers.push(session.pid);
        session.start(
            "do $$ begin for i in 1..1000 loop
               insert into growing select repeat('x', 1500) from generate_series(1, 200); commit;
             end loop; end $$",
        );
    }
    let stopped = caught(look, &writers).await?;
    let graph = look.graph(WRITERS - 1).await?;
    assert_eq!(graph.queues.len(), 1);
    assert_eq!(graph.queues[0].object.kind, ObjectKind::Extend);
    assert_eq!(graph.queues[0].object.words(), "the end of growing");
    let blocking = graph.blocking();
    let holder = graph.node_of(stopped.0).expect("the stopped writer");
    for wait in &graph.queues[0].waiters {
        let edges = blocking.blockers(wait.node);
        let hard: Vec<u32> =
            edges.iter().filter(|e| e.kind == EdgeKind::Hard).map(|e| e.blocker).collect();
        assert_eq!(hard, [holder]);
    }
    assert_eq!(graph.roots.iter().map(|root| root.node).collect::<Vec<_>>(), [holder]);
    drop(stopped);
    look.reset().await?;
    look.server.exec("drop table growing").await?;
    Ok(())
}

/// A writer that is stopped inside while all others wait.
async fn caught(look: &mut Look, writers: &[i32]) -> Result<Stopped> {
    for _ in 0..CATCHES {
        let stopped = inside(look, writers).await?;
        let since = Instant::now();
        while since.elapsed() < ALL {
            let mut waiting = 0;
            for writer in writers.iter().filter(|pid| **pid != stopped.0) {
                waiting += usize::from(look.is_waiting(*writer).await?);
            }
            if waiting == WRITERS - 1 {
                return Ok(stopped);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    anyhow::bail!("on {} the others never all waited for a writer that was caught", look.major())
}

/// Stops one writer after the other until one holds the lock.
async fn inside(look: &mut Look, writers: &[i32]) -> Result<Stopped> {
    let started = Instant::now();
    let mut connection = look.server.connect().await?;
    for pid in writers.iter().cycle().take(TRIES) {
        let stopped = Stopped::new(*pid)?;
        let sql = "select exists (select from pg_locks where locktype = 'extend' and granted and pid = $1)";
        let holds = sqlx::query_scalar::<_, bool>(sql).bind(pid).fetch_one(&mut connection);
        match tokio::time::timeout(ANSWER, holds).await {
            Ok(Ok(true)) => return Ok(stopped),
            Ok(holds) => {
                holds?;
            }
            // It stands inside the lock table itself, and nobody can look.
            Err(_) => {
                drop(stopped);
                connection = look.server.connect().await?;
            }
        }
    }
    anyhow::bail!("no writer was caught on {} in {:?}", look.major(), started.elapsed())
}
