//! Navigation data of every page: servers, badges of open findings, signed-in user. Loaded with
//! each page and polled every few seconds; the server reads memory only.

use crate::routes::access;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::{ApiError, ServerId, ServerSummary, Severity};
use serde::{Deserialize, Serialize};

use crate::resource::{Loaded, loaded};
use crate::{links, live};

/// Polling interval, ms.
const EVERY_MS: u64 = 3_000;

/// The navigation data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Navigation {
    /// The server's clock, ms since the epoch.
    pub now_ms: i64,
    /// From when to when a recording is, where one is shown.
    pub recording: Option<(i64, i64)>,
    /// The name of the signed-in user.
    pub who: String,
    /// Whether the user may see the text of statements on the selected server.
    pub query_text: bool,
    /// Why the user cannot act on the selected server; None when they can.
    pub no_actions: Option<String>,
    /// The servers the user may see, problems first.
    pub servers: Vec<ServerSummary>,
    /// The limits that the configuration sets for rules on plans: rule, limit, value.
    pub plan_limits: Vec<(String, String, f64)>,
    /// Open findings of the selected server: each with its severity and the areas that found it.
    pub badges: Vec<(Severity, Vec<String>)>,
    /// Which part of the history is made up, from and to, ms since the epoch: the past of the demo.
    pub generated: Option<(i64, i64)>,
    /// Since when nothing is recorded in the history, which a disk or database refuses, ms since the epoch.
    pub not_recorded_since_ms: Option<i64>,
}

impl Navigation {
    /// The summary of one server.
    pub fn server(&self, id: &ServerId) -> Option<&ServerSummary> {
        self.servers.iter().find(|summary| summary.id == *id)
    }

    /// The badge of the pages with these names: the worst severity and the number of findings. What
    /// several areas found of one root counts once.
    pub fn badge(&self, names: &[&str]) -> Option<(Severity, usize)> {
        self.sum(|areas| areas.iter().any(|area| names.contains(&area.as_str())))
    }

    /// The badge of all areas, shown by the overview.
    pub fn badge_of_all(&self) -> Option<(Severity, usize)> {
        self.sum(|_| true)
    }

    fn sum(&self, counts: impl Fn(&[String]) -> bool) -> Option<(Severity, usize)> {
        let counted = self.badges.iter().filter(|(_, areas)| counts(areas));
        let badges = counted.map(|(severity, _)| (*severity, 1));
        badges.reduce(|(worst, all), (severity, count)| (worst.max(severity), all + count))
    }
}

access! { "/api/navigation" Any(See) }

/// The navigation data for a page about `server`, or about none.
#[server(prefix = "/api", endpoint = "navigation", output = model::wire::Json)]
pub async fn read_navigation(server: Option<ServerId>) -> Result<Navigation, ApiError> {
    use crate::auth;
    let who = auth::require(model::Permission::See, None)?;
    let engine = auth::engine()?;
    let mut servers = engine.servers();
    servers.retain(|summary| who.may_on(model::Permission::See, &summary.id));
    servers.sort_by(|a, b| urgency(a, b).then_with(|| a.id.cmp(&b.id)));
    let chosen = server.filter(|id| servers.iter().any(|summary| summary.id == *id));
    let badges = chosen.as_ref().map_or_else(Vec::new, |id| badges(&engine.findings(id).0));
    Ok(Navigation {
        now_ms: engine.now_ms(),
        recording: engine.recording(),
        query_text: chosen.as_ref().is_some_and(|id| who.sees_query_text(id)),
        no_actions: chosen.and_then(|id| no_actions(&who, &engine, &id)),
        plan_limits: plan_limits(&engine),
        generated: engine.generated(),
        not_recorded_since_ms: engine.past().and_then(|past| Some(past.stopped()?.since_ms)),
        who: who.name,
        servers,
        badges,
    })
}

/// The limits that the configuration sets for rules on plans.
#[cfg(feature = "ssr")]
pub fn plan_limits(engine: &engine::Engine) -> Vec<(String, String, f64)> {
    engine.plan_limits().into_iter().map(|((rule, limit), value)| (rule, limit, value)).collect()
}

/// Why the user cannot act on that server; None when they can.
#[cfg(feature = "ssr")]
pub fn no_actions(who: &model::User, engine: &engine::Engine, server: &ServerId) -> Option<String> {
    if !who.may_on(model::Permission::Act, server) {
        return Some("Cancelling and terminating need the role operator.".into());
    }
    (engine.can_operate(server) != Some(true)).then(|| {
        "This server has no operate DSN, so actions are disabled; add operate to it in pgdeck.toml.".into()
    })
}

/// Why the user cannot act on the page's server; None when they can.
pub fn refusal() -> Signal<Option<String>> {
    let nav = use_context::<Nav>();
    Signal::derive(move || nav.and_then(|nav| nav.latest.with(|n| n.no_actions.clone())))
}

/// Which of two servers comes first: one that does not answer, then by the finding to act on first,
/// then one that could not be judged.
#[cfg(any(feature = "ssr", test))]
fn urgency(a: &ServerSummary, b: &ServerSummary) -> std::cmp::Ordering {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let lost = |s: &ServerSummary| matches!(s.link, model::server::ConnectionState::Lost { .. });
    let first = match (&a.first, &b.first) {
        (Some(a), Some(b)) => model::ranking::by_harm((a.severity, a.harm), (b.severity, b.harm)),
        (Some(_), None) => Less,
        (None, Some(_)) => Greater,
        (None, None) => Equal,
    };
    lost(b).cmp(&lost(a)).then(first).then((b.blind > 0).cmp(&(a.blind > 0)))
}

