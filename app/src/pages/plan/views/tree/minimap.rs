//! Minimap of the tree with the visible part; a press moves the viewport there.

use leptos::ev::PointerEvent;
use leptos::prelude::*;

use super::Tree;
use super::shapes::{Shapes, draw};
use super::viewport::{Bounds, Viewport};
use crate::pages::plan::analysis::HEATS;

/// The maximum size of the minimap, pixels.
const MOST: (f64, f64) = (180.0, 110.0);

/// The minimap; nothing when the whole tree is visible.
pub fn map(tree: Tree) -> impl IntoView {
    let size = Memo::new(move |_| {
        let layout = tree.layout.get();
        let scale = (MOST.0 / layout.width.max(1.0)).min(MOST.1 / layout.height.max(1.0));
        // A flat tree is stretched so that it can be clicked.
        (
            (layout.width * scale).max(30.0),
            (layout.height * scale).max(30.0),
            layout.width,
            layout.height,
        )
    });
    let needed = Memo::new(move |_| {
        let (_, _, width, height) = size.get();
        let all = Bounds { left: 0.0, top: 0.0, right: width, bottom: height };
        !tree.viewport.get().bounds(tree.box_size.get()).contains(&all)
    });
    let boxes = move || {
        let layout = tree.layout.get();
        let all = Bounds { left: 0.0, top: 0.0, right: layout.width, bottom: layout.height };
        let drawing = tree
            .analysis
            .with_value(|analysis| draw(analysis, &layout, tree.state.scale.get(), &all, 0.0));
        let Shapes::Paths { boxes, .. } = drawing else { return vec![] };
        boxes
            .into_iter()
            .enumerate()
            .filter(|(_, path)| !path.is_empty())
            .map(|(heat, path)| {
                let class = if heat < HEATS { format!("heat-{heat}") } else { "heat-none".into() };
                view! { <path class=format!("plan-box {class}") d=path></path> }
            })
            .collect::<Vec<_>>()
    };
    let go = move |event: &PointerEvent| {
        let (w, h, width, height) = size.get_untracked();
        let x = f64::from(event.offset_x()) / w * width;
        let y = f64::from(event.offset_y()) / h * height;
        tree.update_viewport(|viewport| {
            Viewport::centred((x, y), tree.box_size.get_untracked(), viewport.scale)
        });
    };
    let part = move || {
        let bounds = tree.viewport.get().bounds(tree.box_size.get());
        let (_, _, width, height) = size.get();
        let (left, top) = (bounds.left.clamp(0.0, width), bounds.top.clamp(0.0, height));
        (
            left,
            top,
            (bounds.right.clamp(0.0, width) - left).max(width / 60.0),
            (bounds.bottom.clamp(0.0, height) - top).max(height / 60.0),
        )
    };
    view! {
        <Show when=move || needed.get()>
            <svg
                class="plan-map"
                aria-hidden="true"
                focusable="false"
                width=move || size.get().0
                height=move || size.get().1
                viewBox=move || format!("0 0 {:.0} {:.0}", size.get().2, size.get().3)
                preserveAspectRatio="none"
                on:pointerdown=move |event| go(&event)
                on:pointermove=move |event| if event.buttons() == 1 { go(&event) }
            >
                {boxes}
                <rect
                    class="plan-part"
                    x=move || part().0
                    y=move || part().1
                    width=move || part().2
                    height=move || part().3
                ></rect>
            </svg>
        </Show>
    }
}
