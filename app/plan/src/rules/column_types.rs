//! What the types of a table's columns, which only the catalog knows, mean for an index on them.

use crate::catalog::ColumnType;
use crate::expression::{Expression, Id, Part};

/// Types whose text depends on no setting (`provolatile` of their output functions and casts).
const TEXT_IMMUTABLE: [&str; 9] =
    ["bigint", "boolean", "character", "integer", "jsonb", "name", "numeric", "smallint", "uuid"];

/// Whether PostgreSQL prints a column of this type with a cast to text that is none.
pub(super) fn is_text(column: &ColumnType) -> bool {
    ["text", "character varying"].contains(&column.data_type.as_str())
}

/// Whether the text of a value is the same forever.
pub(super) fn is_text_immutable(column: &ColumnType) -> bool {
    TEXT_IMMUTABLE.contains(&column.data_type.as_str())
}

/// The type of a part that is a column.
pub(super) fn type_of<'a>(
    expression: &Expression,
    id: Id,
    types: Option<&'a [ColumnType]>,
) -> Option<&'a ColumnType> {
    match expression.part(id)? {
        Part::Column { name, .. } => types?.iter().find(|column| column.name == *name),
        _ => None,
    }
}

/// Whether a text that is compared with `(column)::text` may as well be that of a number, a date or a
/// UUID: then the cast may be a real one, and an index on the plain column would not serve it.
pub(super) fn can_be_another_type(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let is_hex = text.chars().all(|c| c.is_ascii_hexdigit() || "-%_".contains(c));
    letters.clone().count() == 0 || (is_hex && text.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_texts_and_figures_may_be_anything() {
        for text in ["open", "user7@example.com", "%abc%", "face"] {
            assert!(!can_be_another_type(text), "{text}");
        }
        for text in ["4711", "%47%", "2026-01-01", "a0ee-bc99", ""] {
            assert!(can_be_another_type(text), "{text}");
        }
    }
}
