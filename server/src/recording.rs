//! `pgdeck serve --recording`: a file that `pgdeck record` wrote is shown, with its past where it has one. The
//! file is never written, and nothing is read from its servers.

use std::io::Read;
use std::path::Path;

use app::routes::{Page, page_at};
use axum::http::Uri;
use engine::{Engine, Recording};
use history::History;
use model::TimeRange;
use tempfile::TempDir;
use url::form_urlencoded;

use crate::cli::error::Failure;

/// How files of SQLite begin (sqlite.org/fileformat2.html, 1.3).
const SQLITE: &[u8; 16] = b"SQLite format 3\0";

/// A recording, opened.
pub struct Shown {
    /// Its servers.
    pub engine: Engine,
    /// Where the copy lies that is asked for its past.
    pub copy: Option<TempDir>,
}

/// Opens the recording in a file.
pub async fn open(path: &Path) -> Result<Shown, Failure> {
    // A DSN in the wrong place is not repeated: it may hold a password.
    if path.to_string_lossy().contains("://") {
        return Err(Failure::usage(
            "--recording takes a file that pgdeck record wrote, not a DSN.",
        ));
    }
    let has_past = is_sqlite(path).map_err(|error| {
        Failure::usage(format!("the recording {} cannot be read: {error}.", path.display()))
    })?;
    if !has_past {
        return Ok(Shown { engine: Engine::recorded(read_json(path)?), copy: None });
    }
    let copy = tempfile::Builder::new().prefix("pgdeck-recording-").tempdir();
    let copy = copy.map_err(Failure::failed)?;
    let past = History::view(path, copy.path()).await.map_err(Failure::usage)?;
    let engine = Engine::replay(past).await.map_err(|cause| {
        let cause = cause.trim_end_matches('.');
        Failure::usage(format!("the recording {} cannot be shown: {cause}.", path.display()))
    })?;
    Ok(Shown { engine, copy: Some(copy) })
}

fn is_sqlite(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(SQLITE.len() as u64).read_to_end(&mut start)?;
    Ok(start == SQLITE)
}

/// The readings that `pgdeck record` writes to standard output.
fn read_json(path: &Path) -> Result<Recording, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("the recording {} cannot be read: {error}.", path.display()))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!(
            "the recording {} is not one that this version of pgdeck record wrote: {error}.",
            path.display()
        ))
    })
}

/// Where to go from the address of a page that says no range: to all of the recording, since of a recording
/// nothing is live. None where there is no recording with a past, or the address says a range.
pub fn whole_range(engine: &Engine, uri: &Uri) -> Option<String> {
    engine.past()?;
    let (from_ms, to_ms) = engine.recording()?;
    page_at(uri.path()).filter(|page| Page::has_past(page))?;
    let asked = uri.query().unwrap_or_default();
    let says_range = form_urlencoded::parse(asked.as_bytes())
        .any(|(name, _)| ["range", "from", "to"].contains(&name.as_ref()));
    let range = TimeRange::between(from_ms, to_ms).filter(|_| !says_range)?;
    let params = range.params().into_iter().filter(|(_, value)| !value.is_empty());
    let params: Vec<String> = params.map(|(name, value)| format!("{name}={value}")).collect();
    let others = Some(asked).filter(|asked| !asked.is_empty());
    let others = others.map(|asked| format!("&{asked}")).unwrap_or_default();
    Some(format!("{}?{}{others}", uri.path(), params.join("&")))
}
