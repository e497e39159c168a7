//! Which statement is looked at next: one that is accused, or one of the costliest. Pure.

use std::collections::{HashMap, HashSet};

use model::statements::explain::{has_plan, is_own};
use model::statements::plans::{PlanLook, PlanSource};
use model::statements::regression::Change;
use model::statements::{Key, Statements};

use super::Place;

/// The costliest statements are looked at.
const TOP: usize = 5;
/// How often each is, ms.
const AGAIN_MS: i64 = 600_000;
/// And how often one that gave no plan, ms.
const AGAIN_FAILED_MS: i64 = 3_600_000;
/// The ways in which a plan is had without being asked.
const WAYS: [PlanSource; 3] =
    [PlanSource::Generic, PlanSource::CommonValues, PlanSource::SessionValues];
/// Of so many of the costliest the values are looked for that sessions run them with.
const WITH_VALUES: usize = 50;

/// A statement whose plan is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its query id.
    pub queryid: i64,
    /// The name of its database.
    pub database: String,
    /// Its text, with `$1` in the place of values.
    pub text: String,
    /// pgdeck's fingerprint; empty if unknown.
    pub fingerprint: String,
}

impl Subject {
    /// Where its values are kept.
    pub fn place(&self) -> (i64, String) {
        (self.queryid, self.database.clone())
    }
}

/// The statements that plans are wanted of, and since when they are another matter: first those that are accused
/// of having changed, then the costliest of the last ten minutes.
fn wanted(value: &Statements) -> impl Iterator<Item = (Subject, i64)> {
    let accused = value.regressions.iter().flat_map(|report| &report.found);
    let accused = accused.filter(|one| one.change.is_accusation() && one.change != Change::Gone);
    let accused = accused.filter_map(|one| Some((subject(value, one.key)?, one.since_ms)));
    let window = value.window().into_iter();
    let top = window.flat_map(|window| window.top.iter().filter(|one| one.key.toplevel));
    // Taken last: what is never planned, our own statements and utility statements, takes no place. On a quiet
    // server they are among the costliest, and then fewer than five of the application's would be looked at.
    let top = top.filter_map(|one| subject(value, one.key)).take(TOP);
    accused.chain(top.map(|subject| (subject, i64::MIN)))
}

/// The statements whose values are looked for: a plan of theirs may be wanted, or a person may ask for one.
pub fn with_values(value: &Statements) -> HashSet<(i64, String)> {
    let top = value.window().into_iter().flat_map(|window| window.top.iter().take(WITH_VALUES));
    let top = top.filter_map(|one| subject(value, one.key)).map(|subject| subject.place());
    wanted(value).map(|(subject, _)| subject.place()).chain(top).collect()
}

/// The statement whose turn it is. `ran` says of which a session's values are known.
pub fn next(
    value: &Statements,
    looks: &HashMap<Place, PlanLook>,
    ran: impl Fn(&Subject) -> bool,
    now_ms: i64,
) -> Option<(Subject, PlanSource)> {
    let is_due = |subject: &Subject, how: PlanSource, since_ms: i64| {
        let place = (subject.queryid, subject.database.clone(), how);
        looks.get(&place).is_none_or(|look| {
            let again_ms = if look.failure.is_some() { AGAIN_FAILED_MS } else { AGAIN_MS };
            let is_old = now_ms.saturating_sub(look.at_ms) >= again_ms;
            is_old || (look.failure.is_none() && look.at_ms < since_ms)
        })
    };
    wanted(value)
        .flat_map(|(subject, since_ms)| {
            let ways = ways(&subject, ran(&subject));
            ways.map(move |how| (subject.clone(), how, since_ms))
        })
        .find(|(subject, how, since_ms)| is_due(subject, *how, *since_ms))
        .map(|(subject, how, _)| (subject, how))
}

/// The ways in which a plan of it can be had: without parameters there are no values to plan for.
pub fn ways(subject: &Subject, is_ran: bool) -> impl Iterator<Item = PlanSource> + use<> {
    let most = match subject.text.contains('$') {
        true if is_ran => 3,
        true => 2,
        false => 1,
    };
    WAYS.into_iter().take(most)
}

