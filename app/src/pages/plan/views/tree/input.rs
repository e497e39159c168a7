//! Input of the tree view: keyboard, wheel and pointer events (pan, zoom, select, collapse).

use leptos::ev::{KeyboardEvent, PointerEvent, WheelEvent};
use leptos::prelude::*;

use super::Tree;

/// Pan step of Shift and an arrow key, pixels.
const STEP: f64 = 80.0;
/// A pointer that moved less is a click, pixels.
const CLICK: f64 = 4.0;
/// Half the size of the area that collapses a tile, units of the drawing.
const FOLD: f64 = 12.0;

/// Zooms about the centre.
pub fn zoom(tree: Tree, factor: f64) {
    let (w, h) = tree.box_size.get_untracked();
    tree.update_viewport(|viewport| viewport.zoomed(factor, (w / 2.0, h / 2.0)));
}

/// The tile that an arrow key selects.
fn neighbour(tree: Tree, key: &str) -> Option<usize> {
    let layout = tree.layout.get_untracked();
    let at = tree.tile()?;
    let parent = layout.tiles.get(at)?.parent;
    let beside = |at: &usize| layout.tiles.get(*at).is_some_and(|tile| tile.parent == parent);
    match key {
        "ArrowUp" => parent,
        "ArrowDown" => {
            layout.tiles.get(at + 1).filter(|next| next.parent == Some(at)).map(|_| at + 1)
        }
        "ArrowRight" => (at + 1..layout.tiles.len()).find(beside),
        "ArrowLeft" => (0..at).rev().find(beside),
        _ => None,
    }
}

/// `keydown` on the tree.
pub fn keys(event: &KeyboardEvent, tree: Tree) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || on_button(event) {
        return;
    }
    let key = event.key();
    let pan = match (key.as_str(), event.shift_key()) {
        ("ArrowUp", true) => Some((0.0, -STEP)),
        ("ArrowDown", true) => Some((0.0, STEP)),
        ("ArrowLeft", true) => Some((-STEP, 0.0)),
        ("ArrowRight", true) => Some((STEP, 0.0)),
        _ => None,
    };
    match (key.as_str(), pan) {
        (_, Some((dx, dy))) => tree.update_viewport(|viewport| viewport.moved(dx, dy)),
        ("ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight", None) => {
            if let Some(to) = neighbour(tree, &key) {
                tree.pick(to);
            }
        }
        ("Enter", _) if tree.tile().is_some() => crate::pages::plan::views::panel::open(tree.state),
        (" ", _) => {
            if let Some(at) = tree.tile() {
                tree.fold(at);
            }
        }
        ("+" | "=", _) => zoom(tree, 1.25),
        ("-", _) => zoom(tree, 0.8),
        ("0", _) => tree.update_viewport(|_| tree.fitted()),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// Whether the event's target is one of the tree's buttons.
fn on_button(event: &KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return matches!(event.key().as_str(), "Enter" | " ")
        && crate::pages::plan::browser::on(event, "button");
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// `wheel`: pans, or zooms about the pointer with Ctrl. At the edge of the tree the page scrolls as
/// usual.
pub fn wheel(event: &WheelEvent, tree: Tree) {
    // `deltaMode`: lines and pages are rare, pixels the rule.
    let unit = match event.delta_mode() {
        1 => 24.0,
        2 => 400.0,
        _ => 1.0,
    };
    let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
    if event.ctrl_key() || event.meta_key() {
        let at = place(tree, f64::from(event.client_x()), f64::from(event.client_y()));
        event.prevent_default();
        tree.update_viewport(|viewport| viewport.zoomed((-dy * 0.003).exp(), at));
        return;
    }
    let (dx, dy) = if event.shift_key() && dx == 0.0 { (dy, 0.0) } else { (dx, dy) };
    let left = tree.pan_limit((dx, dy));
    let ends = if dy.abs() >= dx.abs() { left.1 == 0.0 } else { left.0 == 0.0 };
    // Not cancelable while the browser is scrolling the page already.
    if !ends && event.cancelable() {
        event.prevent_default();
        tree.update_viewport(|viewport| viewport.moved(left.0, left.1));
    }
}

/// `pointerdown`: on the minimap it moves the viewport, elsewhere a drag begins.
pub fn down(event: &PointerEvent, tree: Tree) {
    #[cfg(feature = "hydrate")]
    if event.button() == 0 && !crate::pages::plan::browser::on(event, "button, .plan-map") {
        tree.drag.set_value(Some((f64::from(event.client_x()), f64::from(event.client_y()), 0.0)));
        crate::pages::plan::browser::capture(tree.element, event.pointer_id());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, tree);
}

/// `pointermove`.
pub fn moved(event: &PointerEvent, tree: Tree) {
    let Some((x, y, far)) = tree.drag.get_value() else { return };
    let (dx, dy) = (f64::from(event.client_x()) - x, f64::from(event.client_y()) - y);
    let far = far + dx.abs() + dy.abs();
    if far < CLICK {
        return;
    }
    tree.drag.set_value(Some((x + dx, y + dy, far)));
    tree.update_viewport(|viewport| viewport.moved(-dx, -dy));
}

/// `pointerup`: without a drag it is a click.
pub fn up(event: &PointerEvent, tree: Tree) {
    let Some((_, _, far)) = tree.drag.get_value() else { return };
    tree.drag.set_value(None);
    if far >= CLICK {
        return;
    }
    let at = place(tree, f64::from(event.client_x()), f64::from(event.client_y()));
    let (x, y) = tree.viewport.get_untracked().point(at);
    let layout = tree.layout.get_untracked();
    let (w, h) = (layout.size.width, layout.size.height);
    // The area that collapses a tile extends below it.
    let hit = layout.visible(x, y - FOLD, x, y + FOLD).filter_map(|piece| match piece {
        plan::layout::Piece::Tile(at) => Some(at),
        _ => None,
    });
    let hits: Vec<usize> = hit.collect();
    let tile = |at: &usize| layout.tiles.get(*at);
    let folds = |at: &&usize| {
        tile(at).is_some_and(|t| (x - t.x - w / 2.0).abs() <= FOLD && (y - t.y - h).abs() <= FOLD)
    };
    if let Some(at) = hits.iter().find(folds) {
        tree.fold(*at);
    } else if let Some(at) =
        hits.iter().find(|at| tile(at).is_some_and(|t| y >= t.y && y <= t.y + h))
    {
        tree.pick(*at);
        tree.state.panel_open.set(true);
    }
}

/// Client coordinates relative to the element, pixels.
fn place(tree: Tree, x: f64, y: f64) -> (f64, f64) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = tree.element.get_untracked() {
        let rect = element.get_bounding_client_rect();
        return (x - rect.left(), y - rect.top());
    }
    let _ = tree;
    (x, y)
}
