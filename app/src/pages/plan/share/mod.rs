//! Share menu: permalink, report, images, anonymised copy; and the URL fragment that follows view
//! and node.

#[cfg(any(feature = "hydrate", test))]
pub mod export;
#[cfg(any(feature = "hydrate", test))]
pub mod fragment;

use leptos::prelude::*;

use super::analysis::{Analysis, Shared};
#[cfg(feature = "hydrate")]
use super::browser;
use super::code::{SAVE, Save};
use super::state::PlanState;
#[cfg(feature = "hydrate")]
use super::state::View;

/// The menu.
pub fn share(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let said = RwSignal::new(String::new());
    let buttons = Save::ALL.map(|(what, words)| {
        let analysis = analysis.clone();
        let click = move |_| {
            let analysis = analysis.clone();
            SAVE.with(move |code| (code.save)(what, &analysis, state, said));
        };
        view! { <button type="button" on:click=click>{words}</button> }
    });
    view! {
        <details class="plan-share js-only">
            <summary>"Share or save"</summary>
            <div class="plan-actions">
                {buttons.collect_view()}
                <span class="note" role="status">{move || said.get()}</span>
            </div>
        </details>
    }
    .into_any()
}

/// Does what was chosen, and says so.
#[cfg(feature = "hydrate")]
pub fn save(what: Save, analysis: &Shared<Analysis>, state: PlanState, said: RwSignal<String>) {
    if said.is_disposed() {
        return; // The page was left while the code was fetched.
    }
    match what {
        Save::Link => link(state, said),
        Save::Report => report(analysis, said),
        Save::Svg => svg(analysis, state, said),
        Save::Png => png(analysis, state, said),
        Save::Anonymised => anonymised(analysis, state, said),
    }
}

/// Only a browser has a place to save to.
#[cfg(not(feature = "hydrate"))]
pub fn save(_: Save, _: &Shared<Analysis>, _: PlanState, _: RwSignal<String>) {}

#[cfg(feature = "hydrate")]
fn report(analysis: &Shared<Analysis>, said: RwSignal<String>) {
    browser::save("plan.md", "text/markdown", &export::markdown(analysis));
    said.set("Saved as plan.md.".into());
}

#[cfg(feature = "hydrate")]
fn svg(analysis: &Shared<Analysis>, state: PlanState, said: RwSignal<String>) {
    browser::save(
        "plan.svg",
        "image/svg+xml",
        &export::svg(analysis, state.scale.get_untracked()).0,
    );
    said.set("Saved as plan.svg.".into());
}

#[cfg(feature = "hydrate")]
fn png(analysis: &Shared<Analysis>, state: PlanState, said: RwSignal<String>) {
    let (svg, width, height) = export::svg(analysis, state.scale.get_untracked());
    leptos::task::spawn_local(async move {
        let done = browser::save_png("plan.png", &svg, width, height).await;
        said.set(match done {
            Ok(()) => "Saved as plan.png.".into(),
            Err(_) => "This browser cannot draw a picture that large; save the SVG instead.".into(),
        });
    });
}

/// Replaces the plan by an anonymised copy (other names and literals).
#[cfg(feature = "hydrate")]
fn anonymised(analysis: &Shared<Analysis>, state: PlanState, said: RwSignal<String>) {
    let text = plan::write::text(&plan::anonymise(&analysis.plan));
    state.load(text, move |read| {
        if read {
            // The menu is that of the new plan by now.
            let _ = said.try_set("Names and literals are replaced; figures are unchanged.".into());
        }
    });
}

#[cfg(feature = "hydrate")]
fn link(state: PlanState, said: RwSignal<String>) {
    let Some(paste) = state.paste.get_untracked() else { return };
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
        let parts = fragment::Fragment { plan: packed, ..here(state) };
        browser::set_fragment(&parts.write());
        crate::live::event_source::copy(&browser::address());
        said.set(
            "Link copied. It contains the plan itself, readable by anyone who has the link.".into(),
        );
    });
}

/// The fragment for the current view and node; a plan in it is kept.
#[cfg(feature = "hydrate")]
fn here(state: PlanState) -> fragment::Fragment {
    let old = fragment::Fragment::read(&browser::fragment());
    fragment::Fragment {
        view: state.view.get().as_str().to_lowercase(),
        node: state.node.get(),
        plan: old.plan,
    }
}

/// Opens the plan, view and node of the URL fragment, and updates it as they change.
#[cfg(feature = "hydrate")]
pub fn follow_address(state: PlanState) {
    read_address(state);
    let changed = window_event_listener_untyped("hashchange", move |_| read_address(state));
    on_cleanup(move || changed.remove());
    Effect::new(move |before: Option<Option<Shared<super::analysis::ParsedPlans>>>| {
        let paste = state.paste.get();
        let mut parts = here(state);
        if paste.is_some() {
            // Another plan than that of the link.
            if before.is_some_and(|before| before.is_some() && before != paste) {
                parts.plan = String::new();
            }
            browser::set_fragment(&parts.write());
        }
        paste
    });
}

#[cfg(feature = "hydrate")]
fn read_address(state: PlanState) {
    let parts = fragment::Fragment::read(&browser::fragment());
    let place = move |parts: &fragment::Fragment| {
        if let Some(view) = View::from_name(&parts.view) {
            state.view.set(view);
        }
        let nodes = state.analysis.with_untracked(|analysis| {
            analysis.as_ref().map_or(0, |analysis| analysis.plan.nodes.len())
        });
        if let Some(node) = parts.node.filter(|node| *node < nodes) {
            state.show(node);
        }
    };
    if parts.plan.is_empty() {
        // A page that is loaded again has view and node in its address: its plan is the newest here.
        let reloaded = !parts.view.is_empty() && state.paste.with_untracked(Option::is_none);
        if let Some(text) = reloaded.then(super::input::recent::newest).flatten() {
            // Once the page is hydrated: until then it must be what the server has rendered.
            request_animation_frame(move || {
                state.load(text, move |read| {
                    if read {
                        place(&parts);
                    }
                });
            });
            return;
        }
        return place(&parts);
    }
    leptos::task::spawn_local(async move {
        let packed = fragment::decoded(&parts.plan).unwrap_or_default();
        match browser::through("DecompressionStream", &packed).await {
            Ok(bytes) => {
                state.load(String::from_utf8_lossy(&bytes).into_owned(), move |read| {
                    if read {
                        place(&parts);
                    }
                });
            }
            Err(_) => state
                .parse_error
                .set(Some("The link is damaged: the plan in it cannot be unpacked.".into())),
        }
    });
}
