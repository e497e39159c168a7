//! The root blocker that holds up most sessions, with the action that ends it.

use leptos::prelude::*;
use model::ServerId;
use serde::{Deserialize, Serialize};

use super::LocksView;
use super::query::LocksQuery;
use crate::actions::form::SessionActions;
use crate::shell::navigation::refusal;

/// A root blocker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Its key in the URL.
    key: String,
    /// Its label.
    who: String,
    /// Its state, whom it blocks, what ending it releases.
    message: String,
    /// Its pid; None for a prepared transaction, which cannot be signalled.
    pid: Option<i32>,
    /// With the pid it identifies the session.
    backend_start_ms: Option<i64>,
    /// Why there is nothing to cancel, when there is nothing.
    cannot_cancel: Option<String>,
}

/// The root blocker of most sessions. Only one, so that the layout below does not jump;
/// the graph has the others.
#[cfg(feature = "ssr")]
pub fn top_root(graph: &model::locks::Graph) -> Option<Root> {
    use super::labels;
    let root = graph.roots.first()?;
    let node = graph.node(root.node)?;
    Some(Root {
        key: labels::key(node),
        who: labels::who(node),
        message: format!(
            "{}. {}.",
            labels::blocks(graph, node, root.holds_up).trim_start_matches([',', ' ']),
            labels::ending(&graph.blocking(), root.node)
        ),
        pid: node.pid,
        backend_start_ms: node.session.as_ref().and_then(|session| session.backend_start_ms),
        cannot_cancel: node.cannot_cancel(),
    })
}

/// The root of now, with what can be done to it. A preview stays while its root stays.
#[component]
pub fn RootBlocker(
    server: ServerId,
    query: Memo<LocksQuery>,
    shown: RwSignal<LocksView>,
) -> impl IntoView {
    let refusal = refusal();
    let identity = Memo::new(move |_| {
        shown.with(|s| {
            s.root.as_ref().map(|root| (root.key.clone(), root.pid, root.backend_start_ms))
        })
    });
    let part = move |of: fn(&Root) -> &String| {
        move || shown.with(|s| s.root.as_ref().map(|root| of(root).clone()))
    };
    let cancel_refusal =
        Signal::derive(move || shown.with(|s| s.root.as_ref()?.cannot_cancel.clone()));
    move || {
        let Some((key, pid, backend_start_ms)) = identity.get() else {
            // Its place stays, so that the graph below does not jump when a root comes or goes; it says
            // what was last.
            return view! {
                <section class="panel lock-root none" aria-labelledby="roots-title">
                    <h2 id="roots-title">"Root blocker"</h2>
                    <p>"No session blocks another."</p>
                    <p class="muted">{move || shown.with(|s| s.last_incident.clone())}</p>
                </section>
            }
            .into_any();
        };
        let terminate_first = cancel_refusal.with_untracked(Option::is_some);
        let of_link = server.clone();
        let to = move || query.with(|query| query.with_node(&key).to(&of_link));
        let server = server.clone();
        view! {
            <section class="panel lock-root" aria-labelledby="roots-title">
                <h2 id="roots-title">"Root blocker"</h2>
                <p>
                    <a href=to data-noscroll="">{part(|root| &root.who)}</a>
                    " " {part(|root| &root.message)}
                </p>
                {pid.map(|pid| view! {
                    <SessionActions server label=format!("Actions on root blocker pid {pid}") pid backend_start_ms refusal cancel_refusal terminate_first/>
                })}
            </section>
        }
        .into_any()
    }
}
