//! Replication topology as SVG: which server streams from which. The layout is a pure function of
//! the topology; boxes link to watched servers, and a list repeats it as text.

use leptos::prelude::*;
use model::replication::topology::{Kind, Node, Topology};
use model::replication::{Sender, StreamKind};
use model::shorten::fitted;
use model::{ServerId, Unit};

use crate::links;
use crate::ui::format;
use crate::ui::reading::empty;

const BOX_WIDTH: f64 = 180.0;
const BOX_HEIGHT: f64 = 62.0;
/// Gap between a server and its replicas; the label of the stream is there.
const GAP_ALONG: (f64, f64) = (150.0, 64.0);
/// Gap between servers of one rank.
const GAP_ACROSS: f64 = 30.0;
const MARGIN: f64 = 12.0;
/// Characters that fit into a box.
const NAME_LENGTH: usize = 22;

/// The layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The width of the drawing.
    pub width: f64,
    /// The height of the drawing.
    pub height: f64,
    /// The upper left corner of each node's box, in the topology's order.
    pub boxes: Vec<(f64, f64)>,
    /// Each stream: from (x, y) to (x, y), in the topology's order.
    pub lines: Vec<((f64, f64), (f64, f64))>,
}

/// The direction of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    Across,
    /// From top to bottom, for narrow screens.
    Down,
}

/// One rank per distance from the primary; within a rank, nodes are ordered by their upstream.
pub fn layout(topology: &Topology, direction: Direction) -> Layout {
    let parent =
        |at: usize| topology.streams.iter().find(|s| s.to == at).map_or(usize::MAX, |s| s.from);
    let deepest = topology.nodes.iter().map(|node| node.depth).max().unwrap_or(0);
    let mut ranks: Vec<Vec<usize>> = vec![Vec::new(); deepest + 1];
    for (at, node) in topology.nodes.iter().enumerate() {
        if let Some(rank) = ranks.get_mut(node.depth) {
            rank.push(at);
        }
    }
    // Sizes along and across the direction.
    let ((step, size), slot) = match direction {
        Direction::Across => ((BOX_WIDTH + GAP_ALONG.0, BOX_WIDTH), BOX_HEIGHT + GAP_ACROSS),
        Direction::Down => ((BOX_HEIGHT + GAP_ALONG.1, BOX_HEIGHT), BOX_WIDTH + GAP_ACROSS),
    };
    let longest = ranks.iter().map(Vec::len).max().unwrap_or(0);
    let across = 2.0 * MARGIN + longest as f64 * slot - if longest > 0 { GAP_ACROSS } else { 0.0 };
    let along = 2.0 * MARGIN + deepest as f64 * step + size;
    let mut boxes = vec![(0.0, 0.0); topology.nodes.len()];
    let mut places: Vec<usize> = vec![0; topology.nodes.len()];
    for (depth, rank) in ranks.iter_mut().enumerate() {
        rank.sort_by_key(|at| (places.get(parent(*at)).copied().unwrap_or(0), *at));
        let free = across - 2.0 * MARGIN - rank.len() as f64 * slot + GAP_ACROSS;
        for (place, at) in rank.iter().enumerate() {
            if let (Some(corner), Some(taken)) = (boxes.get_mut(*at), places.get_mut(*at)) {
                *taken = place;
                let far = MARGIN + depth as f64 * step;
                let aside = MARGIN + free / 2.0 + place as f64 * slot;
                *corner = if direction == Direction::Across { (far, aside) } else { (aside, far) };
            }
        }
    }
    let corner = |at: usize| boxes.get(at).copied().unwrap_or_default();
    let ends = |(fx, fy): (f64, f64), (tx, ty): (f64, f64)| match direction {
        Direction::Across => ((fx + BOX_WIDTH, fy + BOX_HEIGHT / 2.0), (tx, ty + BOX_HEIGHT / 2.0)),
        Direction::Down => ((fx + BOX_WIDTH / 2.0, fy + BOX_HEIGHT), (tx + BOX_WIDTH / 2.0, ty)),
    };
    let lines = topology.streams.iter().map(|s| ends(corner(s.from), corner(s.to))).collect();
    let (width, height) =
        if direction == Direction::Across { (along, across) } else { (across, along) };
    Layout { width, height, boxes, lines }
}

