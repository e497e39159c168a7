//! The tree: pan by drag, wheel and keys, zoom, fit, fold; a small map of the whole. The picture moves
//! once per animation frame; what is drawn changes only when the camera leaves the part drawn last.

pub mod input;
pub mod minimap;
pub mod shapes;
pub mod viewport;

use std::collections::BTreeSet;

use leptos::html::Div;
use leptos::prelude::*;
use plan::layout::{Layout, Size, What, Window, tree};

use crate::pages::plan::analysis::{Case, Shared};
use crate::pages::plan::state::Desk;
use shapes::{draw, tile_of, view};
use viewport::{Area, Camera};

/// The scale at which a tree opens that does not fit and stay legible.
const READING: f64 = 0.85;
/// A tree that fits at this scale opens whole.
const WHOLE_FROM: f64 = 0.55;
/// Drawn beyond what is in sight on each side, as a share of it.
const SPARE: f64 = 0.25;
/// The size assumed until the box has been measured, pixels.
const AT_FIRST: (f64, f64) = (1_100.0, 560.0);

/// All that belongs to one tree.
#[derive(Clone, Copy)]
pub struct Tree {
    /// The page's state.
    pub desk: Desk,
    /// The plan.
    pub case: StoredValue<Shared<Case>>,
    /// What is folded.
    pub window: RwSignal<Window>,
    /// Where everything stands.
    pub layout: Memo<Shared<Layout>>,
    /// Where the reader looks.
    pub camera: RwSignal<Camera>,
    /// The size of the box, pixels.
    pub seen: RwSignal<(f64, f64)>,
    /// The box.
    pub element: NodeRef<Div>,
    /// The drag under way: where the pointer was last, and how far it has come, pixels.
    pub drag: StoredValue<Option<(f64, f64, f64)>>,
    /// Where the camera goes with the next frame.
    next: StoredValue<Option<Camera>>,
}

/// The part drawn, and for which layout and whether it was near.
#[derive(Clone, PartialEq)]
struct Drawn {
    area: Area,
    scale: f64,
    layout: Shared<Layout>,
}

impl Tree {
    fn new(case: &Shared<Case>, desk: Desk) -> Self {
        let window = RwSignal::new(Window::default());
        let stored = StoredValue::new(case.clone());
        let layout = Memo::new(move |_| {
            stored.with_value(|case| {
                Shared::new(
                    window.with(|window| tree(&case.plan, &case.groups, window, Size::default())),
                )
            })
        });
        let seen = RwSignal::new(AT_FIRST);
        let tree = Self {
            desk,
            case: stored,
            window,
            layout,
            camera: RwSignal::new(Camera::default()),
            seen,
            element: NodeRef::new(),
            drag: StoredValue::new(None),
            next: StoredValue::new(None),
        };
        tree.camera.set(tree.first());
        tree
    }

    /// Whole where that can be read; otherwise at the node to look at.
    fn first(self) -> Camera {
        let fit = self.fitted();
        if fit.scale >= WHOLE_FROM {
            return fit;
        }
        let layout = self.layout.get_untracked();
        let at = self.tile().and_then(|at| layout.tiles.get(at));
        let (x, y) = at.map_or((0.0, 0.0), |tile| (tile.x, tile.y));
        let middle = (x + layout.size.width / 2.0, y + layout.size.height / 2.0);
        Camera::centred(middle, self.seen.get_untracked(), READING)
    }

    /// The camera that shows the whole.
    pub fn fitted(self) -> Camera {
        let layout = self.layout.get_untracked();
        Camera::fit((layout.width, layout.height), self.seen.get_untracked())
    }

    /// The tile of the node looked at.
    pub fn tile(self) -> Option<usize> {
        let node = self.desk.node.get_untracked()?;
        let layout = self.layout.get_untracked();
        Some(self.case.with_value(|case| tile_of(case, &layout, node)))
    }

    /// The camera of the next frame.
    fn coming(self) -> Camera {
        self.next.get_value().unwrap_or_else(|| self.camera.get_untracked())
    }

    /// Moves the camera with the next frame.
    pub fn look(self, change: impl FnOnce(Camera) -> Camera) {
        let waits = self.next.get_value().is_some();
        let layout = self.layout.get_untracked();
        let camera = change(self.coming());
        let whole = (layout.width, layout.height);
        self.next.set_value(Some(camera.kept(whole, self.seen.get_untracked())));
        if !waits {
            request_animation_frame(move || {
                if let Some(Some(camera)) = self.next.try_update_value(Option::take) {
                    self.camera.set(camera);
                }
            });
        }
    }

    /// A move by pixels as far as more of the tree lies that way.
    pub fn left(self, by: (f64, f64)) -> (f64, f64) {
        let layout = self.layout.get_untracked();
        self.coming().left(by, (layout.width, layout.height), self.seen.get_untracked())
    }

