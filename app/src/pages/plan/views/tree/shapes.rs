//! SVG shapes of the tree: single tiles at a legible scale, otherwise one path per colour, so that
//! ten thousand nodes cost as little as ten.

use std::fmt::Write as _;

use leptos::prelude::*;
use model::Unit;
use plan::layout::{Layout, Piece, Scale, What};

use super::viewport::Bounds;
use crate::pages::plan::analysis::{Analysis, HEATS, Shared};
use crate::pages::plan::describe::{family, ms, object, percent, short, title};
use crate::pages::plan::state::PlanState;
use crate::ui::format;

/// Below this scale the text of a tile is illegible, pixels per unit.
const LEGIBLE_FROM: f64 = 0.5;
/// Maximum of tiles rendered individually; each takes about a dozen elements.
const MOST_TILES: usize = 150;
/// Characters that fit into a tile.
const FITTING: usize = 27;

/// The shapes of the visible part of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Shapes {
    /// Individual tiles.
    Tiles(Vec<Piece>),
    /// Paths: edges and, by colour (the last one is "not printed"), boxes.
    Paths {
        /// All edges.
        lines: String,
        /// The boxes of each colour.
        boxes: Vec<String>,
    },
}

/// The shapes that intersect `bounds`.
pub fn draw(
    analysis: &Analysis,
    layout: &Layout,
    colour: Scale,
    bounds: &Bounds,
    scale: f64,
) -> Shapes {
    let visible = || layout.visible(bounds.left, bounds.top, bounds.right, bounds.bottom);
    let tiles = || visible().filter(|piece| matches!(piece, Piece::Tile(_)));
    if scale >= LEGIBLE_FROM && tiles().nth(MOST_TILES).is_none() {
        return Shapes::Tiles(visible().collect());
    }
    let mut lines = String::new();
    let mut boxes = vec![String::new(); HEATS + 1];
    for piece in visible() {
        match piece {
            Piece::Tile(at) => {
                let Some(tile) = layout.tiles.get(at) else { continue };
                let heat =
                    node_of(analysis, tile.what).and_then(|node| analysis.heat(colour, node));
                if let Some(path) = boxes.get_mut(heat.map_or(HEATS, usize::from)) {
                    let (w, h) = (layout.size.width, layout.size.height);
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{:.0} {:.0}h{w:.0}v{h:.0}h-{w:.0}z", tile.x, tile.y);
                }
            }
            line => lines.push_str(&line_path(layout, line)),
        }
    }
    Shapes::Paths { lines, boxes }
}

/// The node that represents a tile: of a collapsed group, the worst member.
pub fn node_of(analysis: &Analysis, what: What) -> Option<usize> {
    match what {
        What::Node(at) => Some(at),
        What::Group(place) => analysis.groups.get(place).map(|group| group.worst),
    }
}

/// The tile of a node, or of the group that contains it.
pub fn tile_of(analysis: &Analysis, layout: &Layout, node: usize) -> usize {
    let first = |what: What| match what {
        What::Node(at) => at,
        What::Group(place) => analysis.groups.get(place).map_or(0, |group| group.first()),
    };
    layout.tiles.partition_point(|tile| first(tile.what) <= node).saturating_sub(1)
}

/// The path of an edge; empty for a tile.
pub fn line_path(layout: &Layout, piece: Piece) -> String {
    let (half, height, gap) =
        (layout.size.width / 2.0, layout.size.height, layout.size.gap_y / 2.0);
    match piece {
        Piece::Trunk(at) => layout.tiles.get(at).map(|tile| {
            let (x, y) = (tile.x + half, tile.y + height);
            format!(
                "M{x:.0} {y:.0}v{gap:.0}M{:.0} {:.0}H{:.0}",
                tile.trunk.0,
                y + gap,
                tile.trunk.1
            )
        }),
        Piece::Tooth(at) => layout
            .tiles
            .get(at)
            .map(|tile| format!("M{:.0} {:.0}v{gap:.0}", tile.x + half, tile.y - gap)),
        Piece::Tile(_) => None,
    }
    .unwrap_or_default()
}

/// Renders shapes as SVG.
pub fn view(
    drawing: Shapes,
    analysis: &Shared<Analysis>,
    layout: &Shared<Layout>,
    state: PlanState,
) -> AnyView {
    match drawing {
        Shapes::Tiles(pieces) => pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Tile(at) => tile(analysis, layout, at, state),
                line => {
                    view! { <path class="plan-line" d=line_path(layout, line)></path> }.into_any()
                }
            })
            .collect_view()
            .into_any(),
        Shapes::Paths { lines, boxes } => {
            let boxes = boxes.into_iter().enumerate().filter(|(_, path)| !path.is_empty());
            let boxes = boxes
                .map(|(heat, path)| {
                    let class =
                        if heat < HEATS { format!("heat-{heat}") } else { "heat-none".into() };
                    view! { <path class=format!("plan-box {class}") d=path></path> }
                })
                .collect_view();
            view! { <path class="plan-line far" d=lines></path> {boxes} }.into_any()
        }
    }
}

