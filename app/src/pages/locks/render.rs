//! Server-side rendering of the locks page's parts as HTML: a thousand waiters are a few kilobytes
//! for the browser, not a megabyte to lay out.

use engine::Engine;
use engine::areas::locks::LocksArea;
use engine::areas::locks::history::History;
use leptos::prelude::*;
use model::locks::drawing::{Forest, Outline, View};
use model::locks::{Blocking, Graph, LockMode, Locks, Node};
use model::{ApiError, Known, Latest, Reading, Reason, ServerId};

use super::labels::{find, key};
use super::query::LocksQuery;
use super::scene::{Scene, Viewer};
use super::{LocksSummary, LocksView, RecordedRange, SelectedNode};
use super::{counters, history, labels, modes, panel, roots, table, verdict};
use crate::ui::format;
use crate::ui::reading::{empty, why};

/// Maximum of boxes of the graph: the whole page stays below three thousand elements.
const BOXES: usize = 160;

/// The rendered page.
pub fn view(
    engine: &Engine,
    server: &ServerId,
    query: &LocksQuery,
    viewer: &Viewer,
) -> Result<LocksView, ApiError> {
    let mut latest = engine.latest::<LocksArea>(server).ok_or(ApiError::NotFound)?;
    let history = engine.history::<LocksArea, _>(server, History::summary).unwrap_or_default();
    let graph = match query.at {
        None => latest.value().map(|locks| locks.graph.clone()),
        Some(at) => Some(
            engine
                .history::<LocksArea, _>(server, |history| history.at(at))
                .flatten()
                .ok_or_else(|| unknown_then(at)),
        ),
    };
    // Redacts the text of statements when the user may not see it.
    let graph = graph.map(|known| {
        known.map(|graph| if viewer.text { graph } else { graph.without_query_text() })
    });
    let drawn = graph.as_ref().map(|graph| drawn(graph, server, query, viewer));
    let (body, chosen, pair) = drawn.unwrap_or_default();
    let now = graph.as_ref().and_then(|graph| graph.as_ref().ok()).filter(|_| query.at.is_none());
    let root = now.and_then(roots::top_root);
    let (message, tone) = verdict::verdict(&latest, graph.as_ref(), query.at);
    let facts = latest.value().map(|locks| counters::facts(locks).to_html()).unwrap_or_default();
    let brief = latest.reading.take().map(|reading| brief(&reading));
    Ok(LocksView {
        latest: Latest {
            now_ms: latest.now_ms,
            every_ms: latest.every_ms,
            reading: brief,
            failure: latest.failure,
        },
        message,
        tone,
        root,
        body,
        chosen,
        modes: modes::conflicts(pair).to_html(),
        rows: modes::row_locks().to_html(),
        facts,
        past: history::history_view(&history, query, server).to_html(),
        last_incident: history::last_incident(&history),
        moments: moments(&history, query),
    })
}

fn unknown_then(at: i64) -> Reason {
    Reason::Nothing { message: format!("Nothing was recorded at {}.", format::moment(at)) }
}

fn brief(reading: &Reading<Locks>) -> Reading<LocksSummary> {
    Reading {
        at_ms: reading.at_ms,
        took_ms: reading.took_ms,
        value: LocksSummary {
            waiting: reading.value.waiting,
            others: reading.value.others.clone(),
        },
        findings: reading.findings.clone(),
        not_checked: reading.not_checked.clone(),
    }
}

fn moments(history: &model::locks::LockHistory, query: &LocksQuery) -> Option<RecordedRange> {
    let (from_ms, to_ms) = history::span(history)?;
    let (earlier, later) = history::neighbours(history, query.at.unwrap_or(i64::MAX));
    let later = later.filter(|_| query.at.is_some());
    Some(RecordedRange { from_ms, to_ms, earlier, later })
}

/// The lock modes in question: requested and blocking.
type Pair = Option<(LockMode, LockMode)>;

