//! Looks for a text in names, without regard to case: of a hundred thousand, while somebody waits.

use memchr::memmem::Finder;

/// What is looked for.
pub struct Search {
    finder: Finder<'static>,
    /// The names put together, in lower case.
    names: Vec<u8>,
}

impl Search {
    /// For a text as a person typed it.
    pub fn new(wanted: &str) -> Self {
        let finder = Finder::new(wanted.to_lowercase().as_bytes()).into_owned();
        Self { finder, names: Vec::new() }
    }

    /// Whether names that are joined by dots hold it.
    pub fn is_in(&mut self, names: &[&str]) -> bool {
        self.names.clear();
        for name in names {
            if !self.names.is_empty() {
                self.names.push(b'.');
            }
            if name.is_ascii() {
                self.names.extend_from_slice(name.as_bytes());
            } else {
                self.names.extend_from_slice(name.to_lowercase().as_bytes());
            }
        }
        self.names.make_ascii_lowercase();
        self.finder.find(&self.names).is_some()
    }

    /// Whether it has a character.
    pub fn has(&self, character: u8) -> bool {
        self.finder.needle().contains(&character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_dots_stand_between_names() {
        let found = |wanted: &str, names: &[&str]| Search::new(wanted).is_in(names);
        assert!(found("ÜNÏ", &["s", "<Ünï>"]) && found("A.b", &["xa", "B"]) && found("", &["x"]));
        assert!(!found("ab", &["a", "b"]) && !found("x.a", &["a", "x"]));
    }
}
