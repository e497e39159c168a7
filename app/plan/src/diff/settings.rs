//! Planner settings that differ between the two plans.

use std::collections::BTreeMap;

use super::{Both, Change, Side, Topic};

/// Settings that differ, by name.
pub(super) fn changes(both: &Both<'_>) -> Vec<Change> {
    let of = |side: Side<'_>| -> BTreeMap<String, String> {
        let settings = side.plan.settings();
        settings.map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
    };
    let (before, after) = (of(both.before), of(both.after));
    // A plan that was made without SETTINGS says nothing about them.
    if before.is_empty() && after.is_empty() {
        return vec![];
    }
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let message = |name: &String| match (before.get(name), after.get(name)) {
        (Some(was), Some(is)) if was == is => None,
        (Some(was), Some(is)) => Some(format!("{name} is {is} instead of {was}.")),
        (None, Some(is)) => {
            Some(format!("{name} is set to {is}, which the first plan does not print."))
        }
        (Some(was), None) => {
            Some(format!("{name} was set to {was}, which the second plan does not print."))
        }
        (None, None) => None,
    };
    let change = |message| Change {
        topic: Topic::Settings,
        before: None,
        after: None,
        effect_ms: None,
        message,
    };
    names.into_iter().filter_map(message).map(change).collect()
}
