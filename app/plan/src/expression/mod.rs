//! The expressions that EXPLAIN prints: conditions, sort keys, output columns.
//!
//! PostgreSQL's deparser (`ruleutils.c`, `get_rule_expr`) writes them in full brackets; what it does
//! not bracket follows its operator precedence (manual, "Lexical Structure"). [`read`] gives the
//! whole expression or nothing: what is cut or not understood is not known, never guessed.

mod parse;
mod show;
mod stack;
mod types;

pub use parse::read;

/// A part of an expression: its place in [`Expression::parts`].
pub type Id = usize;

/// An expression as one flat list; every part stands behind its own parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    parts: Vec<Part>,
}

/// One part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A column; of a whole row, `name` is `*`.
    Column {
        /// What stands before it: an alias, with its schema where that is printed.
        relation: Option<String>,
        /// Its name, without quotes.
        name: String,
    },
    /// A constant as it is printed, without its type.
    Constant(String),
    /// `$1`: of a prepared statement, or of an InitPlan before PostgreSQL 17.
    Parameter(String),
    /// A SubPlan, InitPlan or CTE reference.
    SubPlan {
        /// Its name as it is printed: `SubPlan 1`, `InitPlan minmax_1`.
        name: String,
        /// Whether its rows are kept in a hash table.
        hashed: bool,
    },
    /// A function, or what is written like one: `COALESCE`, `EXISTS`, `ROW`.
    Call {
        /// Its name as SQL: quoted where it is printed so, with its schema where that is printed.
        name: String,
        /// Its arguments.
        arguments: Vec<Id>,
    },
    /// An operator with what stands left and right of it.
    Operator {
        /// The operator: `=`, `~~`, `->>`.
        name: String,
        /// Missing of a prefix operator.
        left: Option<Id>,
        /// What stands behind it.
        right: Id,
    },
    /// `left operator ANY (right)`, or ALL.
    AnyAll {
        /// The operator.
        operator: String,
        /// What is compared.
        left: Id,
        /// The array or the subquery.
        right: Id,
        /// ALL instead of ANY.
        all: bool,
    },
    /// `IS NULL`, `IS NOT TRUE` …: what stands behind IS, in capitals.
    Test {
        /// What is tested.
        of: Id,
        /// `NULL`, `NOT NULL`, `TRUE`, `NOT FALSE` …
        what: String,
    },
    /// All of them.
    And(Vec<Id>),
    /// One of them.
    Or(Vec<Id>),
    /// NOT.
    Not(Id),
    /// `of::to`.
    Cast {
        /// What is cast.
        of: Id,
        /// The type, with its modifier.
        to: String,
    },
    /// `(a, b)`, `ROW(a, b)` or `ARRAY[a, b]`.
    List {
        /// Whether it is an array.
        array: bool,
        /// Its elements.
        of: Vec<Id>,
    },
    /// `of[at]`.
    Subscript {
        /// The array.
        of: Id,
        /// The places.
        at: Vec<Id>,
    },
    /// `(of).name`.
    Field {
        /// The row.
        of: Id,
        /// The column of it.
        name: String,
    },
    /// `of COLLATE name`.
    Collate {
        /// What is collated.
        of: Id,
        /// The collation, quoted as printed.
        name: String,
    },
    /// CASE: all its conditions and results in their order.
    Case(Vec<Id>),
}

impl Expression {
    /// The whole.
    pub fn root(&self) -> Id {
        self.parts.len().saturating_sub(1)
    }

    /// A part.
    pub fn part(&self, id: Id) -> Option<&Part> {
        self.parts.get(id)
    }

    /// A part without the casts and collations around it.
    pub fn bare(&self, mut id: Id) -> Id {
        while let Some(Part::Cast { of, .. } | Part::Collate { of, .. }) = self.part(id) {
            id = *of;
        }
        id
    }

    /// The parts that all have to hold: those of an AND, otherwise the whole.
    pub fn conjuncts(&self) -> Vec<Id> {
        self.flat(|part| match part {
            Part::And(of) => Some(of),
            _ => None,
        })
    }

    /// The parts of which one has to hold: those of an OR, otherwise the whole.
    pub fn disjuncts(&self) -> Vec<Id> {
        self.flat(|part| match part {
            Part::Or(of) => Some(of),
            _ => None,
        })
    }

    fn flat(&self, split: impl Fn(&Part) -> Option<&Vec<Id>>) -> Vec<Id> {
        let (mut found, mut open) = (vec![], vec![self.root()]);
        while let Some(id) = open.pop() {
            match self.part(id).and_then(&split) {
                Some(of) => open.extend(of.iter().rev()),
                None => found.push(id),
            }
        }
        found
    }

    /// A part and all that it is made of.
    pub fn below(&self, id: Id) -> Vec<Id> {
        let (mut found, mut open) = (vec![], vec![id]);
        while let Some(id) = open.pop() {
            found.push(id);
            if let Some(part) = self.part(id) {
                open.extend(part.parts());
            }
        }
        found
    }

    /// The columns in a part, each once: what stands before them and their names.
    pub fn columns(&self, id: Id) -> Vec<(Option<&str>, &str)> {
        let mut found = vec![];
        for id in self.below(id) {
            if let Some(Part::Column { relation, name }) = self.part(id)
                && !found.contains(&(relation.as_deref(), name.as_str()))
            {
                found.push((relation.as_deref(), name.as_str()));
            }
        }
        found
    }
}

impl Part {
    /// The parts that it is made of, in their order.
    pub fn parts(&self) -> Vec<Id> {
        match self {
            Self::Column { .. } | Self::Constant(_) | Self::Parameter(_) | Self::SubPlan { .. } => {
                vec![]
            }
            Self::Call { arguments: of, .. }
            | Self::And(of)
            | Self::Or(of)
            | Self::List { of, .. }
            | Self::Case(of) => of.clone(),
            Self::Operator { left, right, .. } => left.iter().copied().chain([*right]).collect(),
            Self::AnyAll { left, right, .. } => vec![*left, *right],
            Self::Test { of, .. }
            | Self::Not(of)
            | Self::Cast { of, .. }
            | Self::Field { of, .. }
            | Self::Collate { of, .. } => vec![*of],
            Self::Subscript { of, at } => [*of].into_iter().chain(at.iter().copied()).collect(),
        }
    }
}
