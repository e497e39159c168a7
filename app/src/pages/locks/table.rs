//! Table of waiting sessions: filter, sort and pagination are query parameters.

use leptos::prelude::*;
use model::action::Target;
use model::locks::Node;
use model::locks::drawing::Forest;

use super::labels::{key, mode_class, who};
use super::query::LocksQuery;
use super::scene::{Scene, Viewer};
use crate::actions::form;
use crate::ui::filter;
use crate::ui::filter::Term;
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::sort;
use crate::ui::sort::Column;
use crate::ui::sql::one_line;

/// Rows of one page: the whole page stays below three thousand elements.
const ROWS: usize = 100;

/// The columns of the filter.
pub const FILTERS: [&str; 8] =
    ["pid", "database", "application", "object", "role", "mode", "state", "query"];

/// The nodes that match the filter; None for an empty one.
pub fn passing(scene: &Scene<'_>, forest: &Forest<'_>) -> Option<Vec<bool>> {
    let terms = filter::parse(&scene.query.q, &FILTERS);
    if terms.is_empty() {
        return None;
    }
    let passes = |(node, index): (&Node, u32)| passes(scene, forest, node, index, &terms);
    Some(scene.graph.nodes.iter().zip(0_u32..).map(passes).collect())
}

fn passes(scene: &Scene<'_>, forest: &Forest<'_>, node: &Node, index: u32, terms: &[Term]) -> bool {
    let session = node.session.as_ref();
    let prepared = node.prepared.as_ref();
    let links = forest.links.get(index as usize).map(Vec::as_slice).unwrap_or_default();
    let queue = |queue: u32| scene.graph.queues.get(queue as usize);
    filter::passes(terms, &FILTERS, |column| {
        let text = match column {
            "pid" => node.pid.map(|pid| pid.to_string()),
            "database" => session
                .and_then(|s| s.datname.clone())
                .or_else(|| prepared.and_then(|p| p.database.clone())),
            "application" => session.and_then(|s| s.application_name.clone()),
            "role" => session
                .and_then(|s| s.usename.clone())
                .or_else(|| prepared.and_then(|p| p.owner.clone())),
            "state" => session.and_then(|s| s.state.clone()),
            "query" => session.and_then(|s| s.query.clone()),
            "mode" => links.first().map(|link| link.wants.words().to_owned()),
            "object" => {
                let objects = links.iter().filter_map(|l| Some(queue(l.queue)?.object.words()));
                Some(objects.collect::<Vec<_>>().join(" "))
            }
            _ => None,
        };
        text.unwrap_or_default()
    })
}

/// The columns: (sort key, heading, whether it is numeric).
const COLUMNS: [Column; 10] = [
    ("pid", "Pid", false),
    ("waits", "Waits for", true),
    ("mode", "Wants", false),
    ("object", "On", false),
    ("behind", "Blocked by", false),
    ("holds_up", "Blocking", true),
    ("state", "State", false),
    ("database", "Database", false),
    ("role", "Role", false),
    ("query", "Statement", false),
];

/// The sort key of a waiter: a number, or a text.
fn rank(scene: &Scene<'_>, forest: &Forest<'_>, index: u32, column: &str) -> (i64, String) {
    let Some((node, via)) = scene.graph.node(index).zip(forest.via(index)) else {
        return (i64::MAX, String::new());
    };
    let session = node.session.as_ref();
    let text = |text: Option<String>| match text {
        Some(text) if !text.is_empty() => (0, text.to_lowercase()),
        _ => (1, String::new()),
    };
    match column {
        "pid" => (node.pid.map_or(i64::MAX, i64::from), String::new()),
        "mode" => (via.wants as i64, String::new()),
        "object" => {
            text(scene.graph.queues.get(via.queue as usize).map(|queue| queue.object.words()))
        }
        "behind" => text(scene.graph.node(via.blocker).map(who)),
        "holds_up" => (i64::from(forest.below(index)), String::new()),
        "state" => text(session.and_then(|s| s.state.clone())),
        "database" => text(session.and_then(|s| s.datname.clone())),
        "role" => text(session.and_then(|s| s.usename.clone())),
        "query" => text(session.and_then(|s| s.query.clone())),
        // The earliest start is the longest wait.
        _ => (via.since_us.map_or(i64::MIN, |us| -us), String::new()),
    }
}

/// The sort of the URL; by default the longest wait first.
fn sort<'a>(scene: &Scene<'a>) -> &'a str {
    if scene.query.sort.is_empty() { "-waits" } else { scene.query.sort.as_str() }
}

