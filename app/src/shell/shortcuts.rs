//! Keyboard shortcuts, and the dialog that lists them (`?`). `g` and a letter open a page of the route
//! table; all other keys press buttons and move the focus among rows that the page has anyway.

use leptos::prelude::*;

use crate::routes::PAGES;

/// The shortcuts before those of the pages.
const FIRST: [(&str, &str); 2] =
    [("?", "this list"), ("Ctrl K", "command palette: go to a page or server")];

/// The shortcuts after those of the pages.
const LAST: [(&str, &str); 9] = [
    ("/", "filter"),
    ("j k", "next and previous row; Enter opens it"),
    ("[ ]", "earlier and later: by half of the range, on locks by a kept second"),
    ("← →", "on a chart: read its values; with Shift choose a span, Enter shows it"),
    ("t", "on a chart: its values as a table"),
    (
        "c x",
        "cancel or terminate: the selected session, or the first root blocker; shows a preview",
    ),
    ("y", "confirm the preview, if there is exactly one"),
    ("Esc", "close"),
    ("Space", "pause and resume"),
];

/// `g` and the key of a page.
fn page_keys() -> impl Iterator<Item = (String, String)> {
    PAGES.iter().filter_map(|page| {
        let of = if page.is_of_server() { " of the selected server" } else { "" };
        Some((format!("g {}", page.key?), format!("{}{of}", page.label)))
    })
}

/// The dialog that lists the shortcuts.
#[component]
pub fn ShortcutHelp(
    /// The dialog, opened by the top bar and by `?`.
    dialog: NodeRef<leptos::html::Dialog>,
) -> impl IntoView {
    let fixed = |(key, does): (&str, &str)| (key.to_owned(), does.to_owned());
    let rows = FIRST
        .into_iter()
        .map(fixed)
        .chain(page_keys())
        .chain(LAST.into_iter().map(fixed))
        .map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> })
        .collect_view();
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog class="key-list" node_ref=dialog aria-labelledby="key-list-title">
            <h2 id="key-list-title">"Keyboard shortcuts"</h2>
            <dl>{rows}</dl>
            <button type="button" on:click=close>"Close"</button>
        </dialog>
    }
}

/// Adds the `keydown` listener. Does nothing on the server.
#[cfg(not(feature = "hydrate"))]
pub fn listen(_palette: NodeRef<leptos::html::Dialog>, _keys: NodeRef<leptos::html::Dialog>) {}

/// Adds the `keydown` listener, for the lifetime of the tab.
#[cfg(feature = "hydrate")]
pub fn listen(palette: NodeRef<leptos::html::Dialog>, keys: NodeRef<leptos::html::Dialog>) {
    let live = crate::live::Live::get();
    let nav = use_context::<super::navigation::Nav>();
    let navigate = leptos_router::hooks::use_navigate();
    let range = crate::live::range::carried();
    let after_g = StoredValue::new(false);
    let show = |dialog: NodeRef<leptos::html::Dialog>| {
        // `showModal` fails on an open dialog, which is fine.
        dialog.get_untracked().map(|dialog| dialog.show_modal())
    };
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let key = event.key();
        if (event.ctrl_key() || event.meta_key()) && key.eq_ignore_ascii_case("k") {
            event.prevent_default();
            let _ = show(palette);
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() || browser::is_typing(&event) {
            return;
        }
        if after_g.get_value() {
            after_g.set_value(false);
            let server = nav.and_then(|nav| nav.server.get_untracked());
            if let Some(to) = browser::page_address(&key, server.as_ref()) {
                event.prevent_default();
                let to = to + &range.get_untracked();
                navigate(&to, leptos_router::NavigateOptions::default());
            }
            return;
        }
        match key.as_str() {
            "g" => after_g.set_value(true),
            "?" => {
                let _ = show(keys);
            }
            "/" if browser::focus("#filter") => event.prevent_default(),
            "j" => browser::move_row_focus(1),
            "k" => browser::move_row_focus(-1),
            "[" => browser::press_nearest("[data-earlier]"),
            "]" => browser::press_nearest("[data-later]"),
            "c" | "x" if !event.repeat() => browser::press_key(&key),
            "y" if !event.repeat() => browser::press_if_single(&key),
            "Escape" if browser::press(".act-preview [data-close]") => {}
            "Escape" => {
                browser::press("[data-close]");
            }
            " " if !browser::is_native_activation(&event) => {
                event.prevent_default();
                live.paused.update(|paused| *paused = !*paused);
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::document;
    use model::ServerId;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, KeyboardEvent};

    use crate::routes::PAGES;

    fn target_of(event: &KeyboardEvent) -> Option<Element> {
        event.target()?.dyn_into().ok()
    }

    /// Whether the key event is text input or belongs to an open dialog.
    pub fn is_typing(event: &KeyboardEvent) -> bool {
        target_of(event)
            .and_then(|element| element.closest("input, textarea, select, dialog").ok().flatten())
            .is_some()
    }

    /// Whether the key activates the focused element natively (Enter, Space).
    pub fn is_native_activation(event: &KeyboardEvent) -> bool {
        target_of(event)
            .and_then(|element| element.closest("button, summary, a, [role=slider]").ok().flatten())
            .is_some()
    }

    fn find(selector: &str) -> Option<HtmlElement> {
        document().query_selector(selector).ok().flatten()?.dyn_into().ok()
    }

    pub fn focus(selector: &str) -> bool {
        find(selector).is_some_and(|element| element.focus().is_ok())
    }

    /// Clicks the element; false when there is none.
    pub fn press(selector: &str) -> bool {
        find(selector).map(|element| element.click()).is_some()
    }

    /// Clicks the page's own element, else that of the top bar.
    pub fn press_nearest(selector: &str) {
        if !press(&format!("main {selector}")) {
            press(selector);
        }
    }

    /// Clicks the button with that `data-key`: one in the drawer before any other.
    pub fn press_key(key: &str) {
        if !press(&format!(".drawer [data-key={key}]:enabled")) {
            press(&format!("[data-key={key}]:enabled"));
        }
    }

    /// Clicks the button with that `data-key` only when it is unique: a confirmation must not hit a
    /// button that the user does not see.
    pub fn press_if_single(key: &str) {
        let selector = format!("[data-key={key}]:enabled");
        let all = document().query_selector_all(&selector);
        if all.is_ok_and(|all| all.length() == 1) {
            press(&selector);
        }
    }

    /// Moves the focus among the rows of the page's table.
    pub fn move_row_focus(step: i32) {
        let Ok(rows) = document().query_selector_all("[data-row]") else { return };
        let active = document().active_element();
        let now = (0..rows.length())
            .find(|at| rows.item(*at).and_then(|row| row.dyn_into::<Element>().ok()) == active);
        let to = match now {
            Some(at) => (at as i32 + step).clamp(0, rows.length().saturating_sub(1) as i32),
            None => 0,
        };
        if let Some(row) = rows.item(to as u32) {
            // SVG elements can be focused; `web_sys` has no such method on their type.
            let row: HtmlElement = row.unchecked_into();
            // A row that has just gone is no error.
            let _ = row.focus();
        }
    }

    /// The URL that `g` and a letter open.
    pub fn page_address(key: &str, server: Option<&ServerId>) -> Option<String> {
        let key = key.chars().next()?;
        let page = PAGES.iter().find(|page| page.key == Some(key))?;
        page.address(server)
    }
}
