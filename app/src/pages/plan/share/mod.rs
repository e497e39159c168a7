//! Taking a plan along: link, report, pictures, anonymised copy; and the address that keeps view and
//! node. A link holds the whole plan behind `#`, which browsers keep to themselves.

#[cfg(any(feature = "hydrate", test))]
pub mod export;
#[cfg(any(feature = "hydrate", test))]
pub mod fragment;

use leptos::prelude::*;

use super::analysis::{Case, Shared};
#[cfg(feature = "hydrate")]
use super::browser;
use super::state::Desk;
#[cfg(feature = "hydrate")]
use super::state::View;

/// The menu.
pub fn share(case: &Shared<Case>, desk: Desk) -> AnyView {
    let said = RwSignal::new(String::new());
    let button = |words: &'static str, does: fn(&Shared<Case>, Desk, RwSignal<String>)| {
        let case = case.clone();
        view! { <button type="button" on:click=move |_| does(&case, desk, said)>{words}</button> }
    };
    view! {
        <details class="plan-share js-only">
            <summary>"Share or save"</summary>
            <div class="plan-actions">
                {button("Copy a link", link)}
                {button("Save report (Markdown)", report)}
                {button("Save tree (SVG)", picture)}
                {button("Save tree (PNG)", pixels)}
                {button("Show anonymised", anonymised)}
                <span class="note" role="status">{move || said.get()}</span>
            </div>
        </details>
    }
    .into_any()
}

#[cfg(not(feature = "hydrate"))]
fn link(_: &Shared<Case>, _: Desk, _: RwSignal<String>) {}
#[cfg(not(feature = "hydrate"))]
fn report(_: &Shared<Case>, _: Desk, _: RwSignal<String>) {}
#[cfg(not(feature = "hydrate"))]
fn picture(_: &Shared<Case>, _: Desk, _: RwSignal<String>) {}
#[cfg(not(feature = "hydrate"))]
fn pixels(_: &Shared<Case>, _: Desk, _: RwSignal<String>) {}

#[cfg(feature = "hydrate")]
fn report(case: &Shared<Case>, _: Desk, said: RwSignal<String>) {
    browser::save("plan.md", "text/markdown", &export::markdown(case));
    said.set("Saved as plan.md.".into());
}

#[cfg(feature = "hydrate")]
fn picture(case: &Shared<Case>, desk: Desk, said: RwSignal<String>) {
    browser::save("plan.svg", "image/svg+xml", &export::svg(case, desk.scale.get_untracked()).0);
    said.set("Saved as plan.svg.".into());
}

#[cfg(feature = "hydrate")]
fn pixels(case: &Shared<Case>, desk: Desk, said: RwSignal<String>) {
    let (svg, width, height) = export::svg(case, desk.scale.get_untracked());
    leptos::task::spawn_local(async move {
        let done = browser::save_png("plan.png", &svg, width, height).await;
        said.set(match done {
            Ok(()) => "Saved as plan.png.".into(),
            Err(_) => "This browser cannot draw a picture that large; save the SVG instead.".into(),
        });
    });
}

/// A copy with other names and literals takes the plan's place.
fn anonymised(case: &Shared<Case>, desk: Desk, said: RwSignal<String>) {
    let text = plan::write::text(&plan::anonymise(&case.plan));
    if desk.load(text) {
        said.set("Names and literals are replaced; figures are unchanged.".into());
    }
}

#[cfg(feature = "hydrate")]
fn link(_: &Shared<Case>, desk: Desk, said: RwSignal<String>) {
    let Some(paste) = desk.paste.get_untracked() else { return };
    leptos::task::spawn_local(async move {
        let packed = browser::through("CompressionStream", paste.text.as_bytes()).await;
        let packed = packed.map(|bytes| fragment::encoded(&bytes)).unwrap_or_default();
        if packed.is_empty() {
            return said.set("This browser cannot compress; save the report instead.".into());
        }
        if packed.len() > fragment::LONGEST {
            let kib = packed.len() / 1024;
            return said.set(format!(
                "Even compressed, the plan takes {kib} KiB; links longer than 32 KiB do not work everywhere. Save the report instead."
            ));
        }
        let parts = fragment::Fragment { plan: packed, ..here(desk) };
        browser::set_fragment(&parts.write());
        crate::live::event_source::copy(&browser::address());
        said.set(
            "Link copied. It contains the plan itself, readable by anyone who has the link.".into(),
        );
    });
}

/// What the address should say of view and node; the plan in it stays.
#[cfg(feature = "hydrate")]
fn here(desk: Desk) -> fragment::Fragment {
    let old = fragment::Fragment::read(&browser::fragment());
    fragment::Fragment {
        view: desk.view.get().as_str().to_lowercase(),
        node: desk.node.get(),
        plan: old.plan,
    }
}

/// Opens what the address says, and writes view and node into it as they change.
#[cfg(feature = "hydrate")]
pub fn follow_address(desk: Desk) {
    read_address(desk);
    let changed = window_event_listener_untyped("hashchange", move |_| read_address(desk));
    on_cleanup(move || changed.remove());
    Effect::new(move |before: Option<Option<Shared<super::analysis::Paste>>>| {
        let paste = desk.paste.get();
        let mut parts = here(desk);
        if paste.is_some() {
            // Another plan than the one the link held.
            if before.is_some_and(|before| before.is_some() && before != paste) {
                parts.plan = String::new();
            }
            browser::set_fragment(&parts.write());
        }
        paste
    });
}

#[cfg(feature = "hydrate")]
fn read_address(desk: Desk) {
    let parts = fragment::Fragment::read(&browser::fragment());
    let place = move |parts: &fragment::Fragment| {
        if let Some(view) = View::by_name(&parts.view) {
            desk.view.set(view);
        }
        let nodes =
            desk.case.with_untracked(|case| case.as_ref().map_or(0, |case| case.plan.nodes.len()));
        if let Some(node) = parts.node.filter(|node| *node < nodes) {
            desk.show(node);
        }
    };
    if parts.plan.is_empty() {
        return place(&parts);
    }
    leptos::task::spawn_local(async move {
        let packed = fragment::decoded(&parts.plan).unwrap_or_default();
        match browser::through("DecompressionStream", &packed).await {
            Ok(bytes) => {
                if desk.load(String::from_utf8_lossy(&bytes).into_owned()) {
                    place(&parts);
                }
            }
            Err(_) => desk
                .failed
                .set(Some("The link is damaged: the plan in it cannot be unpacked.".into())),
        }
    });
}