/// The waiters that match, sorted.
fn ordered(scene: &Scene<'_>, forest: &Forest<'_>, only: Option<&Vec<bool>>) -> Vec<u32> {
    let (column, descending) = sort::column(sort(scene));
    let mut waiters: Vec<((i64, String), u32)> = forest
        .via
        .iter()
        .zip(0_u32..)
        .filter(|(via, _)| via.is_some())
        .filter(|(_, node)| only.is_none_or(|only| only.get(*node as usize) == Some(&true)))
        .map(|(_, node)| (rank(scene, forest, node, column), node))
        .collect();
    waiters.sort_by(|a, b| sort::turned(a.0.cmp(&b.0), descending));
    waiters.into_iter().map(|(_, node)| node).collect()
}

/// A sortable heading.
fn heading(scene: &Scene<'_>, column: Column) -> AnyView {
    let (id, words, numbers) = column;
    let now = sort(scene);
    let query = LocksQuery { sort: sort::next(column, now), page: 0, ..scene.query.clone() };
    view! {
        <th scope="col" class=if numbers { "num" } else { "" } aria-sort=sort::direction(id, now)>
            <a href=query.to(scene.server) id=format!("sort-{id}") data-noscroll="">{words}</a>
        </th>
    }
    .into_any()
}

/// The table of waiters, sorted.
///
/// Current waiters have checkboxes; the buttons below preview ending the checked ones.
pub fn table(
    scene: &Scene<'_>,
    forest: &Forest<'_>,
    only: Option<&Vec<bool>>,
    viewer: &Viewer,
) -> AnyView {
    let waiters = ordered(scene, forest, only);
    let pages = waiters.len().div_ceil(ROWS).max(1);
    let page = scene.query.page.min(pages - 1);
    let rows = waiters.iter().skip(page * ROWS).take(ROWS);
    let rows = rows.filter_map(|node| row(scene, forest, *node)).collect_view();
    let is_now = scene.query.at.is_none();
    let turn = |to: usize, words: &'static str| {
        let query = LocksQuery { page: to, ..scene.query.clone() };
        view! { <a href=query.to(scene.server) data-noscroll="">{words}</a> " " }
    };
    let heads = COLUMNS.map(|column| heading(scene, column));
    view! {
        <p class="muted num">
            {format::plural(waiters.len() as i64, "waiter", "waiters")} ". "
            {(page > 0).then(|| turn(page - 1, "Previous rows"))}
            {(page + 1 < pages).then(|| turn(page + 1, "Next rows"))}
            {(pages > 1).then(|| format!("Page {} of {pages}.", page + 1))}
        </p>
        <form method="post" action=form::form_action(scene.server)>
            {form_token()}
        <div class="scroll wide-table lock-rows" tabindex="0" role="group" aria-label="Waiters">
            <table>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {is_now.then(|| form::bulk_actions(viewer.no_actions.as_deref()))}
        </form>
    }
    .into_any()
}

fn row(scene: &Scene<'_>, forest: &Forest<'_>, index: u32) -> Option<AnyView> {
    let (graph, node, via) = (scene.graph, scene.graph.node(index)?, forest.via(index)?);
    let key = key(node);
    let session = node.session.clone().unwrap_or_default();
    let object = graph.queues.get(via.queue as usize).map(|queue| queue.object.words());
    let blocker = graph.node(via.blocker).map(|node| (who(node), super::labels::key(node)));
    let since = via.since_us.map_or(0.0, |us| graph.server_now_ms as f64 - us as f64 / 1_000.0);
    let more =
        forest.links.get(index as usize).map_or(0, |links| links.len() as u32 - 1 + via.more);
    let to = |key: &str| scene.query.with_node(key).to(scene.server);
    let now = scene.query.at.is_none();
    let target = node.pid.zip(session.backend_start_ms).filter(|_| now);
    let target = target.map(|(pid, backend_start_ms)| Target::Session { pid, backend_start_ms });
    let current = (scene.selected == Some(index)).then_some("true");
    Some(
        view! {
            <tr aria-current=current>
                <td>{target.map(form::target_checkbox)} <a href=to(&key) id=format!("r-{key}") data-row="" data-noscroll="">{who(node)}</a></td>
                <td class="num" title=format!("{since:.0} ms")>{format::age(since)}</td>
                <td><span class=format!("swatch {}", mode_class(via.wants)) aria-hidden="true"></span>{via.wants.words()}</td>
                <td class="text">{object}</td>
                <td class="text">
                    {blocker.map(|(words, key)| view! { <a href=to(&key) data-noscroll="">{words}</a> })}
                    {(more > 0).then(|| format!(" and {more} more"))}
                </td>
                <td class="num">{forest.below(index)}</td>
                <td class="text">{session.state}</td>
                <td class="text">{session.datname}</td>
                <td class="text">{session.usename}</td>
                <td class="query">{session.query.map(|query| view! { <code class="sql one-line">{one_line(&query, 120)}</code> })}</td>
            </tr>
        }
        .into_any(),
    )
}
