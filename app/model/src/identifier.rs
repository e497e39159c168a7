//! Quoting of SQL identifiers, as PostgreSQL's `quote_ident()` does it.

/// Key words that are no identifiers as they are: those of `pg_get_keywords()` whose category is not
/// unreserved, in any of PostgreSQL 14 to 19 (`src/include/parser/kwlist.h`). Sorted.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast",
    "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
    "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant",
    "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout",
    "int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "json",
    "json_array", "json_arrayagg", "json_exists", "json_object", "json_objectagg", "json_query",
    "json_scalar", "json_serialize", "json_table", "json_value", "lateral", "leading", "least",
    "left", "like", "limit", "localtime", "localtimestamp", "merge_action", "national", "natural",
    "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric", "offset", "on",
    "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing", "position",
    "precision", "primary", "real", "references", "returning", "right", "row", "select",
    "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric",
    "system_user", "table", "tablesample", "then", "time", "timestamp", "to", "trailing", "treat",
    "trim", "true", "union", "unique", "user", "using", "values", "varchar", "variadic",
    "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize",
    "xmltable",
];

/// An identifier as SQL text, quoted only where it has to be: PostgreSQL's `quote_ident()`
/// (`quote_identifier` in `src/backend/utils/adt/ruleutils.c`).
///
/// Bare are lower-case ASCII letters, digits and underscores that start with no digit and are no key
/// word (`KEYWORDS`); a key word of one major only is quoted for all.
pub fn quote_ident(name: &str) -> String {
    let bare = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && KEYWORDS.binary_search(&name).is_err();
    if bare { name.to_owned() } else { always_quoted(name) }
}

/// An identifier in double quotes, whatever it is. A NUL, which no identifier holds, is left out.
pub fn always_quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}

/// A string literal, quoted so that it is one whatever `standard_conforming_strings` says.
pub fn quoted_literal(text: &str) -> String {
    let inner = text.replace('\0', "").replace('\'', "''");
    if inner.contains('\\') {
        format!("E'{}'", inner.replace('\\', "\\\\"))
    } else {
        format!("'{inner}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn only_what_has_to_be_is_quoted() {
        // What `select quote_ident(…)` answers.
        for (name, quoted) in [
            ("orders", "orders"),
            ("_a1", "_a1"),
            ("name", "name"),
            ("order", "\"order\""),
            ("user", "\"user\""),
            ("left", "\"left\""),
            ("int", "\"int\""),
            ("Orders", "\"Orders\""),
            ("1a", "\"1a\""),
            ("a b", "\"a b\""),
            ("a$b", "\"a$b\""),
            ("ä", "\"ä\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ] {
            assert_eq!(quote_ident(name), quoted);
        }
    }

    #[test]
    fn identifiers_cannot_break_out() {
        let hostile = "x\"; drop table w; --\0";
        assert_eq!(always_quoted(hostile), "\"x\"\"; drop table w; --\"");
        assert_eq!(quote_ident(hostile), always_quoted(hostile));
        assert_eq!(always_quoted("plain"), "\"plain\"");
    }
}
