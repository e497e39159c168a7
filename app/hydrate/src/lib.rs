//! Entry point of the browser's WebAssembly: hydrates the page with `app::start`; a panic calls
//! `app::stopped`.

/// Called by the script that the server's page loads.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        app::stopped();
    }));
    app::start();
}
