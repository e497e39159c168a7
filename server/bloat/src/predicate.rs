//! What the predicate of a partial index leaves of a key's nulls.

use serde::{Deserialize, Serialize};

/// What a predicate leaves of a column's nulls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullsLeft {
    /// As many as in the table: the predicate does not name the column.
    #[default]
    AsInTable,
    /// None: `column IS NOT NULL`, or a comparison.
    None,
    /// Nothing else: `column IS NULL`.
    All,
    /// The predicate names the column in a way that may hold for a null.
    Doubtful,
}

/// Words with which a predicate may hold for a null. All other operators are taken to be strict: a null never
/// satisfies them (documentation, "Comparison Functions and Operators").
const MAY_HOLD_FOR_NULL: [&str; 6] = [" OR ", " IS ", "COALESCE", "CASE", "NOT ", "NULL"];

/// Reads a predicate as `pg_get_expr` writes it.
///
/// `column` is the name as it stands there, quoted where PostgreSQL quotes it (`quote_ident`).
#[must_use]
pub fn nulls_left(predicate: &str, column: &str) -> NullsLeft {
    let is_one_of_several = predicate.contains(" OR ");
    if predicate.contains(&format!("({column} IS NOT NULL)")) && !is_one_of_several {
        NullsLeft::None
    } else if predicate.contains(&format!("({column} IS NULL)")) && !is_one_of_several {
        NullsLeft::All
    } else if !names(predicate, column) {
        NullsLeft::AsInTable
    } else if MAY_HOLD_FOR_NULL.iter().any(|word| predicate.contains(word)) {
        NullsLeft::Doubtful
    } else {
        NullsLeft::None
    }
}

/// The column stands there as a word of its own.
fn names(predicate: &str, column: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    predicate.match_indices(column).any(|(at, _)| {
        let before = predicate.get(..at).and_then(|text| text.chars().next_back());
        let behind = predicate.get(at + column.len()..).and_then(|text| text.chars().next());
        !is_part(before) && !is_part(behind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_predicate_settles_the_nulls_that_it_names() {
        assert_eq!(nulls_left("(paid_at IS NOT NULL)", "paid_at"), NullsLeft::None);
        assert_eq!(nulls_left("(paid_at IS NULL)", "paid_at"), NullsLeft::All);
        assert_eq!(nulls_left("((a IS NULL) OR (b > 1))", "a"), NullsLeft::Doubtful);
        assert_eq!(nulls_left("(paid_at > now())", "paid_at"), NullsLeft::None);
        assert_eq!(nulls_left("(COALESCE(a, 0) = 0)", "a"), NullsLeft::Doubtful);
        assert_eq!(nulls_left("(unpaid_at IS NULL)", "paid_at"), NullsLeft::AsInTable);
        assert_eq!(nulls_left("(\"Größe\" IS NOT NULL)", "\"Größe\""), NullsLeft::None);
        assert_eq!(nulls_left("", ""), NullsLeft::None);
    }
}
