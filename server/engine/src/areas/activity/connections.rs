//! Whose the connections are: groups by database, role, application and client, and how much of the
//! limits of databases and roles is used.

use std::collections::BTreeMap;

use model::activity::Session;
use model::activity::connections::{ConnectionGroup, ConnectionLimit, ConnectionUse, LimitOf};
use model::{Known, Reason};

use super::Connections;

/// How many groups are shown; what is beyond is counted.
const GROUPS_SHOWN: usize = 60;

/// The limit of a database or a role, as read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LimitRow {
    #[sqlx(try_from = "model::text::Text")]
    kind: String,
    #[sqlx(try_from = "model::text::Text")]
    name: String,
    connection_limit: i64,
}

/// Whether it takes one of the slots. Role and database of a hidden process are open to all, and
/// background processes have none.
fn takes_slot(session: &Session) -> bool {
    session.is_client() || session.hidden && session.usename.is_some() && session.datname.is_some()
}

/// Whose the connections are, by all sessions that were read.
pub fn connection_use(
    sessions: &[Session],
    counts: &Connections,
    limits: &Known<Vec<LimitRow>>,
) -> ConnectionUse {
    let clients = || sessions.iter().filter(|session| takes_slot(session));
    let own = clients().filter(|session| session.own).count() as i64;
    let groups = groups(clients().filter(|session| !session.own));
    let grouped: i64 = groups.iter().map(|group| group.connections).sum();
    let is_whole = counts.sessions_total <= sessions.len() as i64;
    ConnectionUse {
        groups,
        own,
        not_grouped: counts.connections.saturating_sub(own).saturating_sub(grouped).max(0),
        superuser_reserved: counts.superuser_reserved,
        reserved: counts.reserved,
        limits: match limits {
            Ok(rows) if is_whole => Ok(used(rows, sessions)),
            Ok(_) => Err(Reason::TooLarge {
                what: "sessions counted against limits".into(),
                limit: format!("{} sessions", sessions.len()),
            }),
            Err(reason) => Err(reason.clone()),
        },
    }
}

fn groups<'a>(clients: impl Iterator<Item = &'a Session>) -> Vec<ConnectionGroup> {
    let mut groups: BTreeMap<[Option<&str>; 4], ConnectionGroup> = BTreeMap::new();
    for client in clients {
        let key = [&client.datname, &client.usename, &client.application_name, &client.client_addr]
            .map(Option::as_deref);
        let group = groups.entry(key).or_insert_with(|| ConnectionGroup {
            datname: client.datname.clone(),
            usename: client.usename.clone(),
            application_name: client.application_name.clone(),
            client_addr: client.client_addr.clone(),
            ..ConnectionGroup::default()
        });
        group.connections += 1;
        group.hidden |= client.hidden;
        match client.state.as_deref() {
            Some("active" | "fastpath function call") => group.active += 1,
            Some("idle") => group.idle += 1,
            _ if client.is_idle_in_transaction() => group.idle_in_transaction += 1,
            _ => group.unknown += 1,
        }
    }
    // Of the same size, by name: rows do not change places from tick to tick.
    let mut groups: Vec<ConnectionGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.connections));
    groups.truncate(GROUPS_SHOWN);
    groups
}

fn used(rows: &[LimitRow], sessions: &[Session]) -> Vec<ConnectionLimit> {
    let limit = |row: &LimitRow| {
        let of = if row.kind == "role" { LimitOf::Role } else { LimitOf::Database };
        let counts = |session: &&Session| {
            let name = match of {
                LimitOf::Role => &session.usename,
                LimitOf::Database => &session.datname,
            };
            name.as_deref() == Some(row.name.as_str()) && takes_slot(session)
        };
        let used = sessions.iter().filter(counts).count() as i64;
        ConnectionLimit { of, name: row.name.clone(), limit: row.connection_limit, used }
    };
    let mut limits: Vec<ConnectionLimit> = rows.iter().map(limit).collect();
    let share = |limit: &ConnectionLimit| limit.percent().unwrap_or(-1.0);
    limits.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.name.cmp(&b.name)));
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(application: &str, state: &str) -> Session {
        Session {
            backend_type: Some("client backend".into()),
            datname: Some("shop".into()),
            usename: Some("web".into()),
            application_name: Some(application.into()),
            state: Some(state.into()),
            ..Session::default()
        }
    }

    fn counts(sessions_total: i64, connections: i64) -> Connections {
        Connections {
            sessions_total,
            connections,
            max_connections: 100,
            reserved_connections: 3,
            superuser_reserved: 3,
            reserved: None,
        }
    }

    #[test]
    fn groups_own_and_the_rest_are_all_connections() {
        let own = Session { own: true, ..client("pgdeck 1a2b", "active") };
        let hidden = Session {
            hidden: true,
            backend_type: None,
            state: None,
            application_name: None,
            ..client("", "")
        };
        let background =
            Session { backend_type: Some("checkpointer".into()), ..Session::default() };
        let sessions = vec![
            client("b", "idle in transaction (aborted)"),
            client("a", "idle"),
            client("b", "active"),
            own,
            hidden,
            background,
        ];
        let found = connection_use(&sessions, &counts(6, 7), &Ok(vec![]));
        let sizes: Vec<_> = found.groups.iter().map(|group| group.connections).collect();
        assert_eq!((sizes, found.own, found.not_grouped), (vec![2, 1, 1], 1, 2));
        let b = found.groups.first().expect("the largest group");
        assert_eq!((b.active, b.idle, b.idle_in_transaction, b.unknown), (1, 0, 1, 0));
        let unknown: i64 = found.groups.iter().map(|group| group.unknown).sum();
        assert_eq!(unknown, 1, "the hidden one");
    }

    #[test]
    fn a_limit_counts_our_own_and_is_unknown_where_the_list_is_cut() {
        let own = Session { own: true, ..client("pgdeck 1a2b", "active") };
        let sessions = vec![client("a", "idle"), own];
        let row = |kind: &str, name: &str, connection_limit| LimitRow {
            kind: kind.into(),
            name: name.into(),
            connection_limit,
        };
        let limits = Ok(vec![row("database", "web", 0), row("role", "web", 4)]);
        let found = connection_use(&sessions, &counts(2, 2), &limits).limits.expect("known");
        let seen: Vec<_> = found.iter().map(|l| (l.of, l.used, l.percent())).collect();
        assert_eq!(seen, [(LimitOf::Role, 2, Some(50.0)), (LimitOf::Database, 0, None)]);
        let cut = connection_use(&sessions, &counts(3_000, 2), &limits);
        assert!(matches!(cut.limits, Err(Reason::TooLarge { .. })));
    }
}
