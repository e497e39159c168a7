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

/// Nodes under which a predicate may hold for a null. Operators and functions are taken to be strict: a null
/// never satisfies them (documentation, "Comparison Functions and Operators").
const MAY_HOLD_FOR_NULL: [&str; 6] =
    ["{BOOLEXPR", "{NULLTEST", "{BOOLEANTEST", "{COALESCE", "{CASE", "{DISTINCTEXPR"];
/// `IS NULL` and `IS NOT NULL` (src/include/nodes/primnodes.h, `NullTestType`).
const IS_NULL: &str = "0";
const IS_NOT_NULL: &str = "1";

/// Reads a predicate as `pg_index.indpred` holds it: the tree of nodes as text, its parts joined by AND.
#[must_use]
pub fn nulls_left(predicate: &str, attnum: i16) -> NullsLeft {
    let is_one_of_several = predicate.contains("{BOOLEXPR");
    let tests =
        |test| null_tests(predicate).any(|found| found == (attnum, test)) && !is_one_of_several;
    if !predicate.contains(&format!(":varattno {attnum} ")) {
        NullsLeft::AsInTable
    } else if tests(IS_NOT_NULL) {
        NullsLeft::None
    } else if tests(IS_NULL) {
        NullsLeft::All
    } else if MAY_HOLD_FOR_NULL.iter().any(|node| predicate.contains(node)) {
        NullsLeft::Doubtful
    } else {
        NullsLeft::None
    }
}

/// `column IS NULL` and `column IS NOT NULL`: the column, and which of the two.
fn null_tests(predicate: &str) -> impl Iterator<Item = (i16, &str)> {
    predicate.split("{NULLTEST :arg {VAR ").skip(1).filter_map(|rest| {
        let (column, rest) = rest.split_once('}')?;
        Some((field(column, ":varattno ")?.parse().ok()?, field(rest, ":nulltesttype ")?))
    })
}

fn field<'a>(node: &'a str, name: &str) -> Option<&'a str> {
    node.split_once(name)?.1.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_NULL: &str = "{NULLTEST :arg {VAR :varno 1 :varattno 2 :vartype 23 :vartypmod -1 :varcollid 0 :varlevelsup 0 :varnosyn 1 :varattnosyn 2 :location 47} :nulltesttype 1 :argisrow false :location 49}";
    const GREATER: &str = "{OPEXPR :opno 521 :opfuncid 147 :opresulttype 16 :opretset false :opcollid 0 :inputcollid 0 :args ({VAR :varno 1 :varattno 3 :vartype 23 :vartypmod -1 :varcollid 0 :varlevelsup 0 :varnosyn 1 :varattnosyn 3 :location 60} {CONST :consttype 23 :constvalue 4 [ 5 0 0 0 0 0 0 0 ]}) :location 62}";

    #[test]
    fn a_predicate_settles_the_nulls_that_it_names() {
        assert_eq!(nulls_left(NOT_NULL, 2), NullsLeft::None);
        let null = NOT_NULL.replace(":nulltesttype 1", ":nulltesttype 0");
        assert_eq!(nulls_left(&null, 2), NullsLeft::All);
        assert_eq!(nulls_left(NOT_NULL, 22), NullsLeft::AsInTable);
        assert_eq!(nulls_left(GREATER, 3), NullsLeft::None);
        let both = format!("({NOT_NULL} {GREATER})");
        assert_eq!(nulls_left(&both, 2), NullsLeft::None);
        let either = format!("{{BOOLEXPR :boolop or :args {both} :location 3}}");
        assert_eq!(nulls_left(&either, 2), NullsLeft::Doubtful);
        assert_eq!(nulls_left(&format!("{{COALESCE :args ({GREATER})}}"), 3), NullsLeft::Doubtful);
        assert_eq!(nulls_left("", 1), NullsLeft::AsInTable);
    }
}
