//! Hostile answers × phases: each is refused with a reason that a person understands, and none is held in memory.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Dsn;
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::sql::SqlFile;
use model::{Cause, Reason};
use playground::attack::{ATTACKS, ATTACKS_WITH_ROWS, Attack};
use playground::{HostileServer, Phase};
use support::{Result, monitored};

/// What each area asks first, as far as the hostile server can tell.
const QUESTION: SqlFile = SqlFile { floor: 14, name: "one.14.sql", text: "select 'x'::text as x" };
/// How often it is asked: the attack comes with the fourth question.
const QUESTIONS: usize = 4;
/// Connecting, and each question, have deadlines of their own; the machine is busy.
const AT_MOST: Duration = Duration::from_secs(30);
/// What pgdeck may hold with ten of them (`server/tests/binary/hostile.rs`), and here the attacker as well, for it
/// runs in this process.
const MEMORY_KB: u64 = 256 << 10;

/// Reads from the server until it is refused.
async fn refusal(dsn: &Dsn) -> Option<Reason> {
    let overhead = Arc::new(Overhead::default());
    let mut observer = match Observer::open(dsn, &Budget::default(), overhead).await {
        Ok(observer) => observer,
        Err(reason) => return Some(reason),
    };
    for _ in 0..QUESTIONS {
        match observer.read(&[QUESTION]).await {
            Err(reason) => return Some(reason),
            // Of an answer that is too large, or empty, only the answer is lost.
            Ok(answers) => {
                let answer = answers.into_iter().next()?;
                if let Err(reason) = answer.and_then(|rows| rows.one::<(String,)>()) {
                    return Some(reason);
                }
            }
        }
    }
    None
}

/// Whether a person learns what happened: the connection is lost, or the answer is of no use.
fn is_told(reason: &Reason) -> bool {
    match reason {
        Reason::Unreachable { message, remedy, cause } => {
            *cause == Cause::Protocol && !message.is_empty() && !remedy.is_empty()
        }
        Reason::TooLarge { .. } | Reason::Undecodable { .. } => true,
        Reason::Failed { message, .. } => message.ends_with("gave no row"),
        _ => false,
    }
}

/// A relay must not close our end before we have read what the server said last.
#[tokio::test]
async fn what_a_server_says_last_is_told() -> Result {
    let server = monitored(17).await?;
    let dsn = Dsn::parse(&server.dsn_for("watcher", "w", "postgres"), &Environment::empty())?;
    let opened = Observer::open(&dsn, &Budget::default(), Arc::new(Overhead::default())).await;
    let mut observer = opened.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    let ours = "pg_stat_activity where application_name like 'pgdeck %'";
    server.exec(&format!("select pg_terminate_backend(pid) from {ours}")).await?;
    support::until_true(&server, &format!("select count(*) = 0 from {ours}")).await?;
    // The relay has seen the end of the server's words by now, too.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let lost = observer.read(&[QUESTION]).await.err().map(|reason| reason.message());
    let lost = lost.unwrap_or_default();
    assert!(lost.contains("57P01"), "{lost}");
    Ok(())
}

/// The most memory that this process ever held, kB.
fn peak_kb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.unwrap_or_default().trim().trim_end_matches(" kB").parse()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hostile_answer_is_refused_in_every_phase() -> Result {
    let server = monitored(17).await?;
    let always = ATTACKS.iter().flat_map(|attack| Phase::ALL.map(|phase| (*attack, phase)));
    let rows = ATTACKS_WITH_ROWS.iter();
    let rows = rows.flat_map(|attack| [Phase::Query, Phase::Fetch].map(|phase| (*attack, phase)));
    let cells: Vec<(Attack, Phase)> = always.chain(rows).collect();
    let mut seen = 0;
    for (attack, phase) in &cells {
        let hostile = HostileServer::before(&server, *attack, *phase).await?;
        let dsn = Dsn::parse(&hostile.dsn_for("watcher", "w", "postgres"), &Environment::empty())?;
        let started = Instant::now();
        let reason = refusal(&dsn).await;
        let took = started.elapsed();
        let said = reason.as_ref().map(Reason::message).unwrap_or_default();
        println!("{phase:?}: {attack:?}: {took:.1?}, {} MiB: {said}", peak_kb()? >> 10);
        // On a busy machine the deadline may come before the limit: it ends the connection as well.
        let is_late =
            attack.name.ends_with("without an end") && said.contains("did not answer within");
        let told = is_late || reason.is_some_and(|reason| is_told(&reason));
        assert!(told, "{phase:?}: {attack:?}");
        assert!(took < AT_MOST, "{phase:?}: {attack:?}: {took:?}");
        seen += 1;
    }
    let peak = peak_kb()?;
    println!("{seen} of {} hostile answers refused, at most {} MiB held", cells.len(), peak >> 10);
    assert!(peak < MEMORY_KB, "{peak} kB");
    Ok(())
}
