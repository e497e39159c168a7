//! `fixtures/log`: what auto_explain writes to stderr, csvlog and jsonlog, in four formats.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::session::{Result, options, run_file, source, try_each, write};

/// Formats of auto_explain, in the order they are logged.
const FORMATS: [&str; 4] = ["text", "json", "yaml", "xml"];
/// Within this time the log collector has written what it got.
const WRITTEN_WITHIN: Duration = Duration::from_secs(20);

/// Records the logs.
pub async fn record(folder: &Path, major: u16) -> Result<()> {
    let json = major >= 15;
    let destinations = if json { "stderr,csvlog,jsonlog" } else { "stderr,csvlog" };
    let settings = [
        ("logging_collector", "on"),
        ("log_destination", destinations),
        ("log_directory", "logs"),
        ("log_filename", "pg.log"),
        ("shared_preload_libraries", "auto_explain"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_buffers", "on"),
    ];
    let server = settings
        .into_iter()
        .fold(options(major, "32MB"), |options, (name, value)| options.setting(name, value))
        .start()
        .await?;
    run_file(&server, "schema.sql").await?;
    let (count, join) = (source("log/count.sql")?, source("log/join.sql")?);
    let mut statements = vec!["set application_name = 'psql'".to_owned()];
    for format in FORMATS {
        statements.extend([
            format!("set auto_explain.log_format = {format}"),
            "set auto_explain.log_min_duration = 0".to_owned(),
            "set auto_explain.log_verbose = on".to_owned(),
            count.trim_end().to_owned(),
            join.trim_end().to_owned(),
            "set auto_explain.log_min_duration = -1".to_owned(),
        ]);
    }
    // The first statement fails, so that the log holds an error between the plans.
    try_each(&server, &statements).await?;
    let endings: &[&str] = if json { &["log", "csv", "json"] } else { &["log", "csv"] };
    for ending in endings {
        let path = server.data_dir().join("logs").join(format!("pg.{ending}"));
        write(&folder.join(format!("log/{major}.{ending}")), &written(&path).await?)?;
    }
    server.stop().await;
    Ok(())
}

/// The file, when it has the plan of the last statement in all formats.
async fn written(path: &Path) -> Result<String> {
    let until = Instant::now() + WRITTEN_WITHIN;
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.matches("where c.id ").count() >= FORMATS.len() {
            // The rest of the last record may still be on its way.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return Ok(std::fs::read_to_string(path)?);
        }
        if Instant::now() > until {
            return Err(format!("{}: the plans are not there", path.display()).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
