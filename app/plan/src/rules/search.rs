//! Operators that no B-tree serves, and the index that serves them: containment, overlap, full text,
//! similarity, networks.

use crate::catalog::ColumnType;

/// An index of another method than btree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// The method.
    pub method: &'static str,
    /// The operator class where the default does not serve the operator; otherwise empty.
    pub class: &'static str,
}

/// What kind of values a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Array,
    Document,
    Network,
    Range,
    Scalar,
    Text,
    TextSearch,
    /// Of an extension or not known.
    Other,
}

fn kind(data_type: &str, typtype: &str) -> Kind {
    let name = data_type.split('(').next().unwrap_or_default().trim();
    match name {
        "jsonb" => Kind::Document,
        "inet" | "cidr" => Kind::Network,
        "text" | "character varying" => Kind::Text,
        "tsvector" | "tsquery" => Kind::TextSearch,
        "integer" | "bigint" | "numeric" | "date" => Kind::Scalar,
        name if name.ends_with("[]") => Kind::Array,
        name if name.starts_with("timestamp") => Kind::Scalar,
        _ if ["r", "m"].contains(&typtype) => Kind::Range,
        "int4range" | "int8range" | "numrange" | "tsrange" | "tstzrange" | "daterange"
        | "int4multirange" | "int8multirange" | "nummultirange" | "tsmultirange"
        | "tstzmultirange" | "datemultirange" => Kind::Range,
        _ => Kind::Other,
    }
}

/// The index that serves `key operator value`. The type of a constant is printed behind it; that of a
/// column only the catalog knows. Where both are not enough it is not known.
pub(super) fn search(
    operator: &str,
    column: Option<&ColumnType>,
    value_type: Option<&str>,
) -> Option<Search> {
    let value = value_type.map(|name| kind(name, ""));
    let of_column = column.map(|own| kind(&own.data_type, &own.typtype));
    // Both sides of these are of one kind.
    let either = of_column.or(value);
    let index = |method, class| Some(Search { method, class });
    match operator {
        "@>" | "@?" if either == Some(Kind::Document) => index("gin", "jsonb_path_ops"),
        "@>" | "&&" if either == Some(Kind::Array) => index("gin", ""),
        "?" | "?|" | "?&" if of_column.is_none_or(|own| own == Kind::Document) => index("gin", ""),
        "@@" if either == Some(Kind::Document) => index("gin", "jsonb_path_ops"),
        "@@" if of_column == Some(Kind::TextSearch) => index("gin", ""),
        // A range holds ranges and single values.
        "@>" if of_column.is_none() && value == Some(Kind::Scalar) => index("gist", ""),
        "@>" | "&&" | "<<" | ">>" | "-|-" if either == Some(Kind::Range) => index("gist", ""),
        "<@" if of_column == Some(Kind::Range) => index("gist", ""),
        "<<" | "<<=" | ">>" | ">>=" | "&&" if either == Some(Kind::Network) => {
            index("gist", "inet_ops")
        }
        "%" | "%>" if either == Some(Kind::Text) => index("gin", "gin_trgm_ops"),
        _ => None,
    }
}

/// Whether trigrams find what fits a pattern: every alternative of it holds a run of three letters or
/// digits (manual, "pg_trgm").
pub(super) fn has_trigrams(pattern: &str, is_regex: bool) -> bool {
    let longest = |text: &str| {
        let runs = text.split(|c: char| !c.is_alphanumeric());
        runs.map(|run| run.chars().count()).max().unwrap_or(0)
    };
    if !is_regex {
        return longest(pattern) >= 3;
    }
    let mut plain = String::new();
    let (mut escaped, mut in_class) = (false, false);
    for c in pattern.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                plain.push(' ');
            }
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' if in_class => {
                in_class = false;
                plain.push(' ');
            }
            _ if in_class => {}
            // What may be there or not is no part of a run.
            '?' | '*' | '{' => {
                plain.pop();
                plain.push(' ');
            }
            _ => plain.push(c),
        }
    }
    plain.split('|').all(|alternative| longest(alternative) >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(data_type: &str, typtype: &str) -> ColumnType {
        let (data_type, typtype) = (data_type.to_owned(), typtype.to_owned());
        ColumnType { data_type, typtype, ..ColumnType::default() }
    }

    #[test]
    fn a_type_that_is_printed_or_known_tells_the_index() {
        for (operator, value, expected) in [
            ("@>", "jsonb", Some(("gin", "jsonb_path_ops"))),
            ("@>", "integer[]", Some(("gin", ""))),
            ("&&", "tstzrange", Some(("gist", ""))),
            ("@>", "timestamp with time zone", Some(("gist", ""))),
            ("<<=", "inet", Some(("gist", "inet_ops"))),
            ("%", "text", Some(("gin", "gin_trgm_ops"))),
            ("@@", "tsquery", None),
            ("<@", "int4range", None),
            ("<@", "integer[]", None),
            ("@>", "point", None),
        ] {
            let found = search(operator, None, Some(value));
            assert_eq!(found.map(|one| (one.method, one.class)), expected, "{operator} {value}");
        }
        let words = search("@@", Some(&column("tsvector", "b")), Some("tsquery"));
        assert_eq!(words.map(|one| one.method), Some("gin"));
        assert_eq!(search("@@", Some(&column("text", "b")), Some("tsquery")), None);
        assert!(search("<@", Some(&column("app.hours", "r")), None).is_some());
    }

    #[test]
    fn patterns_need_three_letters_in_a_row() {
        for (pattern, is_regex) in
            [("%abc%", false), ("abc", true), ("^user[0-9]+", true), ("one|two", true)]
        {
            assert!(has_trigrams(pattern, is_regex), "{pattern}");
        }
        for (pattern, is_regex) in [
            ("%ab%", false),
            ("[abc]+", true),
            ("\\d\\d\\d", true),
            ("one|x", true),
            ("abc?", true),
        ] {
            assert!(!has_trigrams(pattern, is_regex), "{pattern}");
        }
    }
}
