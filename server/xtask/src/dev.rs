//! The watch loop of `make dev`: builds, runs `pgdeck serve`, and does both again when a source file
//! changes. A build that fails leaves the running server alone; the browser is reloaded by hand.

use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::build;
use crate::command::{self, Result, files_below, root, target};

const POLL_EVERY: Duration = Duration::from_millis(500);
/// What a build reads.
const SOURCES: [&str; 7] =
    ["app", "server", "style", "public", "Cargo.toml", "Cargo.lock", ".cargo"];

/// Builds and serves until interrupted; `arguments` are those of `pgdeck serve`.
pub fn watch(arguments: &[&str]) -> Result<()> {
    let mut server: Option<Child> = None;
    loop {
        let seen = newest_below(root());
        match build::dev() {
            Ok(()) => {
                stop(server.take());
                server = Some(serve(arguments)?);
                eprintln!("       Watching; reload the page after the next build");
            }
            Err(error) => eprintln!("       {error}; waiting for the next change"),
        }
        while newest_below(root()) == seen {
            sleep(POLL_EVERY);
        }
    }
}

fn serve(arguments: &[&str]) -> Result<Child> {
    let mut pgdeck = command::new(target().join("debug/pgdeck"));
    let started = pgdeck.arg("serve").args(arguments).spawn();
    started.map_err(|error| format!("pgdeck cannot be started: {error}"))
}

fn stop(server: Option<Child>) {
    if let Some(mut server) = server {
        let _ = server.kill(); // It may have ended by itself.
        let _ = server.wait();
    }
}

/// The number of source files and the time of the latest change: a file that goes counts too.
fn newest_below(root: &Path) -> (usize, Option<SystemTime>) {
    let files: Vec<_> = SOURCES
        .iter()
        .map(|name| root.join(name))
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect();
    let newest = files.iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max();
    (files.len(), newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_comes_changes_or_goes_is_noticed() {
        let root = std::env::temp_dir().join(format!("xtask-watch-{}", std::process::id()));
        std::fs::create_dir_all(root.join("style")).unwrap();
        let file = root.join("style/a.css");
        let mut seen = vec![newest_below(&root)];
        std::fs::write(&file, "a").unwrap();
        seen.push(newest_below(&root));
        let later = SystemTime::now() + Duration::from_secs(5);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        seen.push(newest_below(&root));
        std::fs::remove_file(&file).unwrap();
        let gone = newest_below(&root);
        std::fs::remove_dir_all(&root).unwrap();
        assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[2] != gone);
        assert_eq!(seen[0], gone);
    }
}