/// What is known of it; None without its text or the name of its database, and where it is never planned.
fn subject(value: &Statements, key: Key) -> Option<Subject> {
    let text = value.texts.iter().find(|text| text.queryid == key.queryid)?;
    let database = value.databases.iter().find(|name| name.oid == i64::from(key.dbid))?;
    (!is_own(&text.text) && has_plan(&text.text)).then(|| Subject {
        queryid: key.queryid,
        database: database.name.clone(),
        text: text.text.clone(),
        fingerprint: text.fingerprint.clone().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use model::Reason;
    use model::statements::explain::OWN;
    use model::statements::{Bound, StatementText, Sums};
    use model::statements::{Entries, Named, Ranked, Regression, Regressions, Settings, Window};

    use super::*;

    fn key(queryid: i64) -> Key {
        Key { userid: 10, dbid: 5, toplevel: true, queryid }
    }

    /// A reading with these statements, the costliest first.
    fn value(ids: &[i64]) -> Statements {
        let ranked =
            |id: &i64| Ranked { key: key(*id), sums: Sums::default(), bound: Bound::Exact };
        let text = |id: &i64| StatementText {
            queryid: *id,
            text: match id {
                8 => "vacuum orders".to_owned(),
                9 => format!("{OWN}entries */ select 1"),
                id => format!("select {id}"),
            },
            ..StatementText::default()
        };
        let window = Window { top: ids.iter().map(ranked).collect(), ..Window::default() };
        Statements {
            extension: Ok("1.11".into()),
            settings: Settings::default(),
            entries: Ok(Entries {
                at_ms: 0,
                every_ms: 10_000,
                count: 3,
                others: Ok(()),
                deallocations: 0,
                reset_ms: None,
                tick: Err(Reason::NotYet),
                window: Ok(window),
            }),
            is_new: true,
            texts: ids.iter().map(text).collect(),
            unrecorded: Vec::new(),
            roles: Vec::new(),
            databases: vec![Named { oid: 5, name: "shop".into() }],
            regressions: Err(Reason::NotYet),
            plan_looks: Vec::new(),
        }
    }

    fn look(queryid: i64, at_ms: i64, failure: Option<&str>) -> (Place, PlanLook) {
        let (database, failure) = ("shop".to_owned(), failure.map(str::to_owned));
        let source = PlanSource::Generic;
        let place = (queryid, database.clone(), source);
        (place, PlanLook { queryid, database, source, at_ms, failure })
    }

    fn chosen(value: &Statements, looks: &[(Place, PlanLook)], now_ms: i64) -> Option<i64> {
        let looks = looks.iter().cloned().collect();
        next(value, &looks, |_| false, now_ms).map(|(subject, _)| subject.queryid)
    }

    #[test]
    fn the_costliest_come_one_after_another_and_not_too_often() {
        let now = 10_000_000;
        let mut value = value(&[9, 8, 1, 2, 3, 4, 5, 6]);
        assert_eq!(chosen(&value, &[], now), Some(1), "neither our own nor a utility statement");
        let mut looks = vec![look(1, now, None), look(2, now, Some("why"))];
        assert_eq!(chosen(&value, &looks, now), Some(3));
        looks.extend([look(3, now, None), look(4, now, None)]);
        assert_eq!(chosen(&value, &looks, now), Some(5), "what is never planned takes no place");
        looks.push(look(5, now, None));
        assert_eq!(chosen(&value, &looks, now), None, "five at most");
        assert_eq!(chosen(&value, &looks, now + AGAIN_MS), Some(1));
        looks.retain(|(place, _)| place.0 == 2);
        looks.extend([1, 3, 4, 5].map(|id| look(id, now + AGAIN_MS, None)));
        assert_eq!(chosen(&value, &looks, now + AGAIN_MS), None, "a refusal is tried once an hour");
        // One that has become slower since its last look comes at once.
        let slower = |change, since_ms| Regression {
            key: key(4),
            database: "shop".into(),
            role: "app".into(),
            change,
            since_ms,
            before: None,
            now: None,
            days: 7,
            more_sessions: 1.0,
            share_percent: 1.0,
            error_ms: None,
            causes: Vec::new(),
            unmeasured: Vec::new(),
            event: None,
            at_least: false,
        };
        let found = |one| Ok(Regressions { found: vec![one], ..Regressions::default() });
        value.regressions = found(slower(Change::Slower, now + AGAIN_MS + 1));
        assert_eq!(chosen(&value, &looks, now + AGAIN_MS + 2), Some(4));
        value.regressions = found(slower(Change::Gone, now + AGAIN_MS + 1));
        assert_eq!(chosen(&value, &looks, now + AGAIN_MS + 2), None);
    }

    #[test]
    fn with_parameters_there_are_two_ways() {
        let mut value = value(&[1]);
        value.texts = vec![StatementText {
            queryid: 1,
            text: "select $1".into(),
            ..StatementText::default()
        }];
        let how = |looks: &[(Place, PlanLook)]| {
            next(&value, &looks.iter().cloned().collect(), |_| false, 5).map(|(_, how)| how)
        };
        assert_eq!(how(&[]), Some(PlanSource::Generic));
        assert_eq!(how(&[look(1, 5, None)]), Some(PlanSource::CommonValues));
        let of = |how| {
            let (mut place, look) = look(1, 5, None);
            place.2 = how;
            (place, PlanLook { source: how, ..look })
        };
        let both = [of(PlanSource::Generic), of(PlanSource::CommonValues)];
        assert_eq!(how(&both), None);
        // A third, once a session was seen that ran it.
        let third = next(&value, &both.into_iter().collect(), |_| true, 5).map(|(_, how)| how);
        assert_eq!(third, Some(PlanSource::SessionValues));
    }

    #[test]
    fn without_text_or_database_there_is_nothing_to_plan() {
        let mut value = value(&[1]);
        value.databases.clear();
        assert_eq!(chosen(&value, &[], 0), None);
    }
}