/// The lines of text of a tile.
pub fn texts(analysis: &Analysis, what: What, hidden: usize) -> [String; 4] {
    let Some((node, own)) = node_of(analysis, what).and_then(|at| analysis.node(at)) else {
        return Default::default();
    };
    let (mut head, mut works) = (title(node), object(node));
    let (mut own_ms, mut rows) = (own.self_ms, own.rows);
    if let What::Group(place) = what
        && let Some(group) = analysis.groups.get(place)
    {
        head = format!("{} × {head}", format::grouped(group.members.len() as f64));
        works = format!("most {works}");
        (own_ms, rows) = (group.self_ms, group.rows);
    } else if hidden > 0 {
        head = format!("{head} +{}", format::grouped(hidden as f64));
    }
    let whole = analysis.plan.execution_ms().or(analysis.derived.nodes_ms);
    let share = own_ms.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(own, whole)| own / whole);
    let time = match (own_ms, share, own.self_cost) {
        (Some(_), Some(share), _) => format!("{}, {}", ms(own_ms), percent(share.min(1.0))),
        (Some(_), None, _) => ms(own_ms),
        (None, _, Some(cost)) => format!("cost {}", format::grouped(cost.round())),
        _ => String::new(),
    };
    let planned = node.cost.filter(|_| matches!(what, What::Node(_)));
    let rows = match (rows, planned) {
        _ if own.never_executed => "never executed".to_owned(),
        (Some(rows), _) => {
            let word = if rows.round() == 1.0 { "row" } else { "rows" };
            let wrong = own
                .estimate
                .filter(|e| e.factor >= crate::pages::plan::describe::WRONG_FROM && !own.cut_short);
            let wrong = wrong.map(|e| {
                format!(
                    ", {}× {}",
                    format::grouped(e.factor.round()),
                    if e.more { "more" } else { "fewer" }
                )
            });
            format!("{} {word}{}", format::number(rows, Unit::Count), wrong.unwrap_or_default())
        }
        (None, Some(cost)) => {
            let word = if cost.rows.round() == 1.0 { "row" } else { "rows" };
            format!("{} {word} expected", format::number(cost.rows, Unit::Count))
        }
        _ => String::new(),
    };
    [head, works, time, rows].map(|text| short(&text, FITTING).into_owned())
}

fn tile(
    analysis: &Shared<Analysis>,
    layout: &Shared<Layout>,
    at: usize,
    state: PlanState,
) -> AnyView {
    let Some(tile) = layout.tiles.get(at) else { return ().into_any() };
    let (x, y, w, h) = (tile.x, tile.y, layout.size.width, layout.size.height);
    let Some(node) = node_of(analysis, tile.what) else { return ().into_any() };
    let [head, works, time, rows] = texts(analysis, tile.what, tile.hidden);
    let Some((printed, own)) = analysis.node(node) else { return ().into_any() };
    let share = own.share.unwrap_or(0.0).clamp(0.0, 1.0);
    let heat = analysis.heat(state.scale.get_untracked(), node);
    let class = heat.map_or_else(|| "heat-none".to_owned(), |heat| format!("heat-{heat}"));
    let group = matches!(tile.what, What::Group(_));
    let class = format!(
        "plan-tile {class}{}{}",
        if group { " group" } else { "" },
        if own.never_executed { " never" } else { "" }
    );
    // The second card behind a collapsed group.
    let behind = group.then(
        || view! { <rect class="tile-behind" x=x + 5.0 y=y + 5.0 width=w height=h rx="5"></rect> },
    );
    let mark = analysis.mark(node).map(|severity| {
        let path = format!("M{:.0} {:.0}l9 16h-18z", x + w - 16.0, y + 8.0);
        view! { <path class=format!("tile-mark {}", severity.as_str()) d=path></path> }
    });
    let below = layout.tiles.get(at + 1).is_some_and(|next| next.parent == Some(at));
    let fold = (below || tile.hidden > 0).then(|| {
        let sign = if below { "−" } else { "+" };
        view! {
            <rect class="tile-fold" x=x + w / 2.0 - 9.0 y=y + h - 9.0 width="18" height="18" rx="9"></rect>
            <text class="tile-sign" x=x + w / 2.0 y=y + h + 5.0>{sign}</text>
        }
    });
    view! {
        <g class=class>
            {behind}
            <rect class="tile" x=x y=y width=w height=h rx="5"></rect>
            <rect class=format!("tile-family {}", family(&printed.kind)) x=x y=y + 4.0 width="4" height=h - 8.0></rect>
            <text class="tile-head" x=x + 14.0 y=y + 22.0>{head}</text>
            <text class="tile-object" x=x + 14.0 y=y + 40.0>{works}</text>
            <text class="tile-time" x=x + 14.0 y=y + 60.0>{time}</text>
            <text class="tile-rows" x=x + 14.0 y=y + 77.0>{rows}</text>
            <rect class="tile-share" x=x + 4.0 y=y + h - 5.0 width=(w - 8.0) * share height="4"></rect>
            {mark}
            {fold}
        </g>
    }
    .into_any()
}
