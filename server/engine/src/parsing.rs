//! Where texts of statements are parsed: the parser is recursive, and the depth of a text is not ours to choose.

use std::thread;

/// Room for about as deep a text as PostgreSQL itself would take.
const STACK_BYTES: usize = 64 << 20;

/// Runs what parses on a stack that is large enough; None where that could not be had, or it failed.
pub(crate) fn on_large_stack<T: Send>(parse: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("texts".into()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, parse).ok()?.join().ok()
    })
}
