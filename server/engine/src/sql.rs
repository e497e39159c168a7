//! SQL files by version: a query has variants by floor, the first major of the server each is right for,
//! or the first version of an extension, whose columns do not follow the server's.
//!
//! No version `if` stands anywhere else. The five header lines of a file stay out of what is sent:
//! a watched server gets the statement behind a short marker.

use std::borrow::Cow;

use model::identifier::always_quoted;
use model::server::Facts;

/// One `.sql` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlFile {
    /// The first major it is right for, or of an extension's version 1.x the first x.
    pub floor: u16,
    /// Its name, for example `sessions.14.sql`.
    pub name: &'static str,
    /// Its text, header included.
    pub text: &'static str,
}

impl SqlFile {
    /// The statement without its header.
    pub fn statement(&self) -> &'static str {
        let mut rest = self.text;
        while rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        }
        rest.trim().trim_end_matches(';')
    }

    /// The names of its optional parts. `/*? name */ expression /*: else */` marks one: a server that
    /// refuses the expression is asked for what stands behind the colon, and loses nothing else.
    pub fn parts(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for piece in pieces(self.statement()) {
            if let Piece::Optional { name, .. } = piece
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// The statement without these parts.
    pub fn without(&self, parts: &[&str]) -> Cow<'static, str> {
        if parts.is_empty() {
            return Cow::Borrowed(self.statement());
        }
        let kept = |piece| match piece {
            Piece::Plain(text) => text,
            Piece::Optional { name, otherwise, .. } if parts.contains(&name) => otherwise,
            Piece::Optional { whole, .. } => whole,
        };
        Cow::Owned(pieces(self.statement()).into_iter().map(kept).collect())
    }
}

/// A piece of a statement.
enum Piece {
    Plain(&'static str),
    Optional { name: &'static str, whole: &'static str, otherwise: &'static str },
}

fn pieces(statement: &'static str) -> Vec<Piece> {
    let (mut found, mut rest) = (Vec::new(), statement);
    while let Some((plain, marked)) = rest.split_once("/*?") {
        let optional = || {
            let (name, body) = marked.split_once("*/")?;
            let (whole, otherwise) = body.split_once("/*:")?;
            let (otherwise, after) = otherwise.split_once("*/")?;
            Some((Piece::Optional { name: name.trim(), whole, otherwise }, after))
        };
        let Some((piece, after)) = optional() else { break };
        found.extend([Piece::Plain(plain), piece]);
        rest = after;
    }
    found.push(Piece::Plain(rest));
    found
}

/// What stands in the places that a file leaves open. An extension may be in any schema, and a list of
/// numbers has no parameter in a statement of the simple protocol.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fill<'a> {
    /// For `{schema}`: the name of a schema, put in as a quoted identifier.
    pub schema: &'a str,
    /// For `{numbers}`: numbers, separated by commas.
    pub numbers: &'a [i64],
    /// For `{mask}`: a number.
    pub mask: u16,
    /// For `{bits}`: bytes, in hexadecimal digits.
    pub bits: &'a [u8],
}

impl Fill<'_> {
    /// A statement with nothing left open.
    pub fn fill(&self, statement: Cow<'static, str>) -> Cow<'static, str> {
        if !statement.contains('{') {
            return statement;
        }
        let numbers: Vec<String> = self.numbers.iter().map(i64::to_string).collect();
        // Numbers first: a schema may be called `{numbers}`.
        let numbered = statement.replace("{numbers}", &numbers.join(","));
        let numbered = numbered.replace("{mask}", &self.mask.to_string());
        let numbered = match numbered.contains("{bits}") {
            true => numbered.replace("{bits}", &hexadecimal(self.bits)),
            false => numbered,
        };
        Cow::Owned(numbered.replace("{schema}", &always_quoted(self.schema)))
    }
}

/// Bytes as `decode(…, 'hex')` reads them.
fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A query with its variants, lowest floor first.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// What a row is, in the plural: the first part of the file names.
    pub rows: &'static str,
    /// The extension whose version picks the file; None for the server's.
    pub extension: Option<&'static str>,
    /// The variants.
    pub files: &'static [SqlFile],
}

/// x of an extension's version 1.x.
pub fn minor(extension_version: &str) -> Option<u16> {
    extension_version.strip_prefix("1.")?.parse().ok()
}

