//! What a chart is made of: its data, and the SVG that the server has drawn of them.

use model::{Events, Reason, Unit};
use serde::{Deserialize, Serialize};

/// A chart: SVG and data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Unique on the page.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its unit.
    pub unit: Unit,
    /// The time of each point, ms since the epoch.
    pub times: Vec<i64>,
    /// The lines, in the order of the legend.
    pub lines: Vec<Line>,
    /// Whether the lines are areas, one on the other.
    #[serde(default)]
    pub stacked: bool,
    /// A threshold line: (name, value).
    pub limit: Option<(String, f64)>,
    /// What the legend says besides.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it stands behind "More charts".
    #[serde(default)]
    pub more: bool,
    /// What happened in the range of the page: the first of its charts carries it for all.
    #[serde(default)]
    pub events: Option<Events>,
    /// The SVG, or why there is none.
    pub picture: Result<Picture, Reason>,
}

impl Chart {
    /// The first and the last time.
    pub fn span(&self) -> Option<(i64, i64)> {
        Some((*self.times.first()?, *self.times.last()?))
    }

    /// Whether its times are of more than a day: then the hour alone does not say which.
    pub fn spans_days(&self) -> bool {
        self.span().is_some_and(|(first, last)| last - first > 86_400_000)
    }
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// The CSS class of its colour.
    pub class: String,
    /// A value for each of the chart's times; None is a gap.
    pub points: Vec<Option<f64>>,
}

/// The rendered SVG: all but the labels of the time axis, which follow the reader's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The SVG.
    pub svg: String,
    /// The plotting area within the SVG: left, top, right, bottom.
    pub frame: (i32, i32, i32, i32),
    /// The value at its upper edge.
    pub top: f64,
    /// Whether the limit's line is drawn: not when it is far above the values.
    pub limit_drawn: bool,
}

/// The width of the viewBox.
pub const WIDTH: u32 = 560;
/// The height of the viewBox.
pub const HEIGHT: u32 = 190;
