//! CSV cells, safe against formula injection in spreadsheets.

/// One cell. A formula gets an apostrophe in front (formula injection).
pub fn cell(text: &str) -> String {
    let text = &super::format::plain(text);
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_quotes_are_doubled() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@a,b"), "\"'@a,b\"");
        assert_eq!(cell("a \"b\"\n"), "\"a \"\"b\"\"\n\"");
        assert_eq!(cell("plain"), "plain");
    }
}
