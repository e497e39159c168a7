//! Whose the connections are: slots in use and reserved, limits of databases and roles, and groups by
//! database, role, application and client.

use leptos::prelude::*;
use model::activity::Activity;
use model::activity::connections::{ConnectionGroup, ConnectionLimit, ConnectionUse};
use model::{Latest, Unit};

use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::panel::{Found, panel};
use crate::ui::reading::known;
use crate::ui::table::{head, table};

/// Above this share a limit is drawn as a warning, percent.
const WARN_ABOVE_PERCENT: f64 = 80.0;

const GROUPS: [(&str, bool); 9] = [
    ("Database", false),
    ("Role", false),
    ("Application", false),
    ("Client", false),
    ("Connections", true),
    ("Active", true),
    ("Idle", true),
    ("Idle in transaction", true),
    ("Unknown state", true),
];

const LIMITS: [(&str, bool); 3] =
    [("Limit of", false), ("Connections", true), ("Share in use", true)];

/// The slots: in use, and all.
type Slots = (i64, i64);

/// The panel.
pub fn connections(latest: RwSignal<Latest<Activity>>) -> AnyView {
    let found: Found<(ConnectionUse, Slots)> = Memo::new(move |_| {
        latest.with(|l| {
            let activity = l.value()?;
            let slots = (activity.connections, activity.max_connections);
            Some(activity.connection_use.clone().map(|used| (used, slots)))
        })
    });
    panel(found, move |used| {
        view! {
            <p>{move || used.with(|(used, slots)| in_use(used, *slots))}</p>
            {table("Connections by database, role, application and client", head(&GROUPS), move || {
                used.with(|(used, _)| used.groups.iter().map(group).collect::<Vec<_>>())
            })}
            <h3>"Limits of databases and roles"</h3>
            {move || used.with(|(used, _)| known(&used.limits, |rows| limits(rows)))}
        }
        .into_any()
    })
}

/// How the slots are used, so that all of them are accounted for.
fn in_use(used: &ConnectionUse, (connections, max): Slots) -> String {
    let count = |n: i64| format::grouped(n as f64);
    let grouped: i64 = used.groups.iter().map(|group| group.connections).sum();
    let mut parts = vec![format!("{} listed below", count(grouped))];
    if used.not_grouped > 0 {
        parts.push(format!("{} not listed", count(used.not_grouped)));
    }
    parts.push(format!("{} of pgdeck itself", count(used.own)));
    let mut reserved = vec![format!("{} for superusers", count(used.superuser_reserved))];
    if let Some(roles) = used.reserved.filter(|roles| *roles > 0) {
        reserved.push(format!("{} for roles with pg_use_reserved_connections", count(roles)));
    }
    format!(
        "{} of {} connection slots are in use: {}. The last are reserved: {}.",
        count(connections),
        count(max),
        parts.join(", "),
        reserved.join(", "),
    )
}

fn group(group: &ConnectionGroup) -> AnyView {
    // A walsender of physical replication has no database; a client need not name its application.
    let text = |value: &Option<String>, missing: &str| {
        let given = value.clone().filter(|value| !value.trim().is_empty());
        given.unwrap_or_else(|| missing.into())
    };
    let application = if group.hidden { "hidden" } else { "none" };
    let client = match &group.client_addr {
        Some(address) => address.clone(),
        None if group.hidden => "hidden".into(),
        None => "Unix socket".into(),
    };
    let number = |n: i64| view! { <td class="num">{format::grouped(n as f64)}</td> };
    view! {
        <tr>
            <td class="text">{text(&group.datname, "none")}</td>
            <td class="text">{text(&group.usename, "none")}</td>
            <th scope="row">{text(&group.application_name, application)}</th>
            <td class="text">{client}</td>
            {number(group.connections)}
            {state(group, group.active)}
            {state(group, group.idle)}
            {state(group, group.idle_in_transaction)}
            {number(group.unknown)}
        </tr>
    }
    .into_any()
}

/// A count of a state: unknown, not zero, where no state of the group is known.
fn state(group: &ConnectionGroup, count: i64) -> AnyView {
    if group.unknown >= group.connections {
        return crate::ui::table::unknown(None);
    }
    view! { <td class="num">{format::grouped(count as f64)}</td> }.into_any()
}

fn limits(limits: &[ConnectionLimit]) -> AnyView {
    if limits.is_empty() {
        return view! {
            <p class="note">"No database and no role has a CONNECTION LIMIT, superusers aside."</p>
        }
        .into_any();
    }
    let row = |limit: &ConnectionLimit| {
        let percent = limit.percent();
        let count = |n: i64| format::grouped(n as f64);
        view! {
            <tr>
                <th scope="row">{limit.of.as_str()} " " {limit.name.clone()}</th>
                <td class="num">{count(limit.used)} " of " {count(limit.limit)}</td>
                <td class="with-bar">
                    <span class="num">{percent.map_or_else(|| "nobody may connect".into(), |p| format::number(p, Unit::Percent))}</span>
                    {percent.map(|p| view! { <Bar percent=Signal::stored(Some(p)) warn_above=WARN_ABOVE_PERCENT/> })}
                </td>
            </tr>
        }
    };
    let rows: Vec<_> = limits.iter().map(row).collect();
    view! {
        {table("Connection limits of databases and roles", head(&LIMITS), rows)}
        <p class="note">"pgdeck's own connections count against limits. Limits do not hold for superusers."</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::activity::connections::LimitOf;

    fn used(groups: Vec<ConnectionGroup>) -> ConnectionUse {
        ConnectionUse { groups, own: 1, superuser_reserved: 3, ..ConnectionUse::default() }
    }

    #[test]
    fn all_slots_are_accounted_for() {
        let group = ConnectionGroup { connections: 12, ..ConnectionGroup::default() };
        let used = ConnectionUse { not_grouped: 4, reserved: Some(2), ..used(vec![group]) };
        assert_eq!(
            in_use(&used, (17, 100)),
            "17 of 100 connection slots are in use: 12 listed below, 4 not listed, 1 of pgdeck itself. The last are reserved: 3 for superusers, 2 for roles with pg_use_reserved_connections."
        );
    }

    #[test]
    fn hidden_states_are_unknown_and_names_are_text() {
        let hidden = ConnectionGroup {
            usename: Some("<i>".into()),
            connections: 2,
            unknown: 2,
            hidden: true,
            ..ConnectionGroup::default()
        };
        let html = Owner::new().with(|| group(&hidden).to_html());
        assert!(html.contains("&lt;i&gt;") && html.contains("hidden"), "{html}");
        assert_eq!(html.matches(">unknown<").count(), 3, "{html}");
    }

    #[test]
    fn no_cell_of_a_group_is_empty() {
        let unnamed = ConnectionGroup {
            application_name: Some(" ".into()),
            connections: 1,
            ..ConnectionGroup::default()
        };
        let html = Owner::new().with(|| group(&unnamed).to_html());
        assert_eq!(html.matches(">none<").count(), 3, "{html}");
    }

    #[test]
    fn a_limit_of_zero_has_no_share() {
        let limit = ConnectionLimit { of: LimitOf::Role, name: "web".into(), limit: 0, used: 0 };
        let html = Owner::new().with(|| limits(&[limit]).to_html());
        assert!(html.contains("nobody may connect") && !html.contains("bar-fill"), "{html}");
    }
}
