//! A database of 100,000 tables: what a full cycle costs pgdeck beside postgres_exporter with its queries on each
//! table and index, memory of both, pages of the list, and a cycle while a table is locked. Ratios of one run.
//!
//! `cargo bench -p server --bench many_tables [-- TABLES]`

mod running;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use playground::{Server, ServerOptions};
use running::{Running, status_mb};

const TABLES: usize = 100_000;
/// Created in one transaction.
const AT_ONCE: usize = 1_000;
const SCRAPES: usize = 3;
const PAGES: usize = 100;
const EXPORTER: &str = "prometheus-postgres-exporter";
const EXPORTER_ADDRESS: &str = "127.0.0.1:19187";
/// The areas that read every table and every index.
const AREAS: [&str; 2] = ["tables", "indexes"];
/// Each area is read once a minute; nothing that takes this long is finished.
const PATIENCE: Duration = Duration::from_secs(300);
/// The views that its `queries.yaml` reads, and the indexes beside them; key and names are labels, the rest counters.
const VIEWS: [(&str, &[&str], &[&str]); 3] = [
    (
        "pg_stat_user_tables",
        &["schemaname", "relname"],
        &[
            "seq_scan",
            "seq_tup_read",
            "coalesce(idx_scan, 0) as idx_scan",
            "coalesce(idx_tup_fetch, 0) as idx_tup_fetch",
            "n_tup_ins",
            "n_tup_upd",
            "n_tup_del",
            "n_tup_hot_upd",
            "n_live_tup",
            "n_dead_tup",
            "n_mod_since_analyze",
            "vacuum_count",
            "autovacuum_count",
            "analyze_count",
            "autoanalyze_count",
        ],
    ),
    (
        "pg_statio_user_tables",
        &["schemaname", "relname"],
        &[
            "heap_blks_read",
            "heap_blks_hit",
            "coalesce(idx_blks_read, 0) as idx_blks_read",
            "coalesce(idx_blks_hit, 0) as idx_blks_hit",
            "coalesce(toast_blks_read, 0) as toast_blks_read",
            "coalesce(toast_blks_hit, 0) as toast_blks_hit",
        ],
    ),
    (
        "pg_stat_user_indexes",
        &["schemaname", "relname", "indexrelname"],
        &["idx_scan", "idx_tup_read", "idx_tup_fetch"],
    ),
];

#[tokio::main]
async fn main() -> Result<()> {
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(TABLES);
    let server = ServerOptions::new(17)
        .setting("max_locks_per_transaction", "1024")
        .setting("autovacuum", "off")
        .setting("shared_buffers", "1GB")
        .start()
        .await?;
    let began = Instant::now();
    create(&server, count).await?;
    println!("{count} tables and as many indexes made in {:.0} s", began.elapsed().as_secs_f64());
    let dsn = server.dsn_for("watcher", "w", "postgres");
    let exporter = exporter(&dsn).await?;
    let data = tempfile::tempdir()?;
    let running = Running::start(&dsn, data.path())?;
    let first = cycle(&running).await?;
    println!("the first cycle: {first}");
    let mut cycles = [cycle(&running).await?, cycle(&running).await?];
    cycles.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let usual = cycles.first().context("no cycle")?.clone();
    println!("a later cycle: {usual} (goal 1.2 s)");
    let most = status_mb(running.pid(), "VmHWM:")?;
    println!(
        "pgdeck's memory: {:.0} MB now, {most:.0} MB at most (goal 200 MB)",
        running.resident_mb()?
    );
    pages(&running, count)?;
    if let Some((seconds, mb, most)) = exporter {
        println!(
            "{EXPORTER}: {seconds:.2} s and {mb:.0} MB a scrape, {most:.0} MB of memory at most; {:.1} times as long as a cycle (goal 8)",
            seconds / usual.seconds
        );
    }
    let mut holder = server.connect().await?;
    sqlx::query("begin").execute(&mut holder).await?;
    sqlx::query("lock table s_0.t_0, s_1.t_1 in access exclusive mode")
        .execute(&mut holder)
        .await?;
    let locked = cycle(&running).await?;
    println!(
        "with two tables under ACCESS EXCLUSIVE: {locked}, {:.2} times the cycle before (must be about 1)",
        locked.seconds / usual.seconds
    );
    Ok(())
}

/// Tables in forty schemas, each with a primary key, a value that may be large, and a row that was counted.
async fn create(server: &Server, count: usize) -> Result<()> {
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    for schema in 0..40 {
        server.exec(&format!("create schema s_{schema}")).await?;
    }
    for from in (0..count).step_by(AT_ONCE) {
        let to = (from + AT_ONCE).min(count) - 1;
        server
            .exec(&format!(
                "do $$ begin for n in {from}..{to} loop
                   execute format('create table s_%s.t_%s (id int primary key, customer int, note text)', n % 40, n);
                   execute format('insert into s_%s.t_%s select 1, 2, ''three''', n % 40, n);
                 end loop; end $$"
            ))
            .await?;
    }
    for catalog in ["pg_class", "pg_attribute", "pg_index", "pg_constraint"] {
        server.exec(&format!("vacuum analyze {catalog}")).await?;
    }
    server.exec("checkpoint").await?;
    Ok(())
}

