//! The files of the repository, and how a test reports faults with their remedy.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` whose name ends so, with its text; paths are relative to the root.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir()
                && !["node_modules", "target", "test-results", ".git"].contains(&name.as_str())
            {
                folders.push(path);
            } else if name.ends_with(ending) {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let relative =
                    path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((relative, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {ending} below {folder}: the test looks in the wrong place");
    found
}

/// All Rust sources.
pub fn sources() -> Vec<(String, String)> {
    [files("app", ".rs"), files("server", ".rs")].concat()
}

/// The part of a source file before the tests at its end.
pub fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

/// Fails with the remedy where there are faults.
#[track_caller]
pub fn none(faults: Vec<String>, remedy: &str) {
    assert!(faults.is_empty(), "{remedy}\n{}", faults.join("\n"));
}