/// The drawing, with the current server highlighted.
pub fn drawing(topology: &Topology, here: &ServerId) -> AnyView {
    if topology.nodes.is_empty() {
        return empty("The topology appears with the first reading of this server.");
    }
    let message = topology
        .streams
        .iter()
        .filter_map(|stream| {
            let (from, to) = (topology.nodes.get(stream.from)?, topology.nodes.get(stream.to)?);
            Some(view! { <li>{stream_words(from, to, stream.sender.as_ref())}</li> })
        })
        .collect_view();
    let alone = topology.streams.is_empty().then(|| {
        empty("Nothing streams from or to this server. A standby, a logical subscriber or a base backup would appear here.")
    });
    view! {
        {picture(topology, here, Direction::Across)}
        {picture(topology, here, Direction::Down)}
        {alone}
        <ul class="streams">{message}</ul>
    }
    .into_any()
}

/// One of two drawings; CSS shows the one that fits the screen.
fn picture(topology: &Topology, here: &ServerId, direction: Direction) -> AnyView {
    let layout = layout(topology, direction);
    let boxes = topology.nodes.iter().zip(&layout.boxes);
    let boxes = boxes.map(|(node, corner)| node_box(node, *corner, here)).collect_view();
    let lines = topology.streams.iter().zip(&layout.lines);
    let lines =
        lines.map(|(s, ends)| stream_line(s.sender.as_ref(), *ends, direction)).collect_view();
    let class =
        if direction == Direction::Across { "scroll wide-only" } else { "scroll narrow-only" };
    view! {
        <div class=class tabindex="0" role="group" aria-label="Topology of the cluster">
            <svg
                class="topology"
                viewBox=format!("0 0 {:.0} {:.0}", layout.width, layout.height)
                width=format!("{:.0}", layout.width)
                height=format!("{:.0}", layout.height)
                role="group"
                aria-label="Servers and the streams of WAL between them"
            >
                {lines}
                {boxes}
            </svg>
        </div>
    }
    .into_any()
}

fn node_box(node: &Node, (x, y): (f64, f64), here: &ServerId) -> AnyView {
    let kind = kind(node.kind);
    let marked = node.server.as_ref() == Some(here);
    let class = format!(
        "node {kind}{}{}",
        if marked { " here" } else { "" },
        if node.server.is_none() { " unwatched" } else { "" }
    );
    let second = match (&node.server, &node.lag) {
        (None, _) => format!("{kind}, not watched"),
        (Some(_), Some(lag)) => match lag.ms {
            Some(ms) => format!("{kind}, {} behind", format::number(ms, Unit::Ms)),
            None => format!("{kind}, lag unknown"),
        },
        (Some(_), None) => kind.to_owned(),
    };
    let shape = view! {
        <rect x=x y=y width=BOX_WIDTH height=BOX_HEIGHT rx="6"></rect>
        <text class="node-name" x=x + 12.0 y=y + 26.0>{fitted(&node.name, NAME_LENGTH).into_owned()}</text>
        <text class="node-kind" x=x + 12.0 y=y + 46.0>{second}</text>
    };
    match &node.server {
        Some(server) => view! {
            <g class=class>
                <a href=links::area(server, "replication")>{shape}</a>
            </g>
        }
        .into_any(),
        None => view! { <g class=class>{shape}</g> }.into_any(),
    }
}

type Ends = ((f64, f64), (f64, f64));

fn stream_line(
    sender: Option<&Sender>,
    ((x1, y1), (x2, y2)): Ends,
    direction: Direction,
) -> AnyView {
    let (mx, my) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    let (bend, head) = match direction {
        Direction::Across => (format!("{mx:.1} {y1:.1} {mx:.1} {y2:.1}"), "l-8 -4 v8 z"),
        Direction::Down => (format!("{x1:.1} {my:.1} {x2:.1} {my:.1}"), "l-4 -8 h8 z"),
    };
    let path = format!("M{x1:.1} {y1:.1} C{bend} {x2:.1} {y2:.1}");
    let head = format!("M{x2:.1} {y2:.1} {head}");
    let streaming = sender.is_some_and(|s| s.state.as_deref() == Some("streaming"));
    let first = sender.and_then(|s| s.sync_state.clone()).unwrap_or_default();
    let second =
        sender.and_then(|s| s.total_lag_bytes).map(|b| format::number(b as f64, Unit::Bytes));
    // On both sides of the line.
    let ((ax, ay, anchor_a), (bx, by, anchor_b)) = match direction {
        Direction::Across => ((mx, my - 8.0, "middle"), (mx, my + 18.0, "middle")),
        Direction::Down => ((mx - 8.0, my + 4.0, "end"), (mx + 8.0, my + 4.0, "start")),
    };
    view! {
        <g class=if streaming { "stream" } else { "stream cut" }>
            <path class="stream-path" d=path></path>
            <path class="stream-head" d=head></path>
            <text x=ax y=ay text-anchor=anchor_a>{first}</text>
            <text x=bx y=by text-anchor=anchor_b>{second.unwrap_or_default()}</text>
        </g>
    }
    .into_any()
}

