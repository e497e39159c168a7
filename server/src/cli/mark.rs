//! `pgdeck mark`: sets a mark on the line of events of the running pgdeck, at its control socket.

use clap::Args;
use engine::dsn::Environment;
use serde_json::json;

use super::Place;
use super::ask::control;
use super::error::Failure;
use crate::config;
use crate::control::{MARK, MARKED};

/// `pgdeck mark`.
#[derive(Debug, Args)]
pub struct Mark {
    /// What happened, for example "release 42"
    pub title: String,
    /// Only this server [default: all]
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    /// The port of the pgdeck that is meant, where several run on the data directory
    #[arg(long)]
    pub port: Option<u16>,
    /// Where pgdeck's data directory is.
    #[command(flatten)]
    pub place: Place,
}

/// Sets the mark.
pub async fn mark(mark: &Mark, env: &Environment) -> Result<(), Failure> {
    let data_dir = config::data_directory(&mark.place, env)?;
    // As JSON a title is one line, whatever it holds.
    let words =
        json!({ "title": mark.title, "server": mark.server.as_deref().unwrap_or_default() });
    let said = control(&data_dir, mark.port, &format!("{MARK} {words}\n")).await?;
    if said == MARKED { Ok(()) } else { Err(Failure::usage(said)) }
}
