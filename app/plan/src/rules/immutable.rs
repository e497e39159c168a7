//! Which expressions an index can be built on: what gives the same for the same row forever.
//!
//! A plan tells no types, so of what is immutable for some types only (date_trunc and casts of
//! timestamp with time zone depend on the session) nothing is claimed (manual, "Function Volatility
//! Categories").

use super::column_types::{is_text, type_of};
use crate::catalog::ColumnType;
use crate::expression::{Expression, Id, Part};

/// Functions of PostgreSQL that are immutable for all types (`provolatile` in `pg_proc`, 14 to 19).
const FUNCTIONS: [&str; 27] = [
    "\"left\"",
    "\"right\"",
    "\"substring\"",
    "abs",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "floor",
    "greatest",
    "least",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "md5",
    "mod",
    "replace",
    "reverse",
    "round",
    "rpad",
    "rtrim",
    "split_part",
    "substr",
    "trunc",
    "upper",
];
/// Operators that are immutable for all types: on numbers and JSON.
const OPERATORS: [&str; 9] = ["%", "*", "->", "->>", "/", "#>", "#>>", "&", "^"];
/// Types whose casts from numbers and strings depend on nothing.
const TYPES: [&str; 8] = [
    "bigint",
    "bpchar",
    "character varying",
    "double precision",
    "integer",
    "numeric",
    "smallint",
    "text",
];

/// Whether an expression is immutable, whatever the types of its columns are unless they are known.
pub(super) fn is_immutable(expression: &Expression, id: Id, types: Option<&[ColumnType]>) -> bool {
    let without_zone = |id: Id| {
        let column = type_of(expression, id, types);
        column.is_some_and(|own| own.data_type == "timestamp without time zone")
    };
    expression.below(id).into_iter().all(|id| match expression.part(id) {
        Some(Part::Call { name, arguments }) => match (name.as_str(), arguments.as_slice()) {
            // With its configuration it depends on nothing else.
            ("to_tsvector", [first, _]) => is_cast_to(expression, *first, "regconfig"),
            ("date_trunc", [_, of]) => without_zone(*of),
            (name, _) => FUNCTIONS.contains(&name),
        },
        // `timestamptz + interval` depends on the time zone: a sum needs a number to be one of numbers.
        Some(Part::Operator { name, left, right }) if ["+", "-"].contains(&name.as_str()) => {
            left.iter().chain([right]).any(|side| is_number(expression, *side))
        }
        // Of texts it depends on nothing; of anything else it goes through the output of its type.
        Some(Part::Operator { name, left: Some(left), right }) if name == "||" => {
            [left, right].into_iter().all(|side| is_known_text(expression, *side, types))
        }
        Some(Part::Operator { name, .. }) => OPERATORS.contains(&name.as_str()),
        Some(Part::Cast { of, to }) if to == "date" => without_zone(*of),
        Some(Part::Cast { to, .. }) if to == "regconfig" => true,
        Some(Part::Cast { to, .. }) => TYPES.contains(&to.split('(').next().unwrap_or_default()),
        Some(Part::Column { .. } | Part::Constant(_)) => true,
        _ => false,
    })
}

fn is_cast_to(expression: &Expression, id: Id, wanted: &str) -> bool {
    matches!(expression.part(id), Some(Part::Cast { to, .. }) if to == wanted)
}

/// Whether a part is text for certain: a cast to it, a column of it, a sum of both.
fn is_known_text(expression: &Expression, id: Id, types: Option<&[ColumnType]>) -> bool {
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        match expression.part(id) {
            Some(Part::Operator { name, left: Some(left), right }) if name == "||" => {
                open.extend([*left, *right]);
            }
            Some(Part::Cast { of, to }) if to == "text" => {
                let plain = matches!(expression.part(*of), Some(Part::Constant(_)));
                if !plain && !type_of(expression, *of, types).is_some_and(is_text) {
                    return false;
                }
            }
            Some(Part::Call { name, .. }) if name == "coalesce" || name == "COALESCE" => {
                open.extend(expression.part(id).map(Part::parts).unwrap_or_default());
            }
            _ if type_of(expression, id, types).is_some_and(is_text) => {}
            _ => return false,
        }
    }
    true
}

/// Whether a part is a number: a bare one, or one in quotes with its type.
fn is_number(expression: &Expression, id: Id) -> bool {
    match expression.part(id) {
        Some(Part::Constant(text)) => text.starts_with(|c: char| c.is_ascii_digit()),
        Some(Part::Cast { of, to }) => {
            matches!(expression.part(*of), Some(Part::Constant(_)))
                && ["bigint", "double precision", "integer", "numeric", "smallint"]
                    .contains(&to.as_str())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::read;

    #[test]
    fn what_depends_on_the_session_is_none() {
        let immutable =
            |text: &str| read(text).is_some_and(|own| is_immutable(&own, own.root(), None));
        for text in [
            "lower((name)::text)",
            "(id + 1)",
            "(doc ->> 'a'::text)",
            "((price)::numeric(10,2) * '2'::numeric)",
            "abs((a - 1))",
            "to_tsvector('english'::regconfig, body)",
        ] {
            assert!(immutable(text), "{text}");
        }
        for text in [
            "date_trunc('day'::text, at)",
            "(at)::date",
            "(at + '1 day'::interval)",
            "(at + b)",
            "app.mine(a)",
            "(a = $1)",
            "now()",
            "to_tsvector(body)",
            "(a || b)",
        ] {
            assert!(!immutable(text), "{text}");
        }
    }
}
