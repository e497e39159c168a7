//! CSV cells, safe against formula injection in spreadsheets.

/// What a formula begins with, also in the full width of East Asian keyboards (OWASP, "CSV Injection").
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What ends a cell or a line for a spreadsheet, whatever separator it was set to: our quotes do not hold where
/// it is not the comma.
const ENDS: [char; 4] = [';', '\t', '\n', '\r'];

/// One cell. A formula gets an apostrophe in front, also where another separator would make one.
pub fn cell(text: &str) -> String {
    let text = &super::format::plain(text);
    let mut safe = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for c in text.chars() {
        if begins && (FORMULA.contains(&c) || ENDS.contains(&c) && safe.is_empty()) {
            safe.push('\'');
        }
        safe.push(c);
        begins = ENDS.contains(&c);
    }
    if safe.contains(['"', ',', ';', '\t', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
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
        assert_eq!(cell("a-b = c"), "a-b = c");
    }

    #[test]
    fn a_separator_of_another_setting_begins_no_formula() {
        assert_eq!(cell("a;=1+1"), "\"a;'=1+1\"");
        assert_eq!(cell("a\n@b\t+c"), "\"a\n'@b\t'+c\"");
        assert_eq!(cell("\t=1"), "\"'\t'=1\"");
        assert_eq!(cell("＝1"), "'＝1");
        assert_eq!(cell("select 1; -- x"), "\"select 1; -- x\"");
    }
}
