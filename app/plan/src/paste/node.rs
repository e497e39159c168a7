//! Finds where a node begins in a line that has something in front of it.

use crate::text::{figures_start, is_kind};

/// Bytes in which the name of a node ends.
const NEAR: usize = 500;

/// Where the arrow of a node stands in a line, in bytes.
pub(super) fn arrow(text: &str) -> Option<usize> {
    text.match_indices("->").take(4).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        let behind = text.get(at.saturating_add(2)..).unwrap_or_default();
        behind.starts_with(' ')
            && (is_kind(title(behind)) || figures_start(behind).is_some())
            && figures_start(before).is_none()
    })
}

/// Where a node begins, with its arrow or without one.
pub(super) fn start(text: &str) -> Option<usize> {
    if !text.contains("->") && figures_start(text).is_none() {
        return None;
    }
    arrow(text).or_else(|| root(text))
}

/// Where the name of a node without an arrow begins in a line with figures.
pub(super) fn root(text: &str) -> Option<usize> {
    let head = title(text);
    if head.len() == text.len() || figures_start(text).is_none() {
        return None;
    }
    let (mut last, mut second) = (' ', ' ');
    head.char_indices().take(400).find_map(|(at, c)| {
        // `\t` and `\n` of a string are no letters.
        let escape = second == '\\' && matches!(last, 't' | 'n');
        let begins = c.is_ascii_uppercase() && (escape || !last.is_alphanumeric() && last != '_');
        (second, last) = (last, c);
        (begins && is_kind(head.get(at..)?)).then_some(at)
    })
}

/// The line in front of its figures; a line of a container may hold those of many nodes.
pub(super) fn title(text: &str) -> &str {
    let near = if text.len() > NEAR { text.floor_char_boundary(NEAR) } else { text.len() };
    let head = text.get(..near).unwrap_or_default();
    let first =
        ["(cost=", "(actual ", "(never executed)"].iter().filter_map(|open| head.find(open)).min();
    first.and_then(|at| head.get(..at)).unwrap_or(head)
}