fn stream_words(from: &Node, to: &Node, sender: Option<&Sender>) -> String {
    let Some(sender) = sender else {
        return format!(
            "{} should be streaming to {}, but no walsender for it was found.",
            from.name, to.name
        );
    };
    let state = sender.state.as_deref().unwrap_or("in an unknown state");
    let mut message = format!("{} to {}: {state}", from.name, to.name);
    let missing = match sender.kind() {
        StreamKind::Standby | StreamKind::Unknown => "not replayed",
        other => {
            message.push_str(&format!(", {}", other.as_str()));
            "not confirmed"
        }
    };
    if let Some(sync) = &sender.sync_state {
        message.push_str(&format!(", {sync}"));
    }
    if let Some(bytes) = sender.total_lag_bytes {
        message.push_str(&format!(", {} {missing} yet", format::number(bytes as f64, Unit::Bytes)));
    }
    message
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Primary => "primary",
        Kind::Standby => "standby",
        Kind::Consumer => "consumer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::replication::topology::Stream;

    fn node(name: &str, depth: usize) -> Node {
        Node { server: None, name: name.into(), kind: Kind::Standby, depth, lag: None }
    }

    fn stream(from: usize, to: usize) -> Stream {
        Stream { from, to, sender: None }
    }

    #[test]
    fn ranks_follow_the_distance_and_boxes_do_not_overlap() {
        let topology = Topology {
            nodes: vec![node("p", 0), node("a", 1), node("b", 1), node("b1", 2), node("a1", 2)],
            streams: vec![stream(0, 1), stream(0, 2), stream(2, 3), stream(1, 4)],
        };
        let apart = |layout: &Layout| {
            for (at, a) in layout.boxes.iter().enumerate() {
                assert!(a.0 + BOX_WIDTH <= layout.width && a.1 + BOX_HEIGHT <= layout.height);
                for b in &layout.boxes[at + 1..] {
                    assert!((a.0 - b.0).abs() >= BOX_WIDTH || (a.1 - b.1).abs() >= BOX_HEIGHT);
                }
            }
            assert_eq!(layout.lines.len(), 4);
        };
        let across = layout(&topology, Direction::Across);
        assert!(across.boxes[0].0 < across.boxes[1].0 && across.boxes[1].0 < across.boxes[3].0);
        assert!(across.boxes[4].1 < across.boxes[3].1, "a1 beside its parent a, above b1");
        apart(&across);
        let down = layout(&topology, Direction::Down);
        assert!(down.boxes[0].1 < down.boxes[1].1 && down.boxes[1].1 < down.boxes[3].1);
        assert!(down.boxes[4].0 < down.boxes[3].0, "a1 below its parent a, left of b1");
        apart(&down);
    }

    #[test]
    fn one_server_alone_and_none() {
        let alone = Topology { nodes: vec![node("p", 0)], streams: vec![] };
        assert_eq!(layout(&alone, Direction::Across).boxes, [(MARGIN, MARGIN)]);
        assert!(layout(&Topology::default(), Direction::Down).boxes.is_empty());
    }

    #[test]
    fn a_hostile_name_is_text() {
        let server = ServerId::new("x");
        let mut hostile = node("</text><script>alert(1)</script>", 0);
        hostile.server = Some(server.clone());
        let html = drawing(&Topology { nodes: vec![hostile], streams: vec![] }, &server).to_html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;/text&gt;"), "{html}");
    }
}
