//! What pgdeck costs a busy server: pgbench beside the released binary, which watches the server and is frozen
//! in turn (SIGSTOP), so that pairs lie side by side in time. Prints the median ratio and its spread: on a
//! machine with other work the spread says how far the median can be trusted.
//!
//! `cargo bench -p server --bench pgbench [-- PAIRS]`

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use playground::ServerOptions;

const PAIRS: usize = 10;
const SECONDS: u32 = 6;
const SCALE: u32 = 10;
/// Neither of the two cores is left idle.
const CLIENTS: u32 = 4;

struct Pgdeck(Child);

impl Drop for Pgdeck {
    fn drop(&mut self) {
        let _ = self.signal("CONT");
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Pgdeck {
    fn signal(&self, name: &str) -> Result<()> {
        let sent =
            Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status()?;
        ensure!(sent.success(), "kill -{name} failed");
        Ok(())
    }
}

/// Runs pgbench with these arguments; what it printed.
fn pgbench(dsn: &str, arguments: &[String]) -> Result<String> {
    let run = Command::new("pgbench").args(arguments).arg(dsn).output()?;
    ensure!(run.status.success(), "pgbench: {}", String::from_utf8_lossy(&run.stderr));
    Ok(String::from_utf8_lossy(&run.stdout).into_owned())
}

/// Transactions a second of one run.
fn run(dsn: &str) -> Result<f64> {
    let clients = CLIENTS.to_string();
    let arguments = ["-n", "-c", &clients, "-j", "1", "-T", &SECONDS.to_string()].map(String::from);
    let text = pgbench(dsn, &arguments)?;
    let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).context("no tps")?;
    line.split(' ').next().context("no tps")?.parse().context("tps is no number")
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

#[tokio::main]
async fn main() -> Result<()> {
    if Command::new("pgbench").arg("--version").output().is_err() {
        println!("pgbench is not installed: what pgdeck costs it is not measured");
        return Ok(());
    }
    let pairs = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(PAIRS);
    let server = ServerOptions::new(17).start().await?;
    server
        .exec("create extension pg_stat_statements; create role watcher login password 'w'; grant pg_monitor to watcher")
        .await?;
    let dsn = server.dsn();
    pgbench(&dsn, &["-i", "-q", "-s", &SCALE.to_string()].map(String::from))?;
    let data = tempfile::tempdir()?;
    let child = Command::new(env!("CARGO_BIN_EXE_pgdeck"))
        .args(["serve", &server.dsn_for("watcher", "w", "postgres"), "--listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(data.path().join("data"))
        .env("PGDECK_AUDIT_ANCHOR", data.path().join("anchor"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let pgdeck = Pgdeck(child);
    run(&dsn)?;
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        // Each comes first as often as second, or a machine that slows down would count against one of them.
        let (mut with, mut without) = (f64::NAN, f64::NAN);
        for is_on in [pair % 2 == 0, pair % 2 == 1] {
            pgdeck.signal(if is_on { "CONT" } else { "STOP" })?;
            tokio::time::sleep(Duration::from_millis(500)).await;
            *(if is_on { &mut with } else { &mut without }) = run(&dsn)?;
        }
        pgdeck.signal("CONT")?;
        ratios.push(with / without);
        rates.push(without);
    }
    ensure!(watched(&server).await? > 100, "pgdeck did not read the server");
    ratios.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    println!(
        "pgbench, {CLIENTS} clients, {pairs} pairs of {SECONDS} s: {:.0} transactions a second; with pgdeck {:.4} times as many in the median, half of the pairs between {:.4} and {:.4}, all between {:.4} and {:.4} (goal 0.995)",
        at(&rates, 0.5),
        at(&ratios, 0.5),
        at(&ratios, 0.25),
        at(&ratios, 0.75),
        at(&ratios, 0.0),
        at(&ratios, 1.0)
    );
    let spread = at(&ratios, 0.75) - at(&ratios, 0.25);
    if spread > 0.01 {
        println!("  the spread is {:.1} %: too wide to tell a loss of 0.5 %", spread * 100.0);
    }
    Ok(())
}

/// Calls of pgdeck's role.
async fn watched(server: &playground::Server) -> Result<i64> {
    let mut connection = server.connect().await?;
    let calls: Option<i64> = sqlx::query_scalar(
        "select sum(s.calls)::int8 from pg_stat_statements(false) s join pg_roles r on r.oid = s.userid where r.rolname = 'watcher'",
    )
    .fetch_one(&mut connection)
    .await?;
    Ok(calls.unwrap_or(0))
}
