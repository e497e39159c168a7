//! The small map of the whole tree with the part in sight; pressing on it goes there.

use leptos::ev::PointerEvent;
use leptos::prelude::*;

use super::Tree;
use super::shapes::{Drawing, draw};
use super::viewport::{Area, Camera};
use crate::pages::plan::analysis::HEATS;

/// The largest size of the map, pixels.
const MOST: (f64, f64) = (180.0, 110.0);

/// The map; nothing when all of the tree is in sight anyway.
pub fn map(tree: Tree) -> impl IntoView {
    let size = Memo::new(move |_| {
        let layout = tree.layout.get();
        let scale = (MOST.0 / layout.width.max(1.0)).min(MOST.1 / layout.height.max(1.0));
        // A flat tree would be a hair; it is stretched to something that can be hit.
        (
            (layout.width * scale).max(30.0),
            (layout.height * scale).max(30.0),
            layout.width,
            layout.height,
        )
    });
    let needed = Memo::new(move |_| {
        let (_, _, width, height) = size.get();
        let all = Area { left: 0.0, top: 0.0, right: width, bottom: height };
        !tree.camera.get().area(tree.seen.get()).holds(&all)
    });
    let boxes = move || {
        let layout = tree.layout.get();
        let all = Area { left: 0.0, top: 0.0, right: layout.width, bottom: layout.height };
        let drawing =
            tree.case.with_value(|case| draw(case, &layout, tree.desk.scale.get(), &all, 0.0));
        let Drawing::Paths { boxes, .. } = drawing else { return vec![] };
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
        tree.look(|camera| Camera::centred((x, y), tree.seen.get_untracked(), camera.scale));
    };
    let part = move || {
        let area = tree.camera.get().area(tree.seen.get());
        let (_, _, width, height) = size.get();
        let (left, top) = (area.left.clamp(0.0, width), area.top.clamp(0.0, height));
        (
            left,
            top,
            (area.right.clamp(0.0, width) - left).max(width / 60.0),
            (area.bottom.clamp(0.0, height) - top).max(height / 60.0),
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
