//! Anonymises a plan and its query: replaces identifiers and literals, each by the same substitute
//! everywhere.
//!
//! PostgreSQL's own key words, operators, types and functions are kept, and so are all numbers of the
//! plan itself. What is not known to be PostgreSQL's own is replaced: a new release's function turns
//! into `f1`, but no name slips through. Comments of the query are dropped.

mod keep;
mod names;

pub(crate) use keep::{is_function as is_own_function, is_type};
use names::{Class, Names};

use crate::node::{Node, Plan, Prop, Value};

/// Keys whose values are one name, and of what.
const NAMES: [(&str, Class); 9] = [
    ("CTE Name", Class::Relation),
    ("Conflict Arbiter Indexes", Class::Index),
    ("Constraint Name", Class::Constraint),
    ("Function Name", Class::Function),
    ("Relation", Class::Relation),
    ("Schema", Class::Schema),
    ("Table Function Name", Class::Function),
    ("Trigger Name", Class::Constraint),
    ("Tuplestore Name", Class::Relation),
];

/// Keys whose values are words of PostgreSQL's own.
const OWN: [&str; 15] = [
    "Cache Mode",
    "Command",
    "Conflict Resolution",
    "Full-sort Groups/Sort Methods Used",
    "Join Type",
    "Operation",
    "Parent Relationship",
    "Partial Mode",
    "Pre-sorted Groups/Sort Methods Used",
    "Scan Direction",
    "Serialization/Format",
    "Sort Method",
    "Sort Space Type",
    "Storage",
    "Strategy",
];

/// The plan with names and literals replaced. Its figures are the same.
pub fn anonymise(plan: &Plan) -> Plan {
    let mut names = Names::default();
    let mut copy = plan.clone();
    // Relations first: their columns and aliases then follow in the order of the plan.
    for node in &mut copy.nodes {
        self::node(node, &mut names);
    }
    props(&mut copy.props, &mut names);
    for trigger in &mut copy.triggers {
        props(&mut trigger.props, &mut names);
    }
    copy.query = plan.query.as_deref().map(|query| names.query(query));
    if let Some(broken) = &mut copy.broken {
        broken.expected = names.query(&broken.expected);
    }
    copy
}

fn node(node: &mut Node, names: &mut Names) {
    for (name, class) in [
        (&mut node.schema, Class::Schema),
        (&mut node.relation, Class::Relation),
        (&mut node.alias, Class::Alias),
        (&mut node.index, Class::Index),
    ] {
        if let Some(name) = name {
            *name = names.name(name, class);
        }
    }
    if let Some(subplan) = &mut node.subplan {
        *subplan = match subplan.strip_prefix("CTE ") {
            Some(name) => format!("CTE {}", names.name(name, Class::Relation)),
            None => names.expression(subplan),
        };
    }
    if crate::node_help::help(node).is_none() {
        node.kind = "Custom Scan".into();
    }
    props(&mut node.props, names);
    for worker in &mut node.workers {
        props(&mut worker.props, names);
    }
}

fn props(props: &mut [Prop], names: &mut Names) {
    for prop in props {
        let key = prop.key.to_string();
        if let Some(setting) = key.strip_prefix("Settings/") {
            prop.key = format!("Settings/{}", names.setting(setting)).into();
        }
        match &mut prop.value {
            Value::One(text) => *text = value(&key, text, names),
            Value::List(items) => {
                for item in items {
                    *item = value(&key, item, names);
                }
            }
        }
    }
}

fn value(key: &str, text: &str, names: &mut Names) -> String {
    if let Some((_, class)) = NAMES.iter().find(|(name, _)| *name == key) {
        return names.name(text, *class);
    }
    let figure = text.parse::<f64>().is_ok() || text == "true" || text == "false";
    let own =
        OWN.contains(&key) && text.chars().all(|c| c.is_ascii_alphanumeric() || " -,".contains(c));
    if let Some(setting) = key.strip_prefix("Settings") {
        return names.setting_value(setting.trim_start_matches('/'), text);
    }
    if (figure && !is_expression(key)) || own {
        return text.to_owned();
    }
    match key {
        "Sampling Method" if ["bernoulli", "system"].contains(&text) => text.to_owned(),
        "Sampling Method" => names.name(text, Class::Function),
        "Custom Plan Provider" => names.name(text, Class::Function),
        "Remote SQL" => names.query(text),
        "Query Text" => names.query(text),
        _ => names.expression(text),
    }
}

/// Whether a bare number under this key is a literal of the query and no figure of the plan.
fn is_expression(key: &str) -> bool {
    let parts = ["Filter", "Cond", "Output", "Key", "Parameters", "Call", "Order By"];
    !key.starts_with("Rows Removed") && parts.iter().any(|part| key.contains(part))
}
