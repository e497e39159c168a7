//! `pgdeck backup-history`: copies the history store into a new file, also while pgdeck writes to it.

use std::path::PathBuf;

use clap::Args;
use engine::dsn::Environment;

use super::Place;
use super::error::Failure;
use crate::config::{self, HistoryPlace};

/// `pgdeck backup-history`.
#[derive(Debug, Args)]
pub struct BackupHistory {
    /// The file to write; it must not exist
    #[arg(value_name = "TO")]
    pub to: PathBuf,
    /// Where the history is.
    #[command(flatten)]
    pub place: Place,
}

/// Writes the copy.
pub async fn backup(backup: &BackupHistory, env: &Environment) -> Result<(), Failure> {
    let from = match config::history_place(&backup.place, env)? {
        Some(HistoryPlace::File(path)) => path,
        Some(HistoryPlace::Shared(_)) => {
            return Err(Failure::usage(
                "the history is in a PostgreSQL database, which makes its backups itself: pg_dump --schema=pgdeck.",
            ));
        }
        None => {
            return Err(Failure::usage(
                "history is off in the configuration, so there is nothing to copy.",
            ));
        }
    };
    history::copy(&from, &backup.to).await.map_err(Failure::failed)?;
    println!("Copied {} to {}.", from.display(), backup.to.display());
    Ok(())
}
