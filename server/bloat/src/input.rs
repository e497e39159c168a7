//! Everything that the estimate of one table is made of.

use serde::{Deserialize, Serialize};

use crate::layout::Layout;
use crate::shape::Shape;
use crate::table::Table;

/// What of the server decides the layout of pages and how precise statistics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Major version.
    pub major: u16,
    /// `block_size`, in bytes.
    pub block_size: u32,
    /// `default_statistics_target`: ANALYZE looks at 300 times as many rows and pages.
    pub default_statistics_target: u32,
}

impl Server {
    /// Rows and pages that ANALYZE looks at (documentation, ANALYZE; `std_typanalyze` in analyze.c).
    pub(crate) fn sample(&self) -> f64 {
        300.0 * f64::from(self.default_statistics_target.clamp(1, 10_000))
    }
}

/// Everything about one table.
pub(crate) struct Case<'a> {
    pub(crate) server: &'a Server,
    pub(crate) shape: &'a Shape,
    pub(crate) table: &'a Table,
    pub(crate) layout: Layout,
}