pub fn drawn(
    graph: &Known<Graph>,
    server: &ServerId,
    query: &LocksQuery,
    viewer: &Viewer,
) -> (String, Option<SelectedNode>, Pair) {
    let graph = match graph {
        Ok(graph) => graph,
        Err(reason) => return (why(reason).to_html(), None, None),
    };
    let selected = find(graph, &query.pid);
    let blocking = graph.blocking();
    let scene = Scene { server, query, graph, selected };
    let chosen = (!query.pid.is_empty()).then(|| chosen(&scene, &blocking, viewer.text));
    if graph.queues.is_empty() {
        let message = empty(
            "No lock waits. A waiting session appears here within two seconds, with every session that blocks it.",
        );
        return (message.to_html(), chosen, None);
    }
    let forest = Forest::of(graph);
    let last_query = selected.and_then(|node| forest.via(node));
    let pair = last_query
        .or_else(|| forest.via.iter().flatten().next())
        .map(|link| (link.wants, link.has));
    (body(&scene, &forest, viewer), chosen, pair)
}

fn body(scene: &Scene<'_>, forest: &Forest<'_>, viewer: &Viewer) -> String {
    let only = table::passing(scene, forest);
    if only.as_ref().is_some_and(|only| !only.contains(&true)) {
        return empty("No waiting or blocking session matches this filter. Clear it to see all.")
            .to_html();
    }
    let open = scene.query.open.split(',');
    let view = View {
        open: open.clone().filter_map(|key| find(scene.graph, key)).collect(),
        all_roots: open.clone().any(|key| key == "roots"),
        selected: scene.selected,
        only: only.clone(),
        most: BOXES,
    };
    let incomplete = (!scene.graph.complete).then(|| {
        view! { <p class="note">"Too many contested locks to read at once; the graph is incomplete."</p> }
    });
    let picture = match scene.query.view.as_str() {
        "table" => table::table(scene, forest, only.as_ref(), viewer),
        "tree" => scene.list(forest, &Outline::of(forest, &view), ""),
        _ => {
            let outline = Outline::of(forest, &view);
            let drawing = scene.drawing(forest, &outline);
            let hidden = (outline.hidden > 0).then(|| {
                let n = format::plural(i64::from(outline.hidden), "more is", "more are");
                let table = LocksQuery { view: "table".into(), ..scene.query.clone() };
                view! {
                    <p class="note">
                        {n} " not drawn for lack of space: filter, or see all in the "
                        <a href=table.to(scene.server) data-noscroll="">"table"</a> "."
                    </p>
                }
            });
            view! { {hidden} {drawing} {scene.list(forest, &outline, "lock-narrow")} }.into_any()
        }
    };
    view! { {incomplete} {circles(scene.graph)} {picture} }.to_html()
}

/// Deadlocks (cycles) that are not resolved yet.
fn circles(graph: &Graph) -> AnyView {
    let rows = graph.cycles.iter().map(|cycle| {
        let who: Vec<String> = cycle.nodes.iter().filter_map(|n| Some(graph.node(*n)?.words())).collect();
        let ends = if cycle.hard {
            "PostgreSQL aborts one of them after deadlock_timeout."
        } else {
            "PostgreSQL resolves it after deadlock_timeout by reordering the wait queue."
        };
        view! { <p class="mark critical">{format!("Deadlock: {} wait for each other. {ends}", who.join(", "))}</p> }
    });
    rows.collect_view().into_any()
}

fn chosen(scene: &Scene<'_>, blocking: &Blocking<'_>, shows_text: bool) -> SelectedNode {
    let node = scene.selected.and_then(|index| scene.graph.node(index));
    let session = node.and_then(|node| node.session.as_ref());
    SelectedNode {
        title: node.map_or_else(
            || format!("pid {}", scene.query.pid.trim_start_matches('x')),
            labels::who,
        ),
        key: node.map(key).unwrap_or_default(),
        pid: node.and_then(|node| node.pid),
        backend_start_ms: session.and_then(|session| session.backend_start_ms),
        cannot_cancel: node.and_then(Node::cannot_cancel),
        html: match scene.selected {
            Some(index) => panel::content(scene, blocking, index, shows_text).to_html(),
            None => {
                empty("It is currently neither waiting for a lock nor blocking another session.")
                    .to_html()
            }
        },
    }
}
