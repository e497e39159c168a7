//! A thread with a runtime of its own for each server. sqlx reads without giving way while bytes are
//! there, so a server that floods us can hold its own thread, never the pages or another server.

use std::io;
use std::time::Duration;

use futures::future::join_all;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Threads for what blocks, above all looking up names.
const BLOCKING_THREADS: usize = 4;
/// How long the threads together are waited for; one that does not hear ends with the process.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The thread of one server; it ends when this is dropped.
pub struct Isolated {
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Isolated {
    /// Runs `work` on a thread of its own until it is stopped. `work` is told where more can be spawned.
    ///
    /// Errors: the system gives no thread or no file descriptors for one.
    pub fn start<W>(work: impl FnOnce(Handle) -> W) -> io::Result<Self>
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .build()?;
        let work = work(runtime.handle().clone());
        let owned = Owned(Some(runtime));
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("pgdeck-sampler".into()).spawn(move || {
            if let Some(runtime) = &owned.0 {
                runtime.block_on(async {
                    tokio::select! {
                        () = work => {}
                        // Also when the other end is dropped.
                        _ = stopped => {}
                    }
                });
            }
            drop(owned);
            drop(end);
        })?;
        Ok(Self { stop, ended })
    }
}

/// A runtime that is never waited for: a name that is still being looked up must not hold the thread, and
/// without a thread it is dropped where waiting is not allowed.
struct Owned(Option<Runtime>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Ends these threads and waits until their connections are closed.
pub async fn stop(all: Vec<Isolated>) {
    let ended = all.into_iter().map(|isolated| {
        // One that has ended already hears nothing.
        let _ = isolated.stop.send(());
        isolated.ended
    });
    // A thread that is held by its server ends with the process.
    let _ = timeout(STOP_TIMEOUT, join_all(ended)).await;
}
