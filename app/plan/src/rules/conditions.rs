//! What the conditions of a scan ask of its table, read from the expressions that EXPLAIN prints.

use super::immutable::is_immutable;
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
    /// LIKE or ILIKE.
    Like {
        /// The pattern; `None` if it is no constant.
        pattern: Option<String>,
        /// Whether it is ILIKE.
        any_case: bool,
    },
    /// The condition of a partial index: `is null`, a flag, `not` a flag; as SQL.
    Always(String),
}

/// Reads the conditions of a node that reads a table. Of no condition, nothing is asked.
pub(super) fn conditions<'a>(node: &Node, texts: impl IntoIterator<Item = &'a str>) -> Conditions {
    let mut found = Conditions { tests: vec![], complete: true };
    for text in texts {
        let Some(expression) = read(text) else {
            found.complete = false;
            continue;
        };
        let scan = Scan { node, expression: &expression };
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

/// The first expression in a condition that is computed for every row and compared, as SQL, and
/// whether an index on it is known to find the rows: it may be built, and nothing else is asked.
pub(super) fn computed_key(node: &Node, text: &str) -> Option<(String, bool)> {
    let asked = conditions(node, [text]);
    let alone = asked.complete && asked.tests.len() == 1;
    asked.tests.into_iter().find_map(|test| match (test.key, test.asks) {
        (Key::Expression { sql, immutable }, Asks::Equal | Asks::Range | Asks::AnyOf) => {
            Some((sql, immutable && alone))
        }
        _ => None,
    })
}

struct Scan<'a> {
    node: &'a Node,
    expression: &'a Expression,
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
                Some(Test { key, asks: Asks::AnyOf })
            }
            _ => None,
        }
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
        if self.is_unordered(value) {
            return None;
        }
        let asks = match operator {
            "=" => Asks::Equal,
            "<" | "<=" | ">" | ">=" => Asks::Range,
            "~~" | "~~*" => {
                Asks::Like { pattern: self.constant(value), any_case: operator == "~~*" }
            }
            _ => return None,
        };
        Some(Test { key, asks })
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
            Part::Column { name, .. } if name != "*" => Some(Key::Column(name.clone())),
            Part::Column { .. } => None,
            _ => {
                let immutable = is_immutable(self.expression, inner);
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

/// Types without a default operator class for btree (`pg_opclass`).
const WITHOUT_BTREE: [&str; 11] =
    ["aclitem", "box", "circle", "json", "line", "lseg", "path", "point", "polygon", "xid", "xml"];

/// PostgreSQL's own functions that give another value for every row: no index serves a comparison
/// with them (manual, "Function Volatility Categories").
const VOLATILE: [&str; 7] =
    ["clock_timestamp", "gen_random_uuid", "nextval", "random", "timeofday", "uuidv4", "uuidv7"];

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Conditions {
        let node =
            Node { relation: Some("orders".into()), alias: Some("o".into()), ..Node::default() };
        conditions(&node, [text])
    }

    fn of_column(name: &str, asks: Asks) -> Test {
        Test { key: Key::Column(name.into()), asks }
    }

    #[test]
    fn own_columns_are_those_without_another_relation_before_them() {
        let found = asked("((article_id > 100) AND (authors.id = author_id))");
        let expected =
            vec![of_column("article_id", Asks::Range), of_column("author_id", Asks::Equal)];
        assert_eq!(found, Conditions { tests: expected, complete: true });
        assert_eq!(asked("(o.a = o.b)"), Conditions::default());
        assert_eq!(asked("(auth.uid() = o.user_id)").tests, [of_column("user_id", Asks::Equal)]);
    }

    #[test]
    fn what_no_index_serves_makes_it_incomplete() {
        for text in [
            "(a <> 1)",
            "(a = '(1,2),(3,4)'::box)",
            "(a = random())",
            "(a = (SubPlan 1))",
            "((a = 1) OR (b = 2))",
            "(a !~~ '%x'::text)",
            "(a = ",
            "(t.* = 1)",
        ] {
            assert_eq!(asked(text), Conditions::default(), "{text}");
        }
        assert!(asked("(a = (InitPlan 1).col1)").complete);
    }

    #[test]
    fn constants_of_the_design_are_sql_without_the_alias() {
        let found = asked("((o.deleted_at IS NULL) AND (NOT o.hidden) AND o.paid)");
        let always: Vec<_> = found.tests.iter().map(|test| &test.asks).collect();
        let sql = |sql: &str| Asks::Always(sql.into());
        assert_eq!(always, [&sql("(deleted_at is null)"), &sql("(not hidden)"), &sql("paid")]);
    }

    #[test]
    fn expressions_and_patterns_keep_their_text() {
        let found =
            asked("((lower((name)::text) = 'x'::text) AND ((mail)::text ~~* '%it''s%'::text))");
        let key = Key::Expression { sql: "lower((name)::text)".into(), immutable: true };
        let pattern = Some("%it's%".into());
        let mail = of_column("mail", Asks::Like { pattern, any_case: true });
        assert_eq!(found.tests, [Test { key, asks: Asks::Equal }, mail]);
    }
}
