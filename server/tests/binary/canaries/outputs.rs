//! The outputs that are searched.

use std::fs;
use std::path::Path;

use super::planted::CANARY;

/// The outputs by name, and what is in them.
#[derive(Default)]
pub struct Outputs(pub Vec<(String, Vec<u8>)>);

impl Outputs {
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((name.into(), bytes.into()));
    }

    /// Every file below a folder, but those whose names are excluded.
    pub fn add_folder(&mut self, folder: &Path, but: &[&str]) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if but.contains(&name.as_str()) {
                continue;
            }
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => self.add_folder(&path, but),
                kind if kind.is_file() => {
                    self.add(path.display().to_string(), fs::read(&path).unwrap())
                }
                _ => {}
            }
        }
    }

    pub fn count(&self, of: &str, word: &str) -> usize {
        let outputs = self.0.iter().filter(|(name, _)| name.contains(of));
        outputs.map(|(_, bytes)| String::from_utf8_lossy(bytes).matches(word).count()).sum()
    }

    /// Where a canary is, with what stands around it.
    pub fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (name, bytes) in &self.0 {
            let text = String::from_utf8_lossy(bytes);
            for (at, _) in text.match_indices(CANARY).take(3) {
                let start: String = text[..at].chars().rev().take(160).collect();
                let start: String = start.chars().rev().collect();
                let end: String = text[at..].chars().take(40).collect();
                leaks.push(format!("{name}: …{start}{end}…"));
            }
        }
        leaks
    }
}
