//! Text cut to a number of characters, with an ellipsis where something is left out.

use std::borrow::Cow;

/// The first `most` characters, then an ellipsis if there are more.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

/// Text that fits a box of `most` characters, the ellipsis included.
pub fn fitted(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => shortened(text, most.saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipsis_stands_only_where_text_is_left_out() {
        assert_eq!((shortened("äöü", 3), shortened("äöü", 2)), ("äöü".into(), "äö…".into()));
        assert_eq!((fitted("äöü", 3), fitted("äöü", 2)), ("äöü".into(), "ä…".into()));
        assert_eq!((shortened("", 0), shortened("a", 0)), ("".into(), "…".into()));
    }
}
