//! What the planner knows of the columns of one table: the numbers that ANALYZE left, extended statistics, and
//! columns whose values go together.

use serde::{Deserialize, Serialize};

use crate::identifier::quote_ident;
use crate::reason::Known;

/// Estimates are off by so many times before statistics of two columns are suggested: below that, plans seldom
/// change.
pub const NOTABLE_FACTOR: f64 = 5.0;
/// `NAMEDATALEN` − 1, bytes.
const NAME_BYTES: usize = 63;

/// The columns of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Columns {
    /// When they were read, ms since the epoch.
    pub at_ms: i64,
    /// Where the numbers were read: `pg_statistic`.
    pub source: String,
    /// `default_statistics_target`.
    pub default_target: i32,
    /// In the table's order.
    pub columns: Vec<Column>,
    /// CREATE STATISTICS, by name.
    pub extended: Vec<Extended>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its number.
    pub attnum: i16,
    /// Its name.
    pub attname: String,
    /// Its type with modifiers: `character varying(40)`.
    pub data_type: String,
    /// Its own statistics target; None where the default holds.
    pub attstattarget: Option<i32>,
    /// Its options: `n_distinct=-0.5`.
    pub attoptions: Vec<String>,
    /// What ANALYZE left; or why there is nothing.
    pub numbers: Known<Numbers>,
}

/// What ANALYZE left of a column: numbers, no values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Numbers {
    /// The column.
    pub attnum: i16,
    /// Share of nulls, 0 to 1.
    pub null_frac: f64,
    /// Mean width, bytes.
    pub avg_width: i32,
    /// Distinct values; negative: as a share of the rows.
    pub n_distinct: f64,
    /// Share of the most common value, 0 to 1; None where no value is common.
    pub most_common: Option<f64>,
    /// How many common values are kept.
    pub common_values: i32,
    /// Share of all of them together.
    pub common_share: f64,
    /// How far the order of the values is that of the table, −1 to 1; None where it is not known.
    pub correlation: Option<f64>,
}

impl Numbers {
    /// Distinct values of a table with so many rows.
    pub fn distinct(&self, rows: f64) -> f64 {
        if self.n_distinct < 0.0 { -self.n_distinct * rows } else { self.n_distinct }
    }
}

/// Statistics of several columns together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Extended {
    /// Its schema.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub nspname: String,
    /// Its name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub stxname: String,
    /// The statement that made it.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub definition: String,
    /// Its columns, without expressions.
    pub columns: Vec<String>,
    /// Whether ANALYZE has filled it; None where our role may not see.
    pub is_filled: Option<bool>,
}

/// Which columns go together, by a sample of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// Rows that were read.
    pub rows: i64,
    /// Blocks that were read.
    pub blocks: i64,
    /// The columns that were compared.
    pub columns: Vec<String>,
    /// Why others were not, a sentence.
    pub left_out: Option<String>,
    /// Pairs that go together, the most notable first.
    pub pairs: Vec<Pair>,
    /// How long it took, ms.
    pub took_ms: f64,
}

/// Two columns whose values go together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// One column.
    pub first: String,
    /// The other.
    pub second: String,
    /// Values of the one in the sample.
    pub first_values: f64,
    /// Values of the other.
    pub second_values: f64,
    /// Pairs of values.
    pub pairs: f64,
    /// Share of the rows in which the one decides the other, 0 to 1: the degree of a functional dependency
    /// (PostgreSQL documentation, "Multivariate Statistics Examples").
    pub first_decides: f64,
    /// The same the other way round.
    pub second_decides: f64,
    /// The name of statistics that already cover both.
    pub covered_by: Option<String>,
}

impl Pair {
    /// How many times too few rows the planner expects of `first = … and second = …`: it multiplies the shares of
    /// both, and takes one of (values × values) pairs where there are only `pairs`. Of rarer values than the sample
    /// has rows the sample cannot show all pairs, so no more than its rows are expected.
    pub fn factor(&self, rows: f64) -> f64 {
        let all = self.first_values * self.second_values;
        if all <= 0.0 || self.pairs <= 0.0 || rows <= 0.0 {
            return 1.0;
        }
        // So many pairs are met in a sample of independent columns.
        let met = all * (1.0 - (-rows / all).exp());
        met / self.pairs
    }

    /// Whether statistics of both would tell the planner something.
    pub fn is_notable(&self, rows: f64) -> bool {
        self.factor(rows) >= NOTABLE_FACTOR
    }
}

/// A degree from which a dependency is one.
const DECIDES: f64 = 0.5;

/// The statement that makes statistics of two columns and fills them, and the one that takes them away again.
///
/// Where one column decides the other they are no list of common pairs: an incomplete one keeps the planner from
/// applying the dependency (`clauselist_apply_dependencies` takes what the list leaves over; tried on 14).
pub fn create_statistics(schema: &str, table: &str, pair: &Pair) -> (String, String) {
    let (first, second) = (&pair.first, &pair.second);
    let is_decided = pair.first_decides.max(pair.second_decides) >= DECIDES;
    let kinds = if is_decided { "ndistinct, dependencies" } else { "ndistinct, mcv" };
    let mut name = format!("{table}_{first}_{second}_stats");
    while name.len() > NAME_BYTES {
        name.pop();
    }
    let qualified = |name: &str| format!("{}.{}", quote_ident(schema), quote_ident(name));
    let (of, name) = (qualified(table), qualified(&name));
    let (first, second) = (quote_ident(first), quote_ident(second));
    let create = format!(
        "create statistics {name} ({kinds}) on {first}, {second} from {of};\nanalyze {of};"
    );
    (create, format!("drop statistics {name};"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first_values: f64, second_values: f64, pairs: f64) -> Pair {
        Pair { first_values, second_values, pairs, ..Pair::default() }
    }

    #[test]
    fn a_factor_is_told_of_pairs_that_do_not_occur_and_not_of_a_small_sample() {
        let rows = 30_000.0;
        // Ten postal codes to a city.
        assert!((pair(100.0, 1_000.0, 1_000.0).factor(rows) - 26.0).abs() < 1.0);
        // Independent: all pairs are met.
        assert!((pair(10.0, 20.0, 200.0).factor(rows) - 1.0).abs() < 0.01);
        // Independent, with more pairs than rows: most are not met, and that is nothing.
        let met = 1_000_000.0 * (1.0 - (-0.03f64).exp());
        assert!((pair(1_000.0, 1_000.0, met).factor(rows) - 1.0).abs() < 0.01);
        assert!((pair(0.0, 5.0, 0.0).factor(rows) - 1.0).abs() < f64::EPSILON);
    }

    fn named(first: &str, second: &str, second_decides: f64) -> Pair {
        Pair { first: first.into(), second: second.into(), second_decides, ..Pair::default() }
    }

    #[test]
    fn names_are_quoted_and_fit() {
        let (create, undo) = create_statistics("s", "Ort", &named("city", "order", 0.9));
        assert_eq!(
            create,
            "create statistics s.\"Ort_city_order_stats\" (ndistinct, dependencies) on city, \"order\" from s.\"Ort\";\nanalyze s.\"Ort\";"
        );
        assert_eq!(undo, "drop statistics s.\"Ort_city_order_stats\";");
        let long = "ä".repeat(31);
        let (create, _) = create_statistics("public", &long, &named("a", "b", 0.1));
        assert!(create.contains(&format!("public.\"{long}_\" (ndistinct, mcv)")), "{create}");
    }
}
