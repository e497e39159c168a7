//! Data types of a parsed plan: one flat list of nodes in the order of the paste, parents before
//! children. Holds printed values only; computed figures are in `derive`.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What was expected where. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseError {
    /// The line of the paste.
    pub line: usize,
    /// The column in that line.
    pub column: usize,
    /// What would have been understood there.
    pub expected: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}, column {}: expected {}.", self.line, self.column, self.expected)
    }
}

impl std::error::Error for ParseError {}

/// All that was found in a paste.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// The plans in their order; at least one.
    pub plans: Vec<Plan>,
    /// Lines that are neither part of a plan nor known lines of a transcript, kept as they are.
    pub not_understood: Vec<Leftover>,
    /// What the reader is told before any figure: how the paste was read, and what is doubtful.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// As many notices as a reader takes in.
const MOST_NOTICES: usize = 40;

/// Something about the reading of a paste that its reader has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The line of the paste it is about, from 1.
    pub line: usize,
    /// One or two whole sentences.
    pub text: String,
    /// Whether the tree or its figures may be wrong or incomplete: a figure that stands under such
    /// a notice is not shown as right. Otherwise the paste was read as it was meant.
    pub doubtful: bool,
}

impl Parsed {
    /// Adds what has to be told about a line, once.
    pub(crate) fn tell(&mut self, line: usize, text: impl Into<String>, doubtful: bool) {
        let text = text.into();
        let is_known = self.notices.iter().any(|notice| notice.text == text);
        // A paste of thousands of plans says it of the first ones.
        let is_enough = self.notices.len() >= MOST_NOTICES
            && (!doubtful || self.notices.iter().any(|notice| notice.doubtful));
        if !is_known && !is_enough {
            self.notices.push(Notice { line, text, doubtful });
        }
    }
}

/// A piece of the paste that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// Line of the paste, from 1.
    pub line: usize,
    /// Column of its first character, from 1.
    pub column: usize,
    /// The text itself.
    pub text: String,
}

/// The format a plan was pasted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// FORMAT TEXT.
    #[default]
    Text,
    /// FORMAT JSON.
    Json,
    /// FORMAT YAML.
    Yaml,
    /// FORMAT XML.
    Xml,
}

impl Format {
    /// The word for it in EXPLAIN's options, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Xml => "xml",
        }
    }
}

/// One plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The format it was pasted in.
    pub format: Format,
    /// The statement, where the paste or the log record holds it.
    pub query: Option<String>,
    /// Its nodes in depth-first order; the first is the root.
    pub nodes: Vec<Node>,
    /// What is printed about the whole: `Planning Time`, `Settings/work_mem`, `JIT/Functions`.
    pub props: Vec<Prop>,
    /// Triggers that fired after the plan ran.
    pub triggers: Vec<Trigger>,
    /// Where the plan is cut or damaged: what was expected there.
    pub broken: Option<ParseError>,
    /// First line of the paste that belongs to it.
    pub line: usize,
}

/// A trigger as printed under a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Everything printed: `Trigger Name`, `Constraint Name`, `Relation`, `Time`, `Calls`.
    pub props: Vec<Prop>,
}

/// One plan node as printed. Names are as in EXPLAIN's JSON, whatever the format was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The place of its parent in [`Plan::nodes`]; always before its own.
    pub parent: Option<usize>,
    /// Steps from the root.
    pub depth: usize,
    /// First and last line of the paste that describe it, without its children.
    pub lines: (usize, usize),
    /// `Node Type`: `Seq Scan`, `Hash Join`, `ModifyTable` ….
    pub kind: String,
    /// `Parent Relationship`: `Outer`, `Inner`, `Member`, `InitPlan`, `SubPlan`, `Subquery`.
    pub relationship: Option<String>,
    /// `Subplan Name`: `CTE t`, `InitPlan 1`, `SubPlan 2`.
    pub subplan: Option<String>,
    /// `Schema`, printed with VERBOSE.
    pub schema: Option<String>,
    /// `Relation Name`.
    pub relation: Option<String>,
    /// `Alias`.
    pub alias: Option<String>,
    /// `Index Name`.
    pub index: Option<String>,
    /// Cost and size as planned; `None` under COSTS OFF.
    pub cost: Option<Cost>,
    /// What really happened; `None` without ANALYZE.
    pub actual: Option<Actual>,
    /// Per-worker figures, printed with VERBOSE.
    pub workers: Vec<Worker>,
    /// Everything else that is printed, under the keys of EXPLAIN's JSON.
    pub props: Vec<Prop>,
}

