//! Details of one node of the wait-for graph: why it waits, what ending it releases, its locks,
//! statement and blockers.

use leptos::prelude::*;
use model::locks::{Blocking, EdgeKind, Graph, LockObject, Node, ObjectKind, Queue};

use super::labels::{key, mode_class, who};
use super::scene::Scene;
use crate::ui::format;
use crate::ui::sql::Statement;
use crate::ui::term::term;

/// Maximum of blockers listed.
const BLOCKERS: usize = 12;
/// Maximum of locks listed: a node may hold hundreds that are contested.
const LOCKS: usize = 20;

/// The panel's content; `shows_text`: whether the user may see the text of statements.
pub fn content(
    scene: &Scene<'_>,
    blocking: &Blocking<'_>,
    index: u32,
    shows_text: bool,
) -> AnyView {
    let Some(node) = scene.graph.node(index) else { return ().into_any() };
    let told = if shows_text { blocking.why_with_statement(index) } else { blocking.why(index) };
    let why = told.unwrap_or_else(|| {
        let root = scene.graph.roots.iter().find(|root| root.node == index);
        let n = root.map_or(0, |root| root.holds_up);
        let held = format::plural(i64::from(n), "session waits", "sessions wait");
        format!("{} is not waiting{}; {held} for it.", node.words(), node.doing(scene.graph))
    });
    let freed = blocking.ending(&[index]);
    let ends = match freed.count() {
        0 if blocking.held_up_by(index).is_empty() => {
            "It blocks no session, so ending it frees none.".to_owned()
        }
        0 => "Ending it alone frees no session: others block them as well.".to_owned(),
        _ => format!("Ending it {}.", freed.words()),
    };
    view! {
        <p class="lock-why"><strong>{why}</strong></p>
        <p>{ends}</p>
        {warning(node)}
        {statement(node, shows_text)}
        {blockers(scene, blocking, index)}
        {locks(scene.graph, index)}
        {facts(scene.graph, node)}
    }
    .into_any()
}

/// A warning about ending this node.
fn warning(node: &Node) -> Option<AnyView> {
    let session = node.session.as_ref();
    let message = if node.prepared.is_some() {
        "A prepared transaction has no process to cancel or terminate. End it with COMMIT PREPARED or ROLLBACK PREPARED in its database; it survives a restart."
    } else if session.and_then(|s| s.to_prevent_wraparound) == Some(true) {
        "An autovacuum to prevent wraparound does not yield, and starts again soon after it is cancelled."
    } else if session.is_some_and(|s| s.is_startup()) {
        "This process replays WAL and cannot be cancelled. max_standby_streaming_delay limits how long it waits for queries."
    } else {
        return None;
    };
    Some(view! { <p class="mark warning">{message}</p> }.into_any())
}

fn statement(node: &Node, shows_text: bool) -> AnyView {
    if !shows_text {
        return view! { <p class="note">"Statement text is hidden: viewing it requires the role analyst or operator."</p> }.into_any();
    }
    let session = node.session.as_ref();
    let active = session.is_some_and(|s| s.state.as_deref() == Some("active"));
    match session.and_then(|s| s.query.clone()).filter(|query| !query.is_empty()) {
        Some(query) => view! {
            <h3>{if active { "Statement" } else { "Last statement" }}</h3>
            <Statement text=query/>
        }
        .into_any(),
        None => ().into_any(),
    }
}

fn blockers(scene: &Scene<'_>, blocking: &Blocking<'_>, index: u32) -> Option<AnyView> {
    let edges = blocking.blockers(index);
    if edges.is_empty() {
        return None;
    }
    let more = edges.len().saturating_sub(BLOCKERS);
    let list = edges.iter().take(BLOCKERS).filter_map(|edge| {
        let node = scene.graph.node(edge.blocker)?;
        let does = match edge.kind {
            EdgeKind::Hard => "holds",
            EdgeKind::Soft => "is queued earlier for",
        };
        let object = scene.graph.queues.get(edge.queue as usize).map(|q| &q.object);
        let key = key(node);
        let what = match object {
            Some(o) if o.kind == ObjectKind::Transactionid && o.is_row() => {
                format!("has changed or locked {}", o.words())
            }
            object => {
                let object = object.map(LockObject::words).unwrap_or_default();
                format!("{does} {} on {object}", edge.has.words())
            }
        };
        Some(view! {
            <li>
                <a href=scene.query.with_node(&key).to(scene.server) id=format!("b-{key}") data-noscroll="">{who(node)}</a>
                " " {what}
            </li>
        })
    });
    Some(
        view! {
            <h3>"Blocked by"</h3>
            <ul class="lock-list">
                {list.collect_view()}
                {(more > 0).then(|| view! { <li class="muted">{format!("and {more} more")}</li> })}
            </ul>
        }
        .into_any(),
    )
}

