//! Where the doubt in an estimate comes from, in a sentence, and what would shrink it.

use serde::{Deserialize, Serialize};

/// A source of doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The number of rows.
    Rows,
    /// Size and rows are those of the last VACUUM or ANALYZE.
    AsOfLastVacuum,
    /// All counters are zero although there are rows.
    CountersLost,
    /// VACUUM extrapolated the number of rows.
    RowsByVacuum,
    /// The same work was counted twice.
    CountedTwice,
    /// `avg_width` is a whole number.
    WidthTruncated,
    /// `avg_width` is from a sample.
    WidthSampled,
    /// Padding between columns.
    Alignment,
    /// Free ends of pages.
    PageEnds,
    /// Which rows hold the nulls.
    NullsTogether,
    /// Rows changed since ANALYZE.
    StaleWidths,
    /// Rows changed since ANALYZE, for the number of distinct keys.
    StaleDistinct,
    /// No statistics: never analyzed.
    NeverAnalyzed,
    /// No statistics: the role may not read them.
    NotPermitted,
    /// No statistics: the target is 0.
    TargetZero,
    /// Defaults of added columns that old rows lack.
    FastDefault,
    /// Lengths of values in the TOAST table.
    ChunkSizes,
    /// The number of distinct keys, from a sample.
    Distinct,
    /// The number of distinct keys, without statistics.
    NoDistinct,
    /// The number of distinct combinations of keys.
    DistinctCombined,
    /// The number of distinct keys in a partial index.
    PartialDistinct,
    /// How entries are divided among keys.
    GroupSizes,
    /// Keys that occur rarely may be longer.
    WidthOfRareKeys,
    /// The length of an expression's values.
    ExpressionWidth,
    /// The length of values of type `name`.
    NameWidth,
    /// Values that the table keeps in its TOAST table and the index in itself.
    ToastedKey,
    /// Values that the index compresses.
    CompressedKey,
    /// The share of rows in a partial index.
    PartialShare,
    /// The nulls that a predicate leaves.
    PredicateNulls,
    /// What the replay of the build leaves out.
    Build,
}

impl Cause {
    /// Two ends between which the truth lies, and not a spread around a mean: taken whole.
    pub(crate) fn is_range(self) -> bool {
        matches!(
            self,
            Self::CountersLost
                | Self::NeverAnalyzed
                | Self::NotPermitted
                | Self::TargetZero
                | Self::NoDistinct
                | Self::DistinctCombined
                | Self::PartialDistinct
                | Self::PredicateNulls
                | Self::NameWidth
                | Self::ToastedKey
        )
    }

    /// One of two worlds, and not chance: added to the others instead of squared.
    pub(crate) fn is_either_or(self) -> bool {
        self == Self::WidthTruncated
    }

    /// What is not known, as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Rows => "The number of live rows is an estimate of the server.",
            Self::AsOfLastVacuum => "Size and rows are those of the last VACUUM or ANALYZE.",
            Self::CountersLost => {
                "The statistics were reset, so the number of rows is that of the last ANALYZE."
            }
            Self::RowsByVacuum => {
                "VACUUM read part of the table and extrapolated the number of rows, which drifts."
            }
            Self::CountedTwice => {
                "The server counted the same rows twice: they were written and analyzed in one session."
            }
            Self::WidthTruncated => "Average widths in the statistics are whole bytes, cut off.",
            Self::WidthSampled => "Average widths are from a sample of the rows.",
            Self::Alignment => "Padding between columns depends on the length of single values.",
            Self::PageEnds => {
                "How much stays free at the ends of pages depends on the order of rows."
            }
            Self::NullsTogether => "The statistics do not say which rows hold the nulls.",
            Self::StaleWidths => "Rows have changed since the last ANALYZE, perhaps in length.",
            Self::StaleDistinct => {
                "Rows have changed since the last ANALYZE, perhaps in how keys repeat."
            }
            Self::NeverAnalyzed => "Columns without statistics: ANALYZE has not seen them.",
            Self::NotPermitted => "Columns without statistics: this role may not read them.",
            Self::TargetZero => "Columns without statistics: their statistics target is 0.",
            Self::FastDefault => {
                "Old rows do not hold the defaults of columns that were added later."
            }
            Self::ChunkSizes => "The length of values in the TOAST table is recorded nowhere.",
            Self::Distinct => "How often keys repeat is known from a sample.",
            Self::NoDistinct => "How often keys repeat is not known.",
            Self::DistinctCombined => "How often combinations of keys repeat is not recorded.",
            Self::PartialDistinct => "How often keys repeat within the predicate is not recorded.",
            Self::GroupSizes => "How unevenly entries are divided among keys is not recorded.",
            Self::WidthOfRareKeys => "Rare keys may be longer than frequent ones.",
            Self::ExpressionWidth => {
                "The width of an expression is that of its value before it is stored."
            }
            Self::NameWidth => "The statistics do not say how long values of type name are.",
            Self::ToastedKey => "Values may lie outside the table but inside the index.",
            Self::CompressedKey => "How well the index compresses long values is not recorded.",
            Self::PartialShare => "How many rows the predicate selects is known from a sample.",
            Self::PredicateNulls => "The predicate may select the nulls of a key, or none.",
            Self::Build => "The build of the index is replayed from averages.",
        }
    }

    /// What would make the band narrower; `None` where nothing but a measurement does.
    #[must_use]
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Rows
            | Self::AsOfLastVacuum
            | Self::CountersLost
            | Self::RowsByVacuum
            | Self::CountedTwice
            | Self::StaleWidths
            | Self::StaleDistinct
            | Self::NeverAnalyzed
            | Self::NoDistinct
            | Self::PartialShare => Some("ANALYZE the table."),
            Self::NotPermitted => {
                Some("Create the view pgdeck.column_numbers, which shows numbers and no values.")
            }
            Self::TargetZero => {
                Some("Give the columns a statistics target above 0 and ANALYZE the table.")
            }
            Self::Distinct => Some("Raise the column's statistics target and ANALYZE the table."),
            Self::WidthTruncated
            | Self::WidthSampled
            | Self::Alignment
            | Self::PageEnds
            | Self::NullsTogether
            | Self::FastDefault
            | Self::ChunkSizes
            | Self::DistinctCombined
            | Self::PartialDistinct
            | Self::GroupSizes
            | Self::WidthOfRareKeys
            | Self::ExpressionWidth
            | Self::NameWidth
            | Self::ToastedKey
            | Self::CompressedKey
            | Self::PredicateNulls
            | Self::Build => None,
        }
    }
}

/// A doubt and how much of the band it makes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Where the doubt comes from.
    pub cause: Cause,
    /// By what share of itself the size after a rewrite may be smaller.
    pub low: f64,
    /// By what share of itself the size after a rewrite may be larger.
    pub high: f64,
    /// Its share of all doubts, 0 to 1.
    pub share: f64,
}
