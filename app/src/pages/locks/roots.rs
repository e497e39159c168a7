//! The one in whose way nobody stands and who holds up most: named at the top of the page, with what
//! ends it.

use leptos::prelude::*;
use model::ServerId;
use serde::{Deserialize, Serialize};

use super::LocksView;
use super::ask::Ask;
use crate::navigation::refusal;
use crate::parts::act::SessionActions;

/// Roots named; the drawing has the others, and what is below keeps its place when there are more.
#[cfg(feature = "ssr")]
const ROOTS: usize = 1;

/// A root blocker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// How it is called in the address.
    key: String,
    /// Who it is.
    who: String,
    /// What it does, whom it holds up, whom ending it frees.
    says: String,
    /// Its process; None for a prepared transaction, which nobody can signal.
    pid: Option<i32>,
    /// With the pid, its identity.
    backend_start_ms: Option<i64>,
}

/// The roots that hold up the most, as the graph ranks them.
#[cfg(feature = "ssr")]
pub fn of(graph: &model::locks::Graph) -> Vec<Root> {
    use super::words;
    let blocking = graph.blocking();
    let named = graph.roots.iter().take(ROOTS).filter_map(|root| {
        let node = graph.node(root.node)?;
        let session = node.session.as_ref();
        Some(Root {
            key: words::key(node),
            who: words::who(node),
            says: format!(
                "{}, holds up {}; {}.",
                words::doing(graph, node),
                root.holds_up,
                words::ending(&blocking, root.node)
            ),
            pid: node.pid,
            backend_start_ms: session.and_then(|session| session.backend_start_ms),
        })
    });
    named.collect()
}

/// The roots of now, with what can be done to each. A preview stays while its root stays.
#[component]
pub fn Roots(server: ServerId, ask: Memo<Ask>, shown: RwSignal<LocksView>) -> impl IntoView {
    let refusal = refusal();
    let keys = Memo::new(move |_| {
        let identity = |root: &Root| (root.key.clone(), root.pid, root.backend_start_ms);
        shown.with(|s| s.roots.iter().map(identity).collect::<Vec<_>>())
    });
    let one = move |(key, pid, backend_start_ms): (String, Option<i32>, Option<i64>)| {
        let (of_link, of_who, of_says) = (key.clone(), key.clone(), key);
        let server = server.clone();
        let to = {
            let server = server.clone();
            move || ask.with(|ask| ask.choosing(&of_link).to(&server))
        };
        let part = move |key: &str, of: fn(&Root) -> &String| {
            let found =
                |s: &LocksView| s.roots.iter().find(|r| r.key == key).map(|r| of(r).clone());
            shown.with(found).unwrap_or_default()
        };
        view! {
            <li>
                <p>
                    <a href=to data-noscroll="">{move || part(&of_who, |root| &root.who)}</a>
                    " " {move || part(&of_says, |root| &root.says)}
                </p>
                {pid.map(|pid| view! {
                    <SessionActions server label=format!("Act on root pid {pid}") pid backend_start_ms refusal/>
                })}
            </li>
        }
    };
    let any = move || keys.with(|keys| !keys.is_empty());
    view! {
        <Show when=any>
            <section class="panel lock-roots" aria-labelledby="roots-title">
                <h2 id="roots-title">"In everybody's way"</h2>
                <ul>
                    <For each=move || keys.get() key=Clone::clone children=one.clone()/>
                </ul>
            </section>
        </Show>
    }
}
