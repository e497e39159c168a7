//! `fixtures/MAJOR`: the statements of `app/plan/record/statements` in four formats, and one plan in
//! every border and line style of psql.

use std::path::Path;
use std::process::Command;

use playground::Server;

use crate::session::{Result, explain, options, run_file, source, sources, write};

/// Formats of EXPLAIN and the endings of their files.
const FORMATS: [(&str, &str); 4] =
    [("text", "txt"), ("json", "json"), ("xml", "xml"), ("yaml", "yaml")];

async fn server(major: u16) -> Result<Server> {
    let options = options(major, "32MB").setting("max_parallel_workers_per_gather", "2");
    let server = options.start().await?;
    run_file(&server, "schema.sql").await?;
    Ok(server)
}

/// Records all statements.
pub async fn record(folder: &Path, major: u16) -> Result<()> {
    let server = server(major).await?;
    let mut names: Vec<String> = vec![];
    for entry in std::fs::read_dir(sources().join("statements"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".sql").map(str::to_owned));
    }
    names.sort();
    for name in names {
        let statement = source(&format!("statements/{name}.sql"))?;
        for (format, ending) in FORMATS {
            let options = format!("{}, format {format}", explain_options(&name, major));
            let plan = explain(&server, settings(&name), &options, &statement).await?;
            write(&folder.join(format!("{major}/{name}.{ending}")), &plan)?;
        }
    }
    server.stop().await;
    Ok(())
}

/// What makes the planner choose the plan that a statement is there for.
fn settings(name: &str) -> &'static str {
    match name {
        "parallel" | "parallel_join" => {
            "set parallel_setup_cost=0; set parallel_tuple_cost=0; set min_parallel_table_scan_size=0;"
        }
        "sort_spill" => "set work_mem='128kB'; set max_parallel_workers_per_gather=0;",
        "jit" => "set jit=on; set jit_above_cost=0; set max_parallel_workers_per_gather=0;",
        "memoize" => {
            "set max_parallel_workers_per_gather=0; set enable_hashjoin=off; set enable_mergejoin=off;"
        }
        "hash_join" => "set max_parallel_workers_per_gather=0; set work_mem='64kB';",
        "seq_scan" => "set track_io_timing=on; set max_parallel_workers_per_gather=0;",
        _ => "set max_parallel_workers_per_gather=0;",
    }
}

/// The options of EXPLAIN: each is missing in some statement.
fn explain_options(name: &str, major: u16) -> &'static str {
    match name {
        "nested_loop" => "analyze, buffers false",
        "index_scan" => "costs",
        "window" => "analyze, timing off, costs off, summary off",
        "update" | "upsert" => "analyze, buffers, wal, verbose",
        "seq_scan" if major >= 19 => "analyze, verbose, buffers, settings, memory, serialize, io",
        "seq_scan" if major >= 17 => "analyze, verbose, buffers, settings, memory, serialize",
        _ => "analyze, verbose, buffers, settings",
    }
}

/// Records the frames that psql draws; takes psql from `PATH`.
pub async fn record_frames(folder: &Path, major: u16) -> Result<()> {
    let server = server(major).await?;
    let statement = source("statements/nested_loop.sql")?;
    let (text, json) = (
        format!("explain (analyze) {statement}"),
        format!("explain (analyze, format json) {statement}"),
    );
    let folder = folder.join(major.to_string());
    for border in ["0", "1", "2"] {
        for style in ["ascii", "old-ascii", "unicode"] {
            let (border_is, style_is) = (format!("border={border}"), format!("linestyle={style}"));
            let look = ["-P", &border_is, "-P", &style_is];
            let wrapped = [&look[..], &["-P", "format=wrapped", "-P", "columns=70"]].concat();
            let name = format!("{border}_{style}");
            let frame = folder.join(format!("frame_{name}"));
            write(&frame.with_extension("txt"), &psql(&server, &look, &text)?)?;
            write(&frame.with_extension("json"), &psql(&server, &look, &json)?)?;
            let path = folder.join(format!("wrapped_{name}.txt"));
            write(&path, &psql(&server, &wrapped, &text)?)?;
        }
    }
    write(&folder.join("frame_expanded.txt"), &psql(&server, &["-x"], &text)?)?;
    server.stop().await;
    Ok(())
}

fn psql(server: &Server, look: &[&str], statement: &str) -> Result<String> {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &server.dsn()]).args(look);
    let out = command.args(["-c", statement]).output()?;
    if !out.status.success() {
        return Err(format!("psql: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    Ok(String::from_utf8(out.stdout)?)
}
