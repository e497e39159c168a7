//! Sanitises text for a terminal or a log: removes control characters (escape sequences).

/// `text` without control characters: names and statements come from watched servers and must not
/// move the cursor or change its colours.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