/// The median time of a scrape (s), its size (MB) and the most memory that the process had (MiB); None where it is
/// not installed.
async fn exporter(dsn: &str) -> Result<Option<(f64, f64, f64)>> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), queries())?;
    let started = Command::new(EXPORTER)
        .args(["--extend.query-path"])
        .arg(file.path())
        .args(["--web.listen-address", EXPORTER_ADDRESS])
        .env("DATA_SOURCE_NAME", format!("{dsn}?sslmode=disable"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = started else {
        println!("{EXPORTER} is not installed: nothing to compare with");
        return Ok(None);
    };
    let child = Stopped(child);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..=SCRAPES {
        let began = Instant::now();
        let answer = client.get(format!("http://{EXPORTER_ADDRESS}/metrics")).send().await?;
        let text = answer.bytes().await?;
        times.push(began.elapsed().as_secs_f64());
        bytes = text.len();
        let lines = text.split(|byte| *byte == b'\n');
        let read =
            lines.filter(|line| line.starts_with(b"pg_stat_user_tables_n_live_tup{")).count();
        ensure!(read > 0, "the exporter read no table");
    }
    let most = status_mb(child.0.id(), "VmHWM:")?;
    // The first scrape fills the server's caches.
    let mut times = times.split_off(1);
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().context("no scrape")?;
    Ok(Some((median, bytes as f64 / 1e6, most)))
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The exporter's file of queries.
fn queries() -> String {
    let of_view = |(view, labels, counters): &(&str, &[&str], &[&str])| {
        let names: Vec<&str> =
            counters.iter().filter_map(|counter| counter.rsplit(' ').next()).collect();
        let sql = [labels.join(", "), counters.join(", ")].join(", ");
        let metric = |name: &&str, usage: &str| {
            format!("    - {name}:\n        usage: \"{usage}\"\n        description: \"{name}\"\n")
        };
        let labels = labels.iter().map(|name| metric(name, "LABEL"));
        let metrics = labels.chain(names.iter().map(|name| metric(name, "COUNTER")));
        format!(
            "{view}:\n  query: \"select {sql} from {view}\"\n  metrics:\n{}",
            metrics.collect::<String>()
        )
    };
    VIEWS.iter().map(of_view).collect()
}

/// What one reading of all tables and all indexes took.
#[derive(Clone)]
struct Cycle {
    /// From question to decoded answer, s.
    seconds: f64,
    /// Processor time of the whole process in the same span, rules and history included, s.
    cpu: f64,
}

impl std::fmt::Display for Cycle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.2} s, {:.2} s of pgdeck's processor time", self.seconds, self.cpu)
    }
}

/// Waits until each area was read once more.
async fn cycle(running: &Running) -> Result<Cycle> {
    let (before, cpu) = (spent(running)?, cpu_seconds(running.pid())?);
    let began = Instant::now();
    loop {
        // Not more often: what the question costs is in the processor time.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = spent(running)?;
        if now.iter().zip(&before).all(|(now, before)| now.1 > before.1) {
            let seconds =
                |(now, before): (&(f64, f64), &(f64, f64))| (now.0 - before.0) / (now.1 - before.1);
            return Ok(Cycle {
                seconds: now.iter().zip(&before).map(seconds).sum(),
                cpu: cpu_seconds(running.pid())? - cpu,
            });
        }
        ensure!(began.elapsed() < PATIENCE, "no reading within {PATIENCE:?}");
    }
}

/// By area: seconds spent so far, and readings.
fn spent(running: &Running) -> Result<Vec<(f64, f64)>> {
    let text = running.get("/metrics", "")?;
    let value = |name: &str, area: &str| {
        let label = format!("area=\"{area}\"");
        let line = text.lines().find(|line| line.starts_with(name) && line.contains(&label));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0.0)
    };
    let of = |area| {
        (value("pgdeck_area_seconds_total{", area), value("pgdeck_area_readings_total{", area))
    };
    Ok(AREAS.into_iter().map(of).collect())
}

/// User and system time of a process, s (proc(5), fields 14 and 15 of `stat`, in hundredths).
fn cpu_seconds(pid: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = text.rsplit(')').next().context("stat")?.split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

/// Times of the list's pages. The answer to a question is kept until the next reading: the first time is told as well,
/// and each search is another.
fn pages(running: &Running, count: usize) -> Result<()> {
    for (name, path) in [
        ("first page", "/s/local/tables"),
        ("search", "/s/local/tables?q=t_"),
        ("by dead rows", "/s/local/tables?sort=-dead"),
        ("indexes", "/s/local/indexes"),
        ("search of an index", "/s/local/indexes?q=t_"),
    ] {
        let mut times = Vec::new();
        let mut size = 0;
        for round in 0..PAGES {
            let searched =
                if path.ends_with('_') { (count - 1 - round).to_string() } else { String::new() };
            let path = format!("{path}{searched}");
            let began = Instant::now();
            let page = running.get(&path, &running.cookie)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            ensure!(page.contains("t_"), "{path} names no table");
            size = page.len();
        }
        let first = times.first().copied().unwrap_or(f64::NAN);
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (times.len() as f64 * share) as usize;
            times.get(place).copied().unwrap_or(f64::NAN)
        };
        println!(
            "{name}: first {first:.1} ms, median {:.1} ms, p95 {:.1} ms (goal 20 ms), {:.0} KB",
            at(0.5),
            at(0.95),
            size as f64 / 1_024.0
        );
    }
    Ok(())
}
