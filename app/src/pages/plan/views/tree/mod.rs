//! Tree view: pan, zoom, fit, collapse, minimap. The viewport moves once per animation frame;
//! shapes are re-rendered only when it leaves the part rendered last.

pub mod input;
pub mod minimap;
pub mod shapes;
pub mod viewport;

use std::collections::BTreeSet;

use leptos::html::Div;
use leptos::prelude::*;
use plan::layout::{Layout, Size, What, Window, tree};

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::state::PlanState;
use shapes::{draw, tile_of, view};
use viewport::{Bounds, Viewport};

/// The initial scale of a tree that does not fit legibly.
const READABLE_SCALE: f64 = 0.85;
/// A tree that fits at this scale is fitted initially.
const WHOLE_FROM: f64 = 0.55;
/// Overscan on each side, as a share of the viewport.
const OVERSCAN: f64 = 0.25;
/// The size assumed until the element is measured, pixels.
const INITIAL_SIZE: (f64, f64) = (1_100.0, 560.0);

/// The state of one tree view.
#[derive(Clone, Copy)]
pub struct Tree {
    /// The state of the page.
    pub state: PlanState,
    /// The plan.
    pub analysis: StoredValue<Shared<Analysis>>,
    /// What is collapsed.
    pub window: RwSignal<Window>,
    /// The layout.
    pub layout: Memo<Shared<Layout>>,
    /// Position and scale.
    pub viewport: RwSignal<Viewport>,
    /// The size of the element, pixels.
    pub box_size: RwSignal<(f64, f64)>,
    /// The element.
    pub element: NodeRef<Div>,
    /// The current drag: last pointer position and distance so far, pixels.
    pub drag: StoredValue<Option<(f64, f64, f64)>>,
    /// The viewport of the next animation frame.
    next: StoredValue<Option<Viewport>>,
}

/// The rendered part, its scale and layout.
#[derive(Clone, PartialEq)]
struct RenderedPart {
    bounds: Bounds,
    scale: f64,
    layout: Shared<Layout>,
}

impl Tree {
    fn new(analysis: &Shared<Analysis>, state: PlanState) -> Self {
        let window = RwSignal::new(Window::default());
        let stored = StoredValue::new(analysis.clone());
        let layout =
            Memo::new(move |_| {
                stored.with_value(|analysis| {
                    Shared::new(window.with(|window| {
                        tree(&analysis.plan, &analysis.groups, window, Size::default())
                    }))
                })
            });
        let box_size = RwSignal::new(INITIAL_SIZE);
        let tree = Self {
            state,
            analysis: stored,
            window,
            layout,
            viewport: RwSignal::new(Viewport::default()),
            box_size,
            element: NodeRef::new(),
            drag: StoredValue::new(None),
            next: StoredValue::new(None),
        };
        tree.viewport.set(tree.first());
        tree
    }

    /// The initial viewport: fitted if legible, otherwise centred on the selected node.
    fn first(self) -> Viewport {
        let fit = self.fitted();
        if fit.scale >= WHOLE_FROM {
            return fit;
        }
        let layout = self.layout.get_untracked();
        let at = self.tile().and_then(|at| layout.tiles.get(at));
        let (x, y) = at.map_or((0.0, 0.0), |tile| (tile.x, tile.y));
        let middle = (x + layout.size.width / 2.0, y + layout.size.height / 2.0);
        Viewport::centred(middle, self.box_size.get_untracked(), READABLE_SCALE)
    }

    /// The viewport that fits the whole tree.
    pub fn fitted(self) -> Viewport {
        let layout = self.layout.get_untracked();
        Viewport::fit((layout.width, layout.height), self.box_size.get_untracked())
    }

    /// The tile of the selected node.
    pub fn tile(self) -> Option<usize> {
        let node = self.state.node.get_untracked()?;
        let layout = self.layout.get_untracked();
        Some(self.analysis.with_value(|analysis| tile_of(analysis, &layout, node)))
    }

    /// The pending viewport, or the current one.
    fn pending(self) -> Viewport {
        self.next.get_value().unwrap_or_else(|| self.viewport.get_untracked())
    }

    /// Changes the viewport with the next animation frame.
    pub fn update_viewport(self, change: impl FnOnce(Viewport) -> Viewport) {
        let waits = self.next.get_value().is_some();
        let layout = self.layout.get_untracked();
        let viewport = change(self.pending());
        let whole = (layout.width, layout.height);
        self.next.set_value(Some(viewport.clamped(whole, self.box_size.get_untracked())));
        if !waits {
            request_animation_frame(move || {
                if let Some(Some(viewport)) = self.next.try_update_value(Option::take) {
                    self.viewport.set(viewport);
                }
            });
        }
    }

    /// Limits a pan to the extent of the tree, pixels.
    pub fn pan_limit(self, by: (f64, f64)) -> (f64, f64) {
        let layout = self.layout.get_untracked();
        self.pending().pan_limit(by, (layout.width, layout.height), self.box_size.get_untracked())
    }

    /// Selects the node of a tile.
    pub fn pick(self, tile: usize) {
        let layout = self.layout.get_untracked();
        let what = layout.tiles.get(tile).map(|tile| tile.what);
        let node = what
            .and_then(|what| self.analysis.with_value(|analysis| shapes::node_of(analysis, what)));
        if let Some(node) = node {
            self.state.show(node);
        }
    }

