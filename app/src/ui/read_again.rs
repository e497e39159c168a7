//! A button that asks the server for new readings now: a form, so that it works without JavaScript.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::ServerId;

use crate::links;
use crate::live::Live;
use crate::ui::form_token::form_token;

/// The button. The answer leads back to the page; of a recording nothing can be read again.
#[component]
pub fn ReadAgain(
    /// The server.
    server: ServerId,
) -> impl IntoView {
    let (location, live) = (use_location(), Live::get());
    let action = links::area(&server, "refresh");
    let here = move || {
        let query = location.search.get();
        let query = query.trim_start_matches('?');
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", location.pathname.get())
    };
    view! {
        <form class="read-again" method="post" action=action hidden=move || live.is_recording.get()>
            {form_token()}
            <input type="hidden" name="to" value=here/>
            <button type="submit" title="New readings come within seconds.">"Read again"</button>
        </form>
    }
}
