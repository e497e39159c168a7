//! What the conditions of a scan ask of its table, read from the expressions that EXPLAIN prints.

use super::column_types::{can_be_another_type, is_text, is_text_immutable};
use super::immutable::is_immutable;
use super::search::{Search, search};
use crate::catalog::{ColumnType, Relation};
use crate::expression::{Expression, Id, Part, read};
use crate::node::Node;

/// The conditions of one scan.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Conditions {
    /// What an index can serve, in the order of the conditions.
    pub tests: Vec<Test>,
    /// Whether nothing else is asked: otherwise it is not known which test finds the rows.
    pub complete: bool,
}

/// One condition on the table's own column or expression.
#[derive(Debug, PartialEq)]
pub(super) struct Test {
    /// What is tested.
    pub key: Key,
    /// For what.
    pub asks: Asks,
}

/// What an index would be built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A column, by its name.
    Column(String),
    /// An expression on columns of the table.
    Expression {
        /// As SQL, without what stands before the columns.
        sql: String,
        /// Whether an index may be built on it, as far as the plan tells.
        immutable: bool,
    },
}

/// What a condition asks.
#[derive(Debug, PartialEq)]
pub(super) enum Asks {
    /// `= value`
    Equal,
    /// `= any (list)`
    AnyOf,
    /// `<`, `<=`, `>`, `>=`
    Range,
    /// LIKE, ILIKE or a regular expression.
    Like {
        /// The pattern; `None` if it is no constant.
        pattern: Option<String>,
        /// Whether case does not matter.
        any_case: bool,
        /// Whether it is a regular expression.
        is_regex: bool,
    },
    /// What an index of another method serves.
    Search(Search),
    /// The condition of a partial index: `is null`, a flag, `not` a flag; as SQL.
    Always(String),
}

/// Reads the conditions of a node that reads a table, by the types of its columns where they are
/// known. Of no condition, nothing is asked.
pub(super) fn conditions<'a>(
    node: &Node,
    relation: Option<&Relation>,
    texts: impl IntoIterator<Item = &'a str>,
) -> Conditions {
    let types = relation.and_then(|relation| relation.types.as_deref());
    let mut found = Conditions { tests: vec![], complete: true };
    for text in texts {
        let Some(expression) = read(text) else {
            found.complete = false;
            continue;
        };
        let scan = Scan { node, expression: &expression, types };
        for id in expression.conjuncts() {
            match scan.test(id) {
                Some(test) if !found.tests.contains(&test) => found.tests.push(test),
                Some(_) => {}
                None => found.complete = false,
            }
        }
    }
    found
}

/// The first expression that is computed for every row and compared, as SQL.
pub(super) fn computed_key(asked: &Conditions) -> Option<&str> {
    asked.tests.iter().find_map(|test| match (&test.key, &test.asks) {
        (Key::Expression { sql, .. }, Asks::Equal | Asks::Range | Asks::AnyOf) => {
            Some(sql.as_str())
        }
        _ => None,
    })
}

struct Scan<'a> {
    node: &'a Node,
    expression: &'a Expression,
    types: Option<&'a [ColumnType]>,
}

