//! What shared buffers hold, on request: a form that JavaScript sends in place, and the answer.

mod functions;
mod result;
#[cfg(feature = "ssr")]
mod submit;

use leptos::prelude::*;
use model::buffer_cache::{BufferCache, Detail};
use model::io::Io;
use model::measure::NotMeasured;
use model::{Latest, ServerId, Unit};
use serde::{Deserialize, Serialize};

use crate::links;
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::reading::empty;
#[cfg(feature = "ssr")]
pub use submit::{CacheForm, submit_cache};

/// Bytes that pg_buffercache copies of each buffer (`docs/limits.md#shared-buffers-by-relation`).
const COPIED_BYTES: f64 = 36.0;

/// What came of asking.
pub type Outcome = Result<BufferCache, NotMeasured>;

/// What the section starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheStart {
    /// Whether the user may ask.
    pub is_allowed: bool,
    /// The database of the connection.
    pub database: String,
    /// What came of a form that was sent without JavaScript.
    pub sent: Option<Outcome>,
}

/// The state of the form.
#[derive(Clone, Copy)]
struct Asking {
    outcome: RwSignal<Option<Outcome>>,
    is_running: RwSignal<bool>,
}

/// The section.
pub fn section(server: &ServerId, start: CacheStart, latest: RwSignal<Latest<Io>>) -> AnyView {
    let state = Asking { outcome: RwSignal::new(start.sent), is_running: RwSignal::new(false) };
    let inner = match start.is_allowed {
        true => form(server, start.database, state),
        false => empty(
            "Your role may not have this server read on request: that takes the permission to explain.",
        ),
    };
    let price = move || latest.with(|l| l.value().and_then(|io| io.state.as_ref().ok()).map(price));
    view! {
        <section class="panel" id="cache" aria-labelledby="cache-title">
            <h2 id="cache-title">"What shared buffers hold"</h2>
            <p>"Nothing is read before you ask for it. " {price}</p>
            {inner}
            <div role="status">
                {move || state.is_running.get().then(|| view! { <p>"It is being read …"</p> })}
                {move || state.outcome.with(|outcome| outcome.as_ref().map(result::outcome))}
            </div>
        </section>
    }
    .into_any()
}

/// What it costs.
fn price(state: &model::io::WalState) -> String {
    let buffers = state.shared_buffers_bytes as f64 / state.block_bytes.max(1) as f64;
    format!(
        "By relation, the server looks at its {} buffers one by one and copies {} of them; the sums copy nothing. It is given up after 15 s.",
        format::grouped(buffers),
        format::number(buffers * COPIED_BYTES, Unit::Bytes)
    )
}

fn form(server: &ServerId, database: String, state: Asking) -> AnyView {
    #[cfg(feature = "hydrate")]
    let submit = live::submit(server, state);
    #[cfg(not(feature = "hydrate"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    let address = format!("{}#cache", links::area(server, "io"));
    let button = |detail: Detail, words: &'static str| {
        view! {
            <button type="submit" name="detail" value=detail.as_str() disabled=move || state.is_running.get()>{words}</button>
        }
    };
    view! {
        <form method="post" action=address class="cache-form" on:submit=submit>
            {form_token()}
            <label>"Database, whose relations are named " <input name="database" value=database autocomplete="off"/></label>
            {button(Detail::Relations, "Read by relation")}
            {button(Detail::Summary, "Read the sums")}
        </form>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod live {
    use leptos::ev::SubmitEvent;
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;

    use super::functions::read_buffer_cache;
    use super::*;

    /// Sends the form in place.
    pub(super) fn submit(server: &ServerId, state: Asking) -> impl Fn(SubmitEvent) + use<> {
        let server = server.clone();
        move |event| {
            event.prevent_default();
            let Some((database, detail)) = fields(&event) else { return };
            let asked = server.clone();
            state.is_running.set(true);
            spawn_local(async move {
                let answer = read_buffer_cache(asked, database, detail).await;
                let _ = state.is_running.try_set(false);
                let outcome = answer.unwrap_or_else(|error| {
                    let message = error.to_string();
                    Err(model::Reason::Nothing { message }.into())
                });
                let _ = state.outcome.try_set(Some(outcome));
            });
        }
    }

    /// The database and what was asked for.
    fn fields(event: &SubmitEvent) -> Option<(String, Detail)> {
        let form = event.target()?.dyn_into::<web_sys::HtmlFormElement>().ok()?;
        let fields = web_sys::FormData::new_with_form(&form).ok()?;
        let database = fields.get("database").as_string().unwrap_or_default();
        Some((database, event.submitter()?.get_attribute("value")?.parse().ok()?))
    }
}
