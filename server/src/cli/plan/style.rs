//! Styles of terminal output (anstyle). `anstream` prints them, and removes them where standard output is
//! no terminal or `NO_COLOR` is set (no-color.org).

use anstyle::{AnsiColor, Style};
use model::Severity;

/// The text in a style. Uses the sixteen ANSI colours, which follow the terminal's theme.
fn styled(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

fn coloured(colour: AnsiColor, text: &str) -> String {
    styled(colour.on_default(), text)
}

/// Emphasis.
pub fn bold(text: &str) -> String {
    styled(Style::new().bold(), text)
}

/// De-emphasis.
pub fn dim(text: &str) -> String {
    styled(Style::new().dimmed(), text)
}

/// What got worse, or is critical.
pub fn bad(text: &str) -> String {
    coloured(AnsiColor::Red, text)
}

/// What got better.
pub fn good(text: &str) -> String {
    coloured(AnsiColor::Green, text)
}

/// What is worth a look.
pub fn notable(text: &str) -> String {
    coloured(AnsiColor::Yellow, text)
}

/// A text by how bad it is.
pub fn severity(severity: Severity, text: &str) -> String {
    match severity {
        Severity::Critical => bad(text),
        Severity::Warning => notable(text),
        Severity::Info => coloured(AnsiColor::Cyan, text),
    }
}

/// A text by its share of the whole; the steps are those of pev2: 10 and 40 percent.
pub fn share(share: f64, text: &str) -> String {
    match share {
        share if share > 0.4 => bad(text),
        share if share > 0.1 => notable(text),
        _ => good(text),
    }
}
