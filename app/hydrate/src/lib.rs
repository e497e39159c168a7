//! The browser's entry. Knows where to start and nothing else.

/// Called by the script that the server's page loads.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
