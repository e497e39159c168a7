//! ANSI colours: only on a terminal, and not where `NO_COLOR` is set (no-color.org).

use std::io::IsTerminal as _;

use model::Severity;

/// Whether to colour. Uses the sixteen ANSI colours, which follow the terminal's theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(bool);

impl Paint {
    /// Colours if standard output is a terminal and the environment does not disable them.
    pub fn from_env() -> Self {
        let disabled = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(std::io::stdout().is_terminal() && !disabled)
    }

    /// No colours, as in a file.
    #[cfg(test)]
    pub fn none() -> Self {
        Self(false)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Emphasis.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// De-emphasis.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// What got worse, or is critical.
    pub fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// What got better.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What is worth a look.
    pub fn notable(self, text: &str) -> String {
        self.with("33", text)
    }

    /// A text by how bad it is.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Critical => self.bad(text),
            Severity::Warning => self.notable(text),
            Severity::Info => self.with("36", text),
        }
    }

    /// A text by its share of the whole; the steps are those of pev2: 10 and 40 percent.
    pub fn share(self, share: f64, text: &str) -> String {
        match share {
            share if share > 0.4 => self.bad(text),
            share if share > 0.1 => self.notable(text),
            _ => self.good(text),
        }
    }
}
