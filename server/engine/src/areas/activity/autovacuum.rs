//! What autovacuum's workers do, from the sessions and the progress that are read anyway. The text of a
//! worker is PostgreSQL's own: `autovacuum: VACUUM ANALYZE public.orders (to prevent wraparound)`.

use model::Known;
use model::activity::autovacuum::{Autovacuum, AutovacuumSettings, AutovacuumWorker};
use model::activity::{Progress, Session};

/// What a worker's text ends with while it freezes to prevent wraparound.
const WRAPAROUND: &str = " (to prevent wraparound)";
/// What a worker may be doing, longest first.
const COMMANDS: [&str; 4] = ["VACUUM ANALYZE", "VACUUM", "ANALYZE", "BRIN summarize"];

/// The workers among the sessions, before texts are hidden from anybody.
pub fn workers(sessions: &[Session]) -> Vec<AutovacuumWorker> {
    let is_worker =
        |session: &&Session| session.backend_type.as_deref() == Some("autovacuum worker");
    let mut workers: Vec<_> = sessions.iter().filter(is_worker).map(worker).collect();
    workers.sort_by(|a, b| b.age_ms.partial_cmp(&a.age_ms).unwrap_or(std::cmp::Ordering::Equal));
    workers
}

fn worker(session: &Session) -> AutovacuumWorker {
    let wait = session.wait_event_type.as_deref().zip(session.wait_event.as_deref());
    let text = session.query.as_deref().and_then(|text| text.strip_prefix("autovacuum: "));
    let begun = text.and_then(|text| {
        let command = COMMANDS.into_iter().find(|command| text.starts_with(command))?;
        let rest = text.get(command.len()..)?.strip_prefix(' ')?;
        Some((command, rest.strip_suffix(WRAPAROUND).unwrap_or(rest)))
    });
    AutovacuumWorker {
        pid: session.pid,
        datname: session.datname.clone(),
        command: begun.map(|(command, _)| command.to_owned()),
        table: begun.map(|(_, table)| table.to_owned()),
        to_prevent_wraparound: text.map(|text| text.ends_with(WRAPAROUND)),
        age_ms: session.query_age_ms.or(session.xact_age_ms),
        waits_for: wait.map(|(class, event)| format!("{class}: {event}")),
        ..AutovacuumWorker::default()
    }
}

/// The workers with the progress that they report.
pub fn autovacuum(
    workers: Vec<AutovacuumWorker>,
    progress: &Known<Vec<Progress>>,
    settings: &Known<AutovacuumSettings>,
) -> Autovacuum {
    let rows = progress.as_deref().unwrap_or_default();
    let joined = |worker: AutovacuumWorker| {
        let Some(row) = rows.iter().find(|row| row.pid == worker.pid) else { return worker };
        let total = row.total.filter(|total| *total > 0.0);
        AutovacuumWorker {
            phase: Some(row.phase.clone()).filter(|phase| !phase.is_empty()),
            percent: row
                .done
                .zip(total)
                .map(|(done, total)| (100.0 * done / total).clamp(0.0, 100.0)),
            delay_ms: row.delay_ms,
            ..worker
        }
    };
    Autovacuum { workers: workers.into_iter().map(joined).collect(), settings: settings.clone() }
}

#[cfg(test)]
mod tests {
    use model::Reason;

    use super::*;

    fn session(text: Option<&str>) -> Session {
        Session {
            pid: 7,
            backend_type: Some("autovacuum worker".into()),
            query: text.map(str::to_owned),
            ..Session::default()
        }
    }

    fn read(text: &str) -> (Option<String>, Option<String>, Option<bool>) {
        let worker = worker(&session(Some(text)));
        (worker.command, worker.table, worker.to_prevent_wraparound)
    }

    #[test]
    fn a_worker_says_what_it_does() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            read("autovacuum: VACUUM ANALYZE public.a b (to prevent wraparound)"),
            (some("VACUUM ANALYZE"), some("public.a b"), Some(true))
        );
        assert_eq!(
            read("autovacuum: ANALYZE shop.orders"),
            (some("ANALYZE"), some("shop.orders"), Some(false))
        );
        assert_eq!(read(""), (None, None, None), "it has not begun, or nothing is tracked");
    }

    #[test]
    fn progress_is_joined_by_pid_and_unknown_without() {
        let progress = Progress {
            pid: 7,
            phase: "scanning heap".into(),
            done: Some(5.0),
            total: Some(20.0),
            ..Progress::default()
        };
        let settings = || Err(Reason::NotYet);
        let of = |progress| {
            let workers = workers(&[session(None), Session { pid: 8, ..Session::default() }]);
            let found = autovacuum(workers, &progress, &settings());
            assert_eq!(found.workers.len(), 1);
            found.workers.first().map(|worker| (worker.phase.clone(), worker.percent))
        };
        assert_eq!(of(Ok(vec![progress])), Some((Some("scanning heap".into()), Some(25.0))));
        assert_eq!(of(Err(Reason::NotYet)), Some((None, None)));
    }
}