/// Planner's figures of one node, per execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Cost until the first row.
    pub startup: f64,
    /// Cost until the last row.
    pub total: f64,
    /// Rows expected.
    pub rows: f64,
    /// Bytes per row expected.
    pub width: f64,
}

/// Executor's figures of one node: averages per loop, as printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Actual {
    /// Time to the first row, ms per loop; `None` under TIMING OFF.
    pub startup_ms: Option<f64>,
    /// Time to the last row, ms per loop; `None` under TIMING OFF.
    pub total_ms: Option<f64>,
    /// Rows per loop, rounded by PostgreSQL.
    pub rows: f64,
    /// Whether rows carry two decimals, as from PostgreSQL 18.
    pub fractional_rows: bool,
    /// How often it ran, over all processes; 0 means never executed.
    pub loops: f64,
}

/// One worker's share of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    /// `Worker Number`.
    pub number: u32,
    /// Its own figures.
    pub actual: Option<Actual>,
    /// Everything else printed for it.
    pub props: Vec<Prop>,
}

/// A printed property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prop {
    /// The key in EXPLAIN's JSON; keys of nested groups are joined by `/`.
    pub key: Cow<'static, str>,
    /// The value.
    pub value: Value,
    /// The line of the paste that holds it (its last one, if it is wrapped); 0 if there is none.
    #[serde(default)]
    pub line: usize,
}

/// A printed value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// One value, as printed.
    One(String),
    /// A list, as JSON, YAML and XML print it.
    List(Vec<String>),
}

impl Value {
    /// The value as TEXT prints it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::One(text) => Cow::Borrowed(text),
            Self::List(items) => Cow::Owned(items.join(", ")),
        }
    }

    /// The value as a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::One(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::List(_) => None,
        }
    }
}

/// The value of a key among printed properties.
pub fn find<'a>(props: &'a [Prop], key: &str) -> Option<&'a Value> {
    props.iter().find(|prop| prop.key == key).map(|prop| &prop.value)
}

impl Node {
    /// A printed property by its JSON key.
    pub fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        find(&self.props, key).map(Value::text)
    }

    /// A printed property as a number; blocks, kB, counts and milliseconds as printed.
    pub fn number(&self, key: &str) -> Option<f64> {
        find(&self.props, key).and_then(Value::number)
    }

    /// Whether a printed flag is set.
    pub fn is(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value == "true")
    }

    /// Whether it only holds the plan that a worker of Citus ran, and has no figures of its own.
    pub(crate) fn is_heading(&self) -> bool {
        matches!(self.kind.as_str(), "Task" | "Distributed Subplan" | "MapMergeJob")
    }

    /// Whether ANALYZE ran and this node did not.
    pub fn never_executed(&self) -> bool {
        self.actual.is_some_and(|actual| actual.loops == 0.0)
    }
}

impl Plan {
    /// A property of the whole plan.
    pub fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        find(&self.props, key).map(Value::text)
    }

    /// A property of the whole plan as a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        find(&self.props, key).and_then(Value::number)
    }

    /// Execution time, ms; `Total runtime` before PostgreSQL 9.4.
    pub fn execution_ms(&self) -> Option<f64> {
        self.number("Execution Time")
    }

    /// Planning time, ms.
    pub fn planning_ms(&self) -> Option<f64> {
        self.number("Planning Time")
    }

    /// Settings that differ from their default, printed with SETTINGS.
    pub fn settings(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.props.iter().filter_map(|prop| {
            prop.key.strip_prefix("Settings/").map(|name| (name, prop.value.text()))
        })
    }
}
