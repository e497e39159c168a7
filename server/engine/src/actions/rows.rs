//! Row types of the action queries, and the one function that fills values into their text.

use crate::redact;

/// A row of `operators.14.sql`.
#[derive(Debug, sqlx::FromRow)]
pub struct OperatorRow {
    #[sqlx(try_from = "model::text::Text")]
    pub system_identifier: String,
    pub started_ms: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub role: String,
    #[sqlx(try_from = "model::text::Text")]
    pub database: String,
}

/// A row of `chosen_sessions.14.sql`.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct SessionRow {
    pub pid: i32,
    pub backend_start_ms: Option<i64>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub backend_type: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub datname: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub usename: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub application_name: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub client_addr: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub state: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub query: Option<String>,
    pub state_age_ms: Option<f64>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub wait_event: Option<String>,
    pub to_prevent_wraparound: Option<bool>,
    pub vacuums: bool,
    pub superuser: bool,
    pub own: bool,
    pub may_signal: Option<bool>,
}

impl SessionRow {
    /// Whether it has committed and waits for a synchronous standby to confirm that.
    pub fn waits_for_sync_standby(&self) -> bool {
        self.wait_event.as_deref() == Some("SyncRep")
    }

    /// What it runs, or ran last, without passwords; None where the server does not say. A state is
    /// known of every session whose text may be read.
    pub fn last_statement(&self) -> Option<String> {
        let text = self.query.as_deref().filter(|text| !text.is_empty() && self.state.is_some())?;
        Some(redact::statement(text))
    }

    /// Whom it is: role, database, application, client, as far as known.
    pub fn who(&self) -> String {
        let parts = [
            ("role", &self.usename),
            ("database", &self.datname),
            ("application", &self.application_name),
            ("client", &self.client_addr),
        ];
        let known = parts.iter().filter_map(|(word, value)| {
            let value = value.as_deref().filter(|value| !value.is_empty())?;
            Some(format!("{word} {value}"))
        });
        let known: Vec<String> = known.collect();
        if known.is_empty() {
            return self.backend_type.clone().unwrap_or_else(|| "no details available".into());
        }
        known.join(", ")
    }
}

/// A row of `chosen_tables.*.sql`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TableRow {
    pub oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    #[sqlx(try_from = "model::text::Text")]
    pub relkind: String,
    #[sqlx(try_from = "model::text::Text")]
    pub owner: String,
    pub may_maintain: bool,
}

/// A row of `cancelled_sessions.14.sql` and `terminated_sessions.14.sql`.
#[derive(Debug, sqlx::FromRow)]
pub struct SignalledRow {
    pub query_start_us: Option<i64>,
    pub signalled: bool,
}

/// A row of `remaining_sessions.14.sql`.
#[derive(Debug, sqlx::FromRow)]
pub struct RemainingRow {
    pub pid: i32,
    pub backend_start_ms: Option<i64>,
    pub query_start_us: Option<i64>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub state: Option<String>,
}

/// A row of `maintenance_counts.14.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CountsRow {
    pub vacuum_count: i64,
    pub analyze_count: i64,
}

/// The statement with `$1`, `$2` … replaced by these values, which are numbers, or literals and
/// names that were quoted. One pass: a value is never looked into.
pub fn filled(statement: &str, values: &[&str]) -> String {
    let mut parts = statement.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let value = number.parse::<usize>().ok().and_then(|n| values.get(n.checked_sub(1)?));
        match value {
            Some(value) => text.push_str(value),
            None => text.extend(["$", number]),
        }
        text.push_str(rest);
    }
    text
}

/// An array literal of pids.
pub fn array(pids: impl IntoIterator<Item = i32>) -> String {
    let pids: Vec<String> = pids.into_iter().map(|pid| pid.to_string()).collect();
    format!("'{{{}}}'", pids.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_looked_into() {
        assert_eq!(filled("a $1 b $2;", &["'$2'", "x"]), "a '$2' b x;");
        assert_eq!(filled("$1$1 $3 $", &["1"]), "11 $3 $");
        assert_eq!(array([1, 2]), "'{1,2}'");
    }
}
