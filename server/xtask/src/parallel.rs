//! Runs a list of tasks on as many threads as there are cores.

use std::sync::Mutex;

use crate::command::Result;

/// Runs `task` on each item, the first items first; the error is that of the first task to fail.
pub fn each<T: Send>(items: Vec<T>, task: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let queue = Mutex::new(items.into_iter());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let worker = || {
        while let Some(item) = next() {
            task(&item)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let mut workers = workers.into_iter();
        workers
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("a task panicked".into())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_and_a_failure_is_reported() {
        let done = Mutex::new(Vec::new());
        let all = each((0..100).collect(), |item| {
            done.lock().unwrap().push(*item);
            Ok(())
        });
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        assert_eq!((all, done), (Ok(()), (0..100).collect()));
        let failed =
            each(vec![1, 2, 3], |item| if *item == 2 { Err("two".into()) } else { Ok(()) });
        assert_eq!(failed, Err("two".to_owned()));
    }
}
