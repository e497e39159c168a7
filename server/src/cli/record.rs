//! `pgdeck record`: watches servers for a while and writes what it read of them into a file with their past,
//! or writes one reading of a server to standard output.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use engine::dsn::Environment;
use engine::{RecordError, ServerConfig};
use history::{History, Settings};

use super::check::not_checked;
use super::error::Failure;
use crate::config;
use crate::http::server::shutdown_signal;

/// How long is recorded unless something else is said.
const LASTING: Duration = Duration::from_secs(300);

/// `pgdeck record`.
#[derive(Debug, Args)]
pub struct Record {
    /// The server, with --to also several [default: the one that PG* variables describe]
    #[arg(value_name = "DSN")]
    pub dsns: Vec<String>,
    /// Record into this new file; without it one reading is written to standard output
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// How long, such as 90s, 5m or 2h; Ctrl-C ends it earlier [default: 5m]
    #[arg(long = "for", value_name = "TIME", requires = "to", value_parser = lasting)]
    pub lasting: Option<Duration>,
}

/// Records.
pub async fn record(record: &Record, env: &Environment) -> Result<(), Failure> {
    if let Some(to) = &record.to {
        let servers = config::named_servers(&record.dsns, env)?;
        return record_into(to, servers, record.lasting.unwrap_or(LASTING)).await;
    }
    let dsn = match record.dsns.as_slice() {
        [] => "",
        [dsn] => dsn,
        _ => {
            return Err(Failure::usage(
                "only one server can be written to standard output; name a file with --to.",
            ));
        }
    };
    let server = config::one_server(dsn, env)?;
    let recording = engine::record(server).await.map_err(|reason| not_checked(&reason))?;
    println!("{}", serde_json::to_string(&recording).map_err(Failure::failed)?);
    Ok(())
}

async fn record_into(
    to: &Path,
    servers: Vec<ServerConfig>,
    lasting: Duration,
) -> Result<(), Failure> {
    // A DSN in the wrong place is not repeated: it may hold a password.
    if to.to_string_lossy().contains("://") {
        return Err(Failure::usage("--to takes the file to write, not a DSN."));
    }
    if to.exists() {
        let exists = history::Error::Exists { path: to.to_owned() };
        return Err(Failure::failed(exists));
    }
    let stop = shutdown_signal(None)?;
    let past =
        History::open(to, Settings::default()).await.map_err(|error| unwritten(to, &error))?;
    let (names, begun) = (names(&servers), Instant::now());
    match engine::record_into(servers, past, lasting, stop).await {
        Ok(()) => {
            let seconds = begun.elapsed().as_secs();
            let file = to.display();
            println!(
                "Recorded {names} for {seconds} s; show it with pgdeck serve --recording {file}"
            );
            Ok(())
        }
        Err(RecordError::Store(error)) => Err(unwritten(to, &error)),
        Err(error) => {
            // Nothing of use is in it.
            for ending in ["", "-wal", "-shm"] {
                let mut name = to.as_os_str().to_owned();
                name.push(ending);
                // Those beside it are gone already where it was closed well.
                let _ = std::fs::remove_file(name);
            }
            Err(match error {
                RecordError::Server(reason) => not_checked(&reason),
                error => Failure::failed(format!("nothing was recorded: {error}")),
            })
        }
    }
}

/// A store says what to do about the history; a recording can go elsewhere.
fn unwritten(to: &Path, error: &history::Error) -> Failure {
    let to = to.display();
    Failure::failed(match error {
        history::Error::NotWritable { cause, .. } => {
            format!("the recording {to} cannot be written: {cause}; name another file with --to.")
        }
        history::Error::Full { .. } => {
            format!("the disk with the recording {to} is full; what was written before is in it.")
        }
        error => error.to_string(),
    })
}

fn names(servers: &[ServerConfig]) -> String {
    let names: Vec<String> = servers.iter().map(|server| server.id.to_string()).collect();
    names.join(", ")
}

fn lasting(text: &str) -> Result<Duration, String> {
    let unit = text.chars().last().unwrap_or(' ');
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok());
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => 0,
    };
    let all = number.and_then(|number| number.checked_mul(seconds));
    // No longer than what a store keeps for the longest.
    all.filter(|all| (1..=1_100 * 86_400).contains(all))
        .map(Duration::from_secs)
        .ok_or_else(|| "write a number and s, m, h or d, such as 90s or 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_number_and_a_unit() {
        for (text, seconds) in [("1s", 1), ("90s", 90), ("5m", 300), ("2h", 7_200), ("1d", 86_400)]
        {
            assert_eq!(lasting(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "5", "m", "0s", "-1s", "5 m", "5µ", "1.5h", "99999999999999999999s", "9999d"]
        {
            assert!(lasting(text).is_err(), "{text}");
        }
    }
}