impl Query {
    /// The file for a server: by its major, or by the version of the extension that it has.
    pub fn pick_for(&self, facts: &Facts) -> Option<SqlFile> {
        match self.extension {
            None => self.pick(facts.major),
            Some(name) => self.pick(facts.extension(name).and_then(minor)?),
        }
    }

    /// The file for a version: the one with the highest floor not above it. None when the version is
    /// older than every floor.
    pub fn pick(&self, version: u16) -> Option<SqlFile> {
        self.files.iter().rev().find(|file| file.floor <= version).copied()
    }
}

/// Declares queries and lists them: `sql! { SESSIONS = "sessions" [14, 17]; … }` reads
/// `sql/sessions.14.sql` and `sql/sessions.17.sql` beside the file it stands in. Those that follow the
/// version of an extension come behind, in its schema and under its short name:
/// `"pg_stat_statements": ENTRIES = "entries" "pgss-1" [9, 11];` reads `sql/entries.pgss-1.9.sql`.
macro_rules! sql {
    (
        $($name:ident = $rows:literal [$($floor:literal),+];)*
        $($extension:literal: $($of:ident = $of_rows:literal $short:literal [$($of_floor:literal),+];)+)?
    ) => {
        $(
            #[doc = concat!("`sql/", $rows, ".*.sql`")]
            pub const $name: $crate::sql::Query = $crate::sql::Query {
                rows: $rows,
                extension: None,
                files: &[$($crate::sql::SqlFile {
                    floor: $floor,
                    name: concat!($rows, ".", $floor, ".sql"),
                    text: include_str!(concat!("sql/", $rows, ".", $floor, ".sql")),
                }),+],
            };
        )*
        $($(
            #[doc = concat!("`sql/", $of_rows, ".", $short, ".*.sql`")]
            pub const $of: $crate::sql::Query = $crate::sql::Query {
                rows: $of_rows,
                extension: Some($extension),
                files: &[$($crate::sql::SqlFile {
                    floor: $of_floor,
                    name: concat!($of_rows, ".", $short, ".", $of_floor, ".sql"),
                    text: include_str!(concat!("sql/", $of_rows, ".", $short, ".", $of_floor, ".sql")),
                }),+],
            };
        )+)?
        /// Every query declared here.
        pub const QUERIES: &[$crate::sql::Query] = &[$($name,)* $($($of),+)?];
    };
}
pub(crate) use sql;

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [SqlFile; 2] = [
        SqlFile { floor: 14, name: "a.14.sql", text: "-- rows\n-- since\nselect 1;\n" },
        SqlFile { floor: 17, name: "a.17.sql", text: "select 2" },
    ];
    const QUERY: Query = Query { rows: "a", extension: None, files: &FILES };

    #[test]
    fn the_closest_lower_floor_is_picked() {
        assert_eq!(QUERY.pick(13), None);
        assert_eq!(QUERY.pick(16).map(|file| file.floor), Some(14));
        assert_eq!(QUERY.pick(18).map(|file| file.floor), Some(17));
    }

    #[test]
    fn a_schema_is_an_identifier_whatever_its_name() {
        let text = "select x & {mask}, '{bits}' from {schema}.f() where x in ({numbers})";
        let file = SqlFile { floor: 9, name: "a.pgss-1.9.sql", text };
        let (numbers, bits) = (&[-1, i64::MAX], &[0x0a, 0xf1]);
        let fill = Fill { schema: "{numbers}\"; drop", numbers, mask: 511, bits };
        assert_eq!(
            fill.fill(file.without(&[])),
            "select x & 511, '0af1' from \"{numbers}\"\"; drop\".f() where x in (-1,9223372036854775807)"
        );
        assert_eq!((minor("1.13"), minor("2.0"), minor("1.x")), (Some(13), None, None));
    }

    #[test]
    fn a_part_is_left_out_wherever_it_stands_and_nothing_else() {
        const TEXT: &str = "select /*? a */ f() /*: null::int8 */ as x, /*? b */ g() /*: 0 */, /*? a */ h() /*: 1 */";
        const FILE: SqlFile = SqlFile { floor: 14, name: "a.14.sql", text: TEXT };
        assert_eq!(FILE.parts(), ["a", "b"]);
        assert_eq!(FILE.without(&[]), TEXT);
        let without = FILE.without(&["a"]);
        let words: Vec<_> = without.split_whitespace().collect();
        assert_eq!(words.join(" "), "select null::int8 as x, g() , 1");
    }

    #[test]
    fn the_header_is_not_sent() {
        assert_eq!(FILES[0].statement(), "select 1");
    }
}