impl Scan<'_> {
    fn part(&self, id: Id) -> Option<&Part> {
        self.expression.part(id)
    }

    /// Whether a column is the scan's own: a scan prints its columns bare, with VERBOSE behind its
    /// alias; any other prefix is another relation (`show_scan_qual` in PostgreSQL's `explain.c`).
    fn is_own(&self, relation: Option<&str>) -> bool {
        let node = self.node;
        let alias = node.alias.as_deref().or(node.relation.as_deref());
        relation.is_none() || relation == alias
    }

    fn test(&self, id: Id) -> Option<Test> {
        match self.part(id)? {
            Part::Column { relation, name } if self.is_own(relation.as_deref()) => {
                self.always(name, id)
            }
            Part::Not(of) => match self.part(*of)? {
                Part::Column { relation, name } if self.is_own(relation.as_deref()) => {
                    self.always(name, id)
                }
                _ => None,
            },
            Part::Test { of, what } => {
                let kept = ["NULL", "NOT NULL", "TRUE", "FALSE"].contains(&what.as_str());
                match self.key(*of)? {
                    Key::Column(name) if kept => self.always(&name, id),
                    _ => None,
                }
            }
            Part::Operator { name, left: Some(left), right } => {
                self.comparison(name, *left, *right)
            }
            Part::AnyAll { operator, left, right, all: false } if operator == "=" => {
                let key = self.key(*left).filter(|_| self.is_free(*right))?;
                self.is_sortable(&key).then_some(Test { key, asks: Asks::AnyOf })
            }
            Part::Or(of) => self.one_of(of),
            _ => None,
        }
    }

    /// `a = 1 OR a = 2`: a list of values.
    fn one_of(&self, of: &[Id]) -> Option<Test> {
        let value = |id: &Id| match self.part(*id)? {
            Part::Operator { name, left: Some(left), right } if name == "=" => {
                self.comparison(name, *left, *right)
            }
            _ => None,
        };
        let tests = of.iter().map(value).collect::<Option<Vec<Test>>>()?;
        let first = tests.first()?.key.clone();
        let same = tests.iter().all(|test| test.key == first && test.asks == Asks::Equal);
        same.then_some(Test { key: first, asks: Asks::AnyOf })
    }

    fn always(&self, name: &str, id: Id) -> Option<Test> {
        let sql = self.expression.sql(id, true)?;
        Some(Test { key: Key::Column(name.to_owned()), asks: Asks::Always(sql) })
    }

    fn comparison(&self, operator: &str, left: Id, right: Id) -> Option<Test> {
        let sides = match (self.key(left), self.key(right)) {
            (Some(key), None) if self.is_free(right) => (key, right),
            (None, Some(key)) if self.is_free(left) && !operator.contains('~') => (key, left),
            _ => return None,
        };
        let (key, value) = sides;
        let on_left = value == right;
        let is_like = |is_regex| {
            let pattern = self.constant(value);
            // `abc ~ pattern` and `abc ~~ pattern`, with a star where case does not matter.
            Asks::Like { pattern, any_case: operator.ends_with('*'), is_regex }
        };
        let asks = match operator {
            "=" => Asks::Equal,
            "<" | "<=" | ">" | ">=" => Asks::Range,
            "~~" | "~~*" => is_like(false),
            "~" | "~*" => is_like(true),
            _ if on_left => Asks::Search(self.search(operator, &key, value)?),
            _ => return None,
        };
        let compared = matches!(asks, Asks::Equal | Asks::Range);
        if compared && (self.is_unordered(value) || !self.is_sortable(&key)) {
            return None;
        }
        let doubtful = self.types.is_none()
            && matches!(self.part(if on_left { left } else { right }), Some(Part::Cast { .. }))
            && matches!(key, Key::Column(_));
        if doubtful && self.constant(value).is_some_and(|text| can_be_another_type(&text)) {
            let like = matches!(asks, Asks::Like { .. });
            let sql = self.expression.sql(if on_left { left } else { right }, true);
            // A search in the text of whatever type it is is one all the same.
            let key = Key::Expression { sql: sql.filter(|_| like)?, immutable: false };
            return Some(Test { key, asks });
        }
        Some(Test { key, asks })
    }

    fn search(&self, operator: &str, key: &Key, value: Id) -> Option<Search> {
        let value_type = match self.part(value)? {
            Part::Cast { to, .. } => Some(to.as_str()),
            Part::Constant(text) if text.parse::<f64>().is_ok() => Some("numeric"),
            Part::List { array: true, .. } => Some("[]"),
            _ => None,
        };
        match key {
            Key::Column(name) if self.types.is_some() => {
                search(operator, Some(self.column_type(name)?), value_type)
            }
            Key::Column(_) => search(operator, None, value_type),
            Key::Expression { sql, immutable } => {
                let words = sql.starts_with("to_tsvector(") && operator == "@@";
                (words && *immutable).then_some(Search { method: "gin", class: "" })
            }
        }
    }

    fn column_type(&self, name: &str) -> Option<&ColumnType> {
        self.types?.iter().find(|column| column.name == name)
    }

    /// Whether a B-tree can be built on a key, as far as its type is known.
    fn is_sortable(&self, key: &Key) -> bool {
        match key {
            Key::Column(name) => self.column_type(name).is_none_or(|column| column.sortable),
            Key::Expression { .. } => true,
        }
    }

    /// The string that a part is, without its quotes.
    fn constant(&self, id: Id) -> Option<String> {
        match self.part(self.expression.bare(id))? {
            Part::Constant(text) => {
                let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
                Some(inner.replace("''", "'"))
            }
            _ => None,
        }
    }

    /// What an index on the table could be built on.
    fn key(&self, id: Id) -> Option<Key> {
        let columns = self.expression.columns(id);
        if columns.is_empty() || !columns.iter().all(|(relation, _)| self.is_own(*relation)) {
            return None;
        }
        let mut inner = id;
        // A varchar column cast to text is how PostgreSQL prints the plain column.
        while let Some(Part::Cast { of, to }) = self.part(inner)
            && ["text", "bpchar"].contains(&to.as_str())
        {
            inner = *of;
        }
        match self.part(inner)? {
            Part::Column { name, .. } if name == "*" || SYSTEM.contains(&name.as_str()) => None,
            Part::Column { name, .. } => match self.column_type(name) {
                // A column that is not there is another relation's.
                None if self.types.is_some() => None,
                Some(column) if inner != id && !is_text(column) => {
                    let sql = self.expression.sql(id, true)?;
                    Some(Key::Expression { sql, immutable: is_text_immutable(column) })
                }
                _ => Some(Key::Column(name.clone())),
            },
            _ => {
                let immutable = is_immutable(self.expression, inner, self.types);
                self.expression.sql(inner, true).map(|sql| Key::Expression { sql, immutable })
            }
        }
    }

    /// Whether a value is of a type that no B-tree orders, as far as its constant tells.
    fn is_unordered(&self, id: Id) -> bool {
        matches!(self.part(id), Some(Part::Cast { to, .. }) if WITHOUT_BTREE.contains(&to.as_str()))
    }

    /// Whether a value is the same for all rows of the table: no column of it, and no subquery,
    /// which may depend on one. An InitPlan is computed once.
    fn is_free(&self, id: Id) -> bool {
        self.expression.below(id).into_iter().all(|id| match self.part(id) {
            Some(Part::Column { relation, .. }) => !self.is_own(relation.as_deref()),
            Some(Part::SubPlan { name, .. }) => name.starts_with("InitPlan"),
            Some(Part::Call { name, .. }) => !VOLATILE.contains(&name.as_str()),
            _ => true,
        })
    }
}

/// Columns that every table has and no index holds.
pub(super) const SYSTEM: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// Types without a default operator class for btree (`pg_opclass`).
const WITHOUT_BTREE: [&str; 11] =
    ["aclitem", "box", "circle", "json", "line", "lseg", "path", "point", "polygon", "xid", "xml"];

/// PostgreSQL's own functions that give another value for every row: no index serves a comparison
/// with them (manual, "Function Volatility Categories").
const VOLATILE: [&str; 7] =
    ["clock_timestamp", "gen_random_uuid", "nextval", "random", "timeofday", "uuidv4", "uuidv7"];

#[cfg(test)]
mod tests;