/// Each finding with the areas that found it or what is folded into it.
#[cfg(any(feature = "ssr", test))]
fn badges(findings: &[model::Finding]) -> Vec<(Severity, Vec<String>)> {
    let area =
        |finding: &model::Finding| finding.rule.split('/').next().unwrap_or_default().to_owned();
    let badge = |finding: &model::Finding| {
        let all = std::iter::once(finding).chain(&finding.same_root);
        let areas: std::collections::BTreeSet<String> = all.map(area).collect();
        (finding.severity, areas.into_iter().collect())
    };
    findings.iter().map(badge).collect()
}

/// The navigation of this tab, in the context.
#[derive(Clone, Copy)]
pub struct Nav {
    first: Loaded<Result<Navigation, ApiError>>,
    /// The latest navigation data.
    pub latest: RwSignal<Navigation>,
    /// The error of the latest request.
    pub failed: RwSignal<Option<ApiError>>,
    /// The server in the URL.
    pub server: Memo<Option<ServerId>>,
}

impl Nav {
    /// Loads the navigation for the current URL; in the browser polls it.
    pub fn provide() -> Self {
        let path = use_location().pathname;
        let server = Memo::new(move |_| links::server_in(&path.get()));
        let signs_in = Memo::new(move |_| path.get().starts_with("/sign-in"));
        let first = loaded(
            move || (server.get(), signs_in.get()),
            async move |(server, signs_in)| {
                if signs_in { Ok(Navigation::default()) } else { read_navigation(server).await }
            },
        );
        let nav = Self { first, latest: RwSignal::default(), failed: RwSignal::new(None), server };
        live::every(EVERY_MS, move || {
            if !signs_in.get_untracked() {
                leptos::task::spawn_local(async move {
                    nav.take(read_navigation(server.get_untracked()).await);
                });
            }
        });
        provide_context(nav);
        nav
    }

    /// Waits for the first response; then `latest` holds it.
    pub async fn ready(self) -> Result<(), ApiError> {
        let answer = self.first.await;
        let result = answer.as_ref().map(|_| ()).map_err(Clone::clone);
        self.take(answer);
        result
    }

    fn take(self, answer: Result<Navigation, ApiError>) {
        match answer {
            Ok(navigation) => {
                let live = live::Live::get();
                let is_recording = navigation.recording.is_some();
                if live.is_recording.try_get_untracked() == Some(!is_recording) {
                    live.is_recording.set(is_recording);
                }
                live.advance_clock(navigation.now_ms);
                // The signals of a page that was left are disposed, see `Live::advance_clock`.
                if self.latest.try_with_untracked(|old| *old != navigation) == Some(true) {
                    self.latest.set(navigation);
                }
                if self.failed.try_with_untracked(Option::is_some) == Some(true) {
                    self.failed.set(None);
                }
            }
            Err(error) => {
                let _ = self.failed.try_set(Some(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Finding;

    #[test]
    fn badges_count_by_area_and_keep_the_worst() {
        let finding = |rule: &str, severity| Finding {
            rule: rule.into(),
            severity,
            object: "".into(),
            message: String::new(),
            evidence: vec![],
            remedy: model::Remedy::default(),
            harm: model::Harm::Hygiene,
            root: None,
            same_root: vec![],
        };
        let folded = vec![finding("locks/d", Severity::Warning)];
        let found = [
            finding("activity/a", Severity::Warning),
            model::Finding { same_root: folded, ..finding("activity/b", Severity::Critical) },
            finding("vacuum/c", Severity::Info),
        ];
        let navigation = Navigation { badges: badges(&found), ..Navigation::default() };
        assert_eq!(navigation.badge(&["activity"]), Some((Severity::Critical, 2)));
        // What two areas found of one root is one problem of both.
        assert_eq!(navigation.badge(&["locks"]), Some((Severity::Critical, 1)));
        assert_eq!(navigation.badge(&["activity", "locks"]), Some((Severity::Critical, 2)));
        assert_eq!(navigation.badge_of_all(), Some((Severity::Critical, 3)));
        assert_eq!(navigation.badge(&["replication"]), None);
    }

    #[test]
    fn servers_are_ordered_by_harm_after_those_that_do_not_answer() {
        use model::Harm;
        use model::server::{ConnectionState, FirstFinding, Headline};
        let server = |name: &str, first: Option<(Severity, Harm)>, blind| ServerSummary {
            id: ServerId::new(name),
            labels: vec![],
            address: String::new(),
            link: ConnectionState::Up,
            facts: None,
            worst: None,
            first: first.map(|(severity, harm)| FirstFinding {
                severity,
                harm,
                message: String::new(),
            }),
            blind,
            headline: Headline::default(),
        };
        let risk = Harm::Risk { due_s: None };
        let hurts = |seconds| Harm::Hurts { sessions: 1, seconds };
        let mut lost = server("lost", None, 0);
        lost.link = ConnectionState::Lost { since_ms: 0, reason: model::Reason::NotYet };
        let mut all = [
            server("calm", None, 0),
            server("blind", None, 3),
            server("risk", Some((Severity::Critical, risk)), 0),
            server("few", Some((Severity::Critical, hurts(9.0))), 0),
            server("many", Some((Severity::Warning, hurts(90.0))), 0),
            lost,
        ];
        all.sort_by(urgency);
        let names: Vec<_> = all.iter().map(|server| server.id.as_str()).collect();
        assert_eq!(names, ["lost", "many", "few", "risk", "blind", "calm"]);
    }
}
