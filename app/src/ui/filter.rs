//! Filter syntax: `column:value` terms, `-` to exclude, and free text. Parses and matches.

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The column, None for free text over all of them.
    pub column: Option<String>,
    /// What it must contain, lower case.
    pub value: String,
    /// Whether rows that match are left out.
    pub not: bool,
}

/// Parses a filter. A value with spaces is put in double quotes; a prefix that is none of `columns`
/// makes the word free text.
pub fn parse(text: &str, columns: &[&str]) -> Vec<Term> {
    words(text).into_iter().filter_map(|word| one(&word, columns)).collect()
}

fn one(word: &str, columns: &[&str]) -> Option<Term> {
    if word == "-" {
        return None;
    }
    let (not, word) = match word.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, word),
    };
    let split = word.split_once(':').map(|(column, value)| (column.to_lowercase(), value));
    let (column, value) = match split {
        Some((column, value)) if columns.contains(&column.as_str()) => (Some(column), value),
        _ => (None, word),
    };
    let value = value.to_lowercase();
    (!value.is_empty()).then_some(Term { column, value, not })
}

/// Splits at spaces outside double quotes and removes the quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match (c, words.last_mut()) {
            ('"', _) => quoted = !quoted,
            (c, _) if c.is_whitespace() && !quoted => words.push(String::new()),
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a row matches: terms of different columns are combined with AND, terms of one column
/// with OR. `cell` gives the text of a column.
pub fn passes(terms: &[Term], columns: &[&str], cell: impl Fn(&str) -> String) -> bool {
    let holds = |term: &Term| match &term.column {
        // `state:idle` must not match `idle in transaction`.
        Some(column) if column == "state" => cell(column).to_lowercase() == term.value,
        Some(column) => cell(column).to_lowercase().contains(&term.value),
        None => columns.iter().any(|column| cell(column).to_lowercase().contains(&term.value)),
    };
    terms.iter().all(|term| {
        if term.not {
            return !holds(term);
        }
        match &term.column {
            None => holds(term),
            column => terms.iter().filter(|t| !t.not && t.column == *column).any(holds),
        }
    })
}

/// A term in the filter's syntax.
pub fn term(column: &str, value: &str) -> String {
    // The syntax has no escape for a quote; without it the row is still found.
    let value = value.replace('"', "");
    if value.contains(char::is_whitespace) {
        format!("{column}:\"{value}\"")
    } else {
        format!("{column}:{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[&str] = &["state", "role", "query"];

    fn row(name: &str) -> String {
        match name {
            "state" => "idle in transaction",
            "role" => "app_rw",
            _ => "UPDATE orders SET note = 'a:b'",
        }
        .to_owned()
    }

    fn matches(text: &str) -> bool {
        passes(&parse(text, COLUMNS), COLUMNS, row)
    }

    #[test]
    fn terms_and_free_text() {
        assert!(matches("state:\"idle in transaction\" role:app"));
        assert!(!matches("state:idle"));
        assert!(matches("orders"));
        assert!(matches("APP_RW update"));
        assert!(!matches("role:other"));
        assert!(matches(""));
    }

    #[test]
    fn terms_of_one_column_are_alternatives() {
        assert!(matches("role:other role:app"));
        assert!(!matches("role:other role:nobody"));
    }

    #[test]
    fn leaves_out() {
        assert!(!matches("-role:app"));
        assert!(matches("-role:other"));
        assert!(matches("-"), "a lone dash is text typed half");
    }

    #[test]
    fn an_unknown_column_is_text() {
        assert!(matches("a:b"));
        assert_eq!(parse("x:y", COLUMNS)[0].column, None);
    }

    #[test]
    fn a_term_parses_back() {
        for value in ["idle in transaction", "active", "we\"ird name"] {
            let terms = parse(&term("role", value), COLUMNS);
            assert_eq!(terms.len(), 1);
            assert_eq!(terms[0].value, value.replace('"', ""));
        }
    }
}
