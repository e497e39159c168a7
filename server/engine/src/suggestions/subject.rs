//! One statement of the workload: its text as read by the guard, values that stand in for its parameters, its
//! plans.

use model::explain::{Mode, NotExplained};
use model::suggestions::Weighted;
use model::{Known, Reason};
use plan::Plan;

use super::parameters::{StandIn, stand_ins, updated};
use crate::explain::ast;
use crate::explain::guard::{Guarded, guard};
use crate::explain::serial::{Place, SerialPlanner};

/// A plan, read.
#[derive(Clone, Debug)]
pub struct Look {
    /// The plan.
    pub plan: Plan,
    /// Its cost, in the planner's units.
    pub cost: f64,
}

impl Look {
    /// Reads a plan in any format of EXPLAIN.
    pub fn read(text: &str) -> Known<Self> {
        let parsed = plan::parse(text).map_err(|_| nothing("Its plan cannot be read."))?;
        let plan = parsed.plans.into_iter().next().ok_or(Reason::NotYet)?;
        let cost = plan.nodes.first().and_then(|root| root.cost).ok_or(Reason::NotYet)?.total;
        Ok(Self { plan, cost })
    }

    /// Whether it reads an index of that name.
    pub fn reads(&self, index: &str) -> bool {
        self.plan.nodes.iter().any(|node| node.index.as_deref() == Some(index))
    }
}

/// A statement of the workload.
pub struct Subject {
    /// The statement.
    pub statement: Weighted,
    /// What the guard made of it.
    guarded: Known<Guarded>,
    stand_ins: Known<Vec<StandIn>>,
    /// The columns that it updates, each with the name of the table.
    pub updated: Vec<(String, String)>,
    /// The values for its parameters.
    pub values: Known<Vec<Option<String>>>,
    /// The plan for any value, as the tables are.
    pub generic: Known<Look>,
    /// The plan for common values, as the tables are.
    pub custom: Known<Look>,
}

impl Subject {
    /// Reads the statements. Takes processor time.
    pub fn read_all(statements: Vec<Weighted>) -> Vec<Self> {
        statements.into_iter().map(Self::read).collect()
    }

    fn read(statement: Weighted) -> Self {
        let guarded = guard(&statement.text, Mode::Plan);
        let guarded = guarded.map_err(|refusal| nothing(&refusal.message()));
        let tree = ast::json(&statement.text);
        let stand_ins = match &tree {
            Ok(tree) => stand_ins(tree).map_err(|why| nothing(&why)),
            Err(refusal) => Err(nothing(&refusal.message())),
        };
        let stand_ins = match stand_ins {
            Ok(none) if none.is_empty() => Err(nothing("It has no parameters.")),
            other => other,
        };
        let updated = tree.map(|tree| updated(&tree)).unwrap_or_default();
        let unknown = || Reason::NotYet;
        Self {
            statement,
            guarded,
            values: Err(stand_ins.as_ref().err().cloned().unwrap_or_else(unknown)),
            custom: Err(stand_ins.as_ref().err().cloned().unwrap_or_else(unknown)),
            stand_ins,
            updated,
            generic: Err(Reason::NotYet),
        }
    }

    /// Its plans as the tables are.
    pub fn looks(&self) -> impl Iterator<Item = &Look> {
        self.generic.iter().chain(&self.custom)
    }

    /// Plans it for these values, or for any. Errors: the outer one ends the session.
    pub async fn planned(
        &self,
        planner: &mut SerialPlanner,
        values: Option<Vec<Option<String>>>,
    ) -> Result<Known<Look>, Reason> {
        let guarded = match &self.guarded {
            Ok(guarded) => guarded,
            Err(reason) => return Ok(Err(reason.clone())),
        };
        Ok(match planner.plan(guarded, values).await? {
            Ok(text) => Look::read(&text),
            Err(NotExplained::Unknown(reason)) => Err(reason),
            Err(why) => Err(nothing(&why.message())),
        })
    }

    /// Looks up the values that stand in for its parameters.
    pub async fn find_values(&mut self, planner: &mut SerialPlanner) {
        let Ok(stand_ins) = &self.stand_ins else { return };
        let place = |one: &StandIn| match one {
            StandIn::Common(column) => Some(Place { column: column.clone(), bound: None }),
            StandIn::Bound(column, at) => Some(Place { column: column.clone(), bound: Some(*at) }),
            StandIn::Text(_) | StandIn::Null => None,
        };
        let places: Vec<Place> = stand_ins.iter().filter_map(place).collect();
        let found = planner.values(&places).await;
        self.values = found.and_then(|found| {
            let mut found = found.into_iter();
            let values = stand_ins.iter().map(|one| match one {
                StandIn::Text(text) => Ok(Some((*text).to_owned())),
                StandIn::Null => Ok(None),
                StandIn::Common(column) | StandIn::Bound(column, _) => {
                    found.next().flatten().map(Some).ok_or_else(|| {
                        nothing(&format!(
                            "The statistics have no value of column {} of {}, or this role may not read it.",
                            column.column, column.table
                        ))
                    })
                }
            });
            values.collect()
        });
        if let Err(reason) = &self.values {
            self.custom = Err(reason.clone());
        }
    }
}

/// A reason in a sentence.
pub fn nothing(message: &str) -> Reason {
    Reason::Nothing { message: message.to_owned() }
}