/// The contested locks it holds or waits for; uncontested ones are not read.
fn locks(graph: &Graph, index: u32) -> AnyView {
    let mine = |queue: &&Queue| {
        queue.holders.iter().any(|h| h.node == index)
            || queue.waiters.iter().any(|w| w.node == index)
    };
    let all: Vec<&Queue> = graph.queues.iter().filter(mine).collect();
    let more = all.len().saturating_sub(LOCKS);
    let rows = all.iter().take(LOCKS).map(|queue| {
        let held: Vec<&str> = queue
            .holders
            .iter()
            .filter(|hold| hold.node == index)
            .flat_map(|hold| hold.modes.modes().map(|mode| mode.words()))
            .collect();
        let wait = queue.waiters.iter().zip(1_u32..).find(|(wait, _)| wait.node == index);
        let wanted = wait.map(|(wait, place)| {
            let swatch = format!("swatch {}", mode_class(wait.mode));
            let place =
                format!("{}, {place} of {} in the queue", wait.mode.words(), queue.waiters.len());
            view! { <span class=swatch aria-hidden="true"></span> {place} }
        });
        let waiting = queue.waiters.iter().filter(|w| w.node != index).count();
        view! {
            <tr title=queue.object.kind.means()>
                <th scope="row">{queue.object.words()}</th>
                <td class="text">{held.join(", ")}</td>
                <td class="text">{wanted}</td>
                <td class="num">{waiting}</td>
            </tr>
        }
    });
    let means = all.iter().find(|q| q.waiters.iter().any(|w| w.node == index));
    view! {
        <h3>"Contested locks"</h3>
        {means.map(|queue| view! { <p class="note">{queue.object.kind.means()}</p> })}
        <div class="scroll" tabindex="0" role="group" aria-label="Contested locks">
            <table>
                <thead><tr><th scope="col">"On"</th><th scope="col">"Holds"</th><th scope="col">"Wants"</th><th scope="col" class="num">"Others waiting"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        {(more > 0).then(|| view! { <p class="muted">{format!("and {more} more")}</p> })}
    }
    .into_any()
}

fn facts(graph: &Graph, node: &Node) -> AnyView {
    let line = |name: &'static str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty());
        value.map(|value| view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> })
    };
    let since =
        |ms: Option<i64>| ms.map(|ms| format::age((graph.server_now_ms - ms).max(0) as f64));
    let s = node.session.clone().unwrap_or_default();
    let p = node.prepared.clone();
    let of =
        |pick: fn(&model::locks::PreparedTransaction) -> Option<String>| p.as_ref().and_then(pick);
    let wait =
        s.wait_event_type.zip(s.wait_event).map(|(class, event)| format!("{class}: {event}"));
    let workers: Vec<String> = node.workers.iter().map(i32::to_string).collect();
    let unknown = (node.session.is_none() && p.is_none())
        .then(|| view! { <p class="unknown">"Its session had ended when sessions were read, or is hidden from pgdeck's role."</p> });
    view! {
        {unknown}
        <dl class="facts">
            {line("State", s.state)}
            {line("In this state for", since(s.state_change_ms))}
            {line("Transaction open for", since(s.xact_start_ms))}
            {line("Statement age", since(s.query_start_ms))}
            {line("Connected for", since(s.backend_start_ms))}
            {line("Waits for", wait)}
            {line("Database", s.datname.or_else(|| of(|p| p.database.clone())))}
            {line("Role", s.usename.or_else(|| of(|p| p.owner.clone())))}
            {line("Application", s.application_name)}
            {line("Client", s.client_addr)}
            {line("Kind", s.backend_type)}
            {line("Parallel workers", Some(workers.join(", ")))}
            {line("Transaction", of(|p| Some(p.transaction.to_string())))}
            {line("Prepared as", of(|p| Some(p.gid.clone())))}
            {line("Prepared", p.as_ref().map(|p| format::moment(p.prepared_ms)))}
            {line("Backend started", s.backend_start_ms.map(format::moment))}
        </dl>
    }
    .into_any()
}
