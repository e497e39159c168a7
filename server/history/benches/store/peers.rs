//! Peers in the same run: VictoriaMetrics and Prometheus, from Debian's packages, fed with the same samples
//! as counters that grow. One that is not installed is passed over.

use std::fmt::Write as _;
use std::io::{BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::day::{COUNTERS, Days, Grown, METRICS, MINUTE, START};

/// Where a program is.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A peer's server; ends with it.
pub struct Peer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
    /// Its name on screen.
    pub name: &'static str,
    /// Samples that it was given.
    pub samples: f64,
    /// Samples a second that it took.
    pub rate: f64,
    /// Bytes on disk.
    pub bytes: f64,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Bytes of all files under a folder.
pub fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        bytes += if data.is_dir() { size_of(&entry.path())? } else { data.len() };
    }
    Ok(bytes)
}

impl Peer {
    fn start(
        name: &'static str,
        program: &Path,
        (folder, port): (tempfile::TempDir, u16),
        arguments: &[String],
    ) -> Result<Self> {
        let mut command = Command::new(program);
        let command = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let peer = Self {
            child: command.spawn()?,
            port,
            folder,
            name,
            samples: 0.0,
            rate: 0.0,
            bytes: 0.0,
        };
        let begun = Instant::now();
        while !peer.get("/-/ready").or_else(|_| peer.get("/health")).is_ok_and(|it| it.0 == 200) {
            ensure!(begun.elapsed() < Duration::from_secs(60), "{name} does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(peer)
    }

    fn request(&self, head: &str, body: &[&[u8]]) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let length: usize = body.iter().map(|part| part.len()).sum();
        write!(
            stream,
            "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        )?;
        for part in body {
            stream.write_all(part)?;
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
        Ok((status.context("no status")?, answer))
    }

    fn get(&self, path: &str) -> Result<(u16, String)> {
        self.request(&format!("GET {path}"), &[])
    }

    /// The identities that an answer names, and the median time of asking, ms.
    pub fn ask(&self, query: &str, at_ms: i64) -> Result<(Vec<String>, f64)> {
        let mut path = String::from("/api/v1/query?query=");
        for byte in query.bytes() {
            write!(path, "%{byte:02x}")?;
        }
        write!(path, "&time={}", at_ms / 1_000)?;
        let mut times = Vec::new();
        let mut named = Vec::new();
        for _ in 0..7 {
            let begun = Instant::now();
            let (status, text) = self.get(&path)?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            ensure!(status == 200, "{} refuses: {text}", self.name);
            let ids = text.split("\"queryid\":\"").skip(1);
            named = ids.filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect();
        }
        times.sort_by(f64::total_cmp);
        Ok((named, times.get(3).copied().unwrap_or(f64::NAN)))
    }
}

/// VictoriaMetrics with the samples of so many days; None where it is not installed.
pub fn victoria_metrics(entities: usize, days: usize) -> Result<Option<Peer>> {
    let Some(program) = find("victoria-metrics") else { return Ok(None) };
    let (folder, port) = (tempfile::tempdir()?, free_port()?);
    let arguments = [
        format!("-httpListenAddr=127.0.0.1:{port}"),
        format!("-storageDataPath={}", folder.path().display()),
        "-retentionPeriod=100y".into(),
        "-search.latencyOffset=0s".into(),
        // Each question is asked several times, and none of the stores may remember the answer.
        "-search.disableCache".into(),
        "-search.maxQueryDuration=10m".into(),
        "-import.maxLineLen=1073741824".into(),
    ];
    let mut peer = Peer::start("VictoriaMetrics", &program, (folder, port), &arguments)?;
    let mut samples = Days::of(entities);
    let (mut busy, mut count) = (Duration::ZERO, 0);
    for day in 0..days {
        let mut lines = String::new();
        let first = START + day as i64 * 1_440 * MINUTE;
        let times: Vec<i64> = (0..1_440).map(|minute| first + minute * MINUTE).collect();
        let times = serde_json::to_string(&times)?;
        for Grown { queryid, metric, values } in samples.next(1_440) {
            count += values.len();
            writeln!(
                lines,
                r#"{{"metric":{{"__name__":"{}","queryid":"{queryid}","database":"shop"}},"values":{},"timestamps":{times}}}"#,
                name(metric),
                serde_json::to_string(&values)?,
            )?;
        }
        let begun = Instant::now();
        let (status, text) = peer.request("POST /api/v1/import", &[lines.as_bytes()])?;
        ensure!(status == 204, "VictoriaMetrics refuses: {text}");
        busy += begun.elapsed();
    }
    peer.get("/internal/force_flush")?;
    peer.get("/internal/force_merge")?;
    (peer.samples, peer.rate) = (count as f64, count as f64 / busy.as_secs_f64());
    peer.bytes = settled(peer.folder.path()) as f64;
    Ok(Some(peer))
}

/// Bytes of a folder once its files do not change any more.
fn settled(folder: &Path) -> u64 {
    let (mut last, mut same) = (0, 0);
    for _ in 0..300 {
        std::thread::sleep(Duration::from_millis(200));
        // A file may vanish while the folder is walked.
        let bytes = size_of(folder).unwrap_or(0);
        same = if bytes == last { same + 1 } else { 0 };
        if same > 15 {
            break;
        }
        last = bytes;
    }
    last
}

/// Prometheus with the samples of a day; None where it is not installed.
pub fn prometheus(entities: usize) -> Result<Option<Peer>> {
    let Some((program, tool)) = find("prometheus").zip(find("promtool")) else { return Ok(None) };
    let (folder, port) = (tempfile::tempdir()?, free_port()?);
    let data = folder.path().join("data");
    let text = folder.path().join("day.txt");
    let count = open_metrics(&text, Days::of(entities).next(1_440))?;
    let begun = Instant::now();
    // The greatest block that compaction would make of a day.
    let made = Command::new(tool)
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=18h"])
        .args([&text, &data])
        .output()?;
    ensure!(made.status.success(), "promtool: {}", String::from_utf8_lossy(&made.stderr));
    let busy = begun.elapsed();
    std::fs::remove_file(&text)?;
    let config = folder.path().join("prometheus.yml");
    std::fs::write(&config, "global: {scrape_interval: 1m}\n")?;
    let stored = size_of(&data)?;
    let arguments = [
        format!("--config.file={}", config.display()),
        format!("--storage.tsdb.path={}", data.display()),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--storage.tsdb.retention.time=100y".into(),
    ];
    let mut peer = Peer::start("Prometheus", &program, (folder, port), &arguments)?;
    (peer.samples, peer.rate) = (count as f64, count as f64 / busy.as_secs_f64());
    peer.bytes = stored as f64;
    ensure!(stored > 0, "promtool made no blocks");
    Ok(Some(peer))
}

/// Writes samples in the OpenMetrics format; gives how many.
fn open_metrics(file: &Path, series: Vec<Grown>) -> Result<usize> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    let mut count = 0;
    for (metric, what) in METRICS.iter().enumerate() {
        let kind = if metric < COUNTERS { "counter" } else { "gauge" };
        writeln!(out, "# TYPE {} {kind}", what.name)?;
        for one in series.iter().filter(|one| one.metric == metric) {
            for (minute, value) in (0..).zip(&one.values) {
                let at = (START + minute * MINUTE) / 1_000;
                let (name, id) = (name(metric), &one.queryid);
                writeln!(out, r#"{name}{{queryid="{id}",database="shop"}} {value} {at}"#)?;
            }
            count += one.values.len();
        }
    }
    writeln!(out, "# EOF")?;
    out.flush()?;
    Ok(count)
}

/// The name of a metric in peers.
fn name(metric: usize) -> String {
    let base = METRICS.get(metric).map_or("", |metric| metric.name);
    if metric < COUNTERS { format!("{base}_total") } else { base.to_owned() }
}
