//! The one in whose way nobody stands and who holds up most: named at the top of the page, with what
//! ends it.

use leptos::prelude::*;
use model::ServerId;
use serde::{Deserialize, Serialize};

use super::LocksView;
use super::query::Ask;
use crate::actions::form::SessionActions;
use crate::shell::navigation::refusal;

/// A root blocker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// How it is called in the address.
    key: String,
    /// Who it is.
    who: String,
    /// What it does, whom it holds up, whom ending it frees.
    message: String,
    /// Its process; None for a prepared transaction, which nobody can signal.
    pid: Option<i32>,
    /// With the pid, its identity.
    backend_start_ms: Option<i64>,
}

/// The root that holds up the most. The drawing has the others, and what is below keeps its place when
/// there are more.
#[cfg(feature = "ssr")]
pub fn of(graph: &model::locks::Graph) -> Option<Root> {
    use super::labels;
    let root = graph.roots.first()?;
    let node = graph.node(root.node)?;
    Some(Root {
        key: labels::key(node),
        who: labels::who(node),
        message: format!(
            "{}, blocks {}; {}.",
            labels::doing(graph, node),
            root.holds_up,
            labels::ending(&graph.blocking(), root.node)
        ),
        pid: node.pid,
        backend_start_ms: node.session.as_ref().and_then(|session| session.backend_start_ms),
    })
}

/// The root of now, with what can be done to it. A preview stays while its root stays.
#[component]
pub fn TopRoot(server: ServerId, ask: Memo<Ask>, shown: RwSignal<LocksView>) -> impl IntoView {
    let refusal = refusal();
    let identity = Memo::new(move |_| {
        shown.with(|s| {
            s.root.as_ref().map(|root| (root.key.clone(), root.pid, root.backend_start_ms))
        })
    });
    let part = move |of: fn(&Root) -> &String| {
        move || shown.with(|s| s.root.as_ref().map(|root| of(root).clone()))
    };
    move || {
        let (key, pid, backend_start_ms) = identity.get()?;
        let of_link = server.clone();
        let to = move || ask.with(|ask| ask.choosing(&key).to(&of_link));
        let server = server.clone();
        Some(view! {
            <section class="panel lock-root" aria-labelledby="roots-title">
                <h2 id="roots-title">"Root blocker"</h2>
                <p>
                    <a href=to data-noscroll="">{part(|root| &root.who)}</a>
                    " " {part(|root| &root.message)}
                </p>
                {pid.map(|pid| view! {
                    <SessionActions server label=format!("Actions on root blocker pid {pid}") pid backend_start_ms refusal/>
                })}
            </section>
        })
    }
}
