//! pgbench says how many transactions it processed. What the differences add up to is the same.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use model::statements::Measure;
use playground::Server;
use sqlx::Connection;

use super::harness::Reader;
use crate::support::Result;

/// The statements of pgbench's own transaction.
const TRANSACTION: [&str; 5] = [
    "UPDATE pgbench_accounts",
    "SELECT abalance FROM pgbench_accounts",
    "UPDATE pgbench_tellers",
    "UPDATE pgbench_branches",
    "INSERT INTO pgbench_history",
];
/// Transactions that are run.
const TRANSACTIONS: f64 = 4.0 * 50.0;

/// Where pgbench is installed: one of another major drives any server.
fn installed() -> Option<PathBuf> {
    let of_major = |major: &u16| playground::install::find(*major).ok().map(|found| found.bin);
    let own = playground::install::SUPPORTED.iter().filter_map(of_major);
    let debian = (14..=19).map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")));
    own.chain(debian).map(|bin| bin.join("pgbench")).find(|program| program.is_file())
}

/// pgbench with four clients, read five times while it runs: each statement of its transaction is counted as often
/// as pgbench processed transactions.
pub async fn pgbench(server: &Server, reader: &mut Reader) -> Result {
    let Some(program) = installed() else {
        eprintln!("pgbench not here: passed over");
        return Ok(());
    };
    let dsn = server.dsn();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).arg(&dsn).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn()
    };
    anyhow::ensure!(run(&["-i", "-q"])?.wait()?.success(), "pgbench -i");
    reader.read().await?;
    let mut running = run(&["-n", "-c", "4", "-t", "50", "-M", "prepared"])?;
    let (mut calls, mut said) = (std::collections::HashMap::<i64, f64>::new(), None);
    for _ in 0..5 {
        said = running.try_wait()?.or(said);
        for moved in reader.tick().await?.moved {
            *calls.entry(moved.key.queryid).or_default() += moved.sums.get(Measure::Calls);
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    let output = tokio::task::spawn_blocking(move || running.wait_with_output()).await??;
    for moved in reader.tick().await?.moved {
        *calls.entry(moved.key.queryid).or_default() += moved.sums.get(Measure::Calls);
    }
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(report.contains("actually processed: 200/200"), "{said:?}: {report}");
    let mut session = server.connect().await?;
    for begin in TRANSACTION {
        let sql = "select queryid from pg_stat_statements where query like $1 || '%'";
        let id: i64 = sqlx::query_scalar(sql).bind(begin).fetch_one(&mut session).await?;
        assert_eq!(calls.get(&id), Some(&TRANSACTIONS), "{begin}: {calls:?}");
    }
    session.close().await?;
    Ok(())
}