    /// Collapses or expands a tile.
    pub fn fold(self, tile: usize) {
        let layout = self.layout.get_untracked();
        let Some(what) = layout.tiles.get(tile).map(|tile| tile.what) else { return };
        let first = self.analysis.with_value(|analysis| match what {
            What::Group(place) => analysis.groups.get(place).map(|group| group.first()),
            What::Node(_) => None,
        });
        self.window.update(|window| {
            if let Some(first) = first {
                window.opened.insert(first);
            } else if let What::Node(at) = what
                && !window.collapsed.remove(&at)
            {
                window.collapsed.insert(at);
            }
        });
    }

    /// Expands the ancestors of the selected node and scrolls it into view.
    fn reveal(self) {
        let Some(node) = self.state.node.get_untracked() else { return };
        let hidden = self.analysis.with_value(|analysis| hiding(analysis, node));
        let closed = self
            .window
            .with_untracked(|window| hidden.intersection(&window.collapsed).next().is_some());
        if closed {
            self.window.update(|window| window.collapsed.retain(|at| !hidden.contains(at)));
        }
        let layout = self.layout.get_untracked();
        let Some(tile) = self.tile().and_then(|at| layout.tiles.get(at)) else { return };
        let (w, h) = (layout.size.width, layout.size.height);
        let box_size = self.box_size.get_untracked();
        let now = self.viewport.get_untracked();
        let room = Bounds {
            left: tile.x - 10.0,
            top: tile.y - 10.0,
            right: tile.x + w + 10.0,
            bottom: tile.y + h + 10.0,
        };
        if !now.bounds(box_size).contains(&room) {
            self.update_viewport(|viewport| {
                Viewport::centred((tile.x + w / 2.0, tile.y + h / 2.0), box_size, viewport.scale)
            });
        }
    }
}

/// The ancestors of a node: any of them, collapsed, hides it.
fn hiding(analysis: &Analysis, node: usize) -> BTreeSet<usize> {
    let above = |at: usize| analysis.plan.nodes.get(at).and_then(|node| node.parent);
    std::iter::successors(above(node), |at| above(*at)).collect()
}

/// The view.
pub fn tree_view(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let tree = Tree::new(analysis, state);
    #[cfg(feature = "hydrate")]
    crate::pages::plan::browser::measure(tree.element, move |size| {
        let at_first = tree.box_size.get_untracked() == INITIAL_SIZE;
        let whole = tree.viewport.get_untracked() == tree.fitted();
        tree.box_size.set(size);
        if at_first {
            tree.viewport.set(tree.first());
        } else if whole {
            tree.viewport.set(tree.fitted());
        }
    });
    Effect::new(move |before: Option<u32>| {
        let asked = state.reveal_count.get();
        if before.is_some_and(|before| before != asked) {
            tree.reveal();
        }
        asked
    });
    let rendered = Memo::new(move |before: Option<&RenderedPart>| {
        let (viewport, layout) = (tree.viewport.get(), tree.layout.get());
        let bounds = viewport.bounds(tree.box_size.get());
        match before {
            Some(before)
                if before.layout == layout
                    && before.scale == viewport.scale
                    && before.bounds.contains(&bounds) =>
            {
                before.clone()
            }
            _ => RenderedPart { bounds: bounds.expanded(OVERSCAN), scale: viewport.scale, layout },
        }
    });
    let picture = {
        let analysis = analysis.clone();
        move || {
            let rendered = rendered.get();
            let drawing = draw(
                &analysis,
                &rendered.layout,
                state.scale.get(),
                &rendered.bounds,
                rendered.scale,
            );
            view(drawing, &analysis, &rendered.layout, state)
        }
    };
    view! {
        <div
            class="plan-tree"
            tabindex="0"
            role="group"
            aria-label="The plan as a tree. Arrow keys move to the parent, a child or a sibling; Enter opens the node, Space folds it, + and - zoom, 0 fits all. The table view shows the same data."
            node_ref=tree.element
            on:keydown=move |event| input::keys(&event, tree)
            on:wheel=move |event| input::wheel(&event, tree)
            on:pointerdown=move |event| input::down(&event, tree)
            on:pointermove=move |event| input::moved(&event, tree)
            on:pointerup=move |event| input::up(&event, tree)
        >
            <svg class="plan-svg" aria-hidden="true" focusable="false">
                <g transform=move || tree.viewport.get().transform()>
                    {picture}
                    {move || selection_frame(tree)}
                </g>
            </svg>
            {minimap::map(tree)}
            <div class="plan-zoom">
                <button type="button" aria-label="Zoom in" on:click=move |_| input::zoom(tree, 1.25)>"+"</button>
                <button type="button" aria-label="Zoom out" on:click=move |_| input::zoom(tree, 0.8)>"−"</button>
                <button type="button" on:click=move |_| tree.update_viewport(|_| tree.fitted())>"Fit"</button>
            </div>
        </div>
    }
    .into_any()
}

/// The selection frame, rendered at any scale.
fn selection_frame(tree: Tree) -> Option<AnyView> {
    let layout = tree.layout.get();
    let node = tree.state.node.get()?;
    let at = tree.analysis.with_value(|analysis| tile_of(analysis, &layout, node));
    let tile = layout.tiles.get(at)?;
    // Constant thickness on screen at any scale.
    let thick = 3.0 / tree.viewport.get().scale;
    Some(
        view! {
            <rect
                class="tile-here"
                x=tile.x - thick / 2.0
                y=tile.y - thick / 2.0
                width=layout.size.width + thick
                height=layout.size.height + thick
                rx="6"
                stroke-width=thick
            ></rect>
        }
        .into_any(),
    )
}
