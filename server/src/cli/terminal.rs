//! Text on its way to a terminal or a log.

/// `text` without control characters: names and statements come from watched servers and must not
/// move the cursor or change its colours.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