    /// Looks at what a tile shows.
    pub fn pick(self, tile: usize) {
        let layout = self.layout.get_untracked();
        let what = layout.tiles.get(tile).map(|tile| tile.what);
        let node = what.and_then(|what| self.case.with_value(|case| shapes::node_of(case, what)));
        if let Some(node) = node {
            self.desk.show(node);
        }
    }

    /// Folds what is beneath a tile, or opens it.
    pub fn fold(self, tile: usize) {
        let layout = self.layout.get_untracked();
        let Some(what) = layout.tiles.get(tile).map(|tile| tile.what) else { return };
        let first = self.case.with_value(|case| match what {
            What::Group(place) => case.groups.get(place).map(|group| group.first()),
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

    /// Opens what hides the node looked at and brings it into sight.
    fn reveal(self) {
        let Some(node) = self.desk.node.get_untracked() else { return };
        let hidden = self.case.with_value(|case| hiding(case, node));
        let closed = self
            .window
            .with_untracked(|window| hidden.intersection(&window.collapsed).next().is_some());
        if closed {
            self.window.update(|window| window.collapsed.retain(|at| !hidden.contains(at)));
        }
        let layout = self.layout.get_untracked();
        let Some(tile) = self.tile().and_then(|at| layout.tiles.get(at)) else { return };
        let (w, h) = (layout.size.width, layout.size.height);
        let seen = self.seen.get_untracked();
        let now = self.camera.get_untracked();
        let room = Area {
            left: tile.x - 10.0,
            top: tile.y - 10.0,
            right: tile.x + w + 10.0,
            bottom: tile.y + h + 10.0,
        };
        if !now.area(seen).holds(&room) {
            self.look(|camera| {
                Camera::centred((tile.x + w / 2.0, tile.y + h / 2.0), seen, camera.scale)
            });
        }
    }
}

/// The nodes above one: any of them, collapsed, hides it.
fn hiding(case: &Case, node: usize) -> BTreeSet<usize> {
    let above = |at: usize| case.plan.nodes.get(at).and_then(|node| node.parent);
    std::iter::successors(above(node), |at| above(*at)).collect()
}

/// The view.
pub fn tree_view(case: &Shared<Case>, desk: Desk) -> AnyView {
    let tree = Tree::new(case, desk);
    #[cfg(feature = "hydrate")]
    crate::pages::plan::browser::measure(tree.element, move |size| {
        let at_first = tree.seen.get_untracked() == AT_FIRST;
        let whole = tree.camera.get_untracked() == tree.fitted();
        tree.seen.set(size);
        if at_first {
            tree.camera.set(tree.first());
        } else if whole {
            tree.camera.set(tree.fitted());
        }
    });
    Effect::new(move |before: Option<u32>| {
        let asked = desk.shown.get();
        if before.is_some_and(|before| before != asked) {
            tree.reveal();
        }
        asked
    });
    let drawn = Memo::new(move |before: Option<&Drawn>| {
        let (camera, layout) = (tree.camera.get(), tree.layout.get());
        let area = camera.area(tree.seen.get());
        match before {
            Some(before)
                if before.layout == layout
                    && before.scale == camera.scale
                    && before.area.holds(&area) =>
            {
                before.clone()
            }
            _ => Drawn { area: area.wider(SPARE), scale: camera.scale, layout },
        }
    });
    let picture = {
        let case = case.clone();
        move || {
            let drawn = drawn.get();
            let drawing = draw(&case, &drawn.layout, desk.scale.get(), &drawn.area, drawn.scale);
            view(drawing, &case, &drawn.layout, desk)
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
                <g transform=move || tree.camera.get().transform()>
                    {picture}
                    {move || here(tree)}
                </g>
            </svg>
            {minimap::map(tree)}
            <div class="plan-zoom">
                <button type="button" aria-label="Zoom in" on:click=move |_| input::zoom(tree, 1.25)>"+"</button>
                <button type="button" aria-label="Zoom out" on:click=move |_| input::zoom(tree, 0.8)>"−"</button>
                <button type="button" on:click=move |_| tree.look(|_| tree.fitted())>"Fit"</button>
            </div>
        </div>
    }
    .into_any()
}

/// The frame around the node looked at; it is drawn at any scale.
fn here(tree: Tree) -> Option<AnyView> {
    let layout = tree.layout.get();
    let node = tree.desk.node.get()?;
    let at = tree.case.with_value(|case| tile_of(case, &layout, node));
    let tile = layout.tiles.get(at)?;
    // As thick on the screen however far away it is.
    let thick = 3.0 / tree.camera.get().scale;
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
