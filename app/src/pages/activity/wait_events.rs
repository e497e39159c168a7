//! What sessions wait for now, by name and with its meaning: busy sessions first, idle clients and
//! processes of the server apart.

use leptos::prelude::*;
use model::Latest;
use model::activity::Activity;
use model::activity::wait_events::{WaitEvent, Waiter};

use crate::ui::colors;
use crate::ui::format;
use crate::ui::panel::{Found, panel};
use crate::ui::reading::empty;
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 4] =
    [("Class", false), ("Wait event", false), ("Sessions", true), ("Meaning", false)];

/// The panel.
pub fn wait_events(latest: RwSignal<Latest<Activity>>) -> AnyView {
    let found: Found<Vec<WaitEvent>> =
        Memo::new(move |_| latest.with(|l| l.value().map(|activity| activity.wait_events.clone())));
    panel(found, move |events| {
        let busy = Memo::new(move |_| events.with(|all| any(all, |w| w == Waiter::Busy)));
        let rest = Memo::new(move |_| events.with(|all| any(all, |w| w != Waiter::Busy)));
        view! {
            {move || if busy.get() {
                table("Wait events of busy sessions", head(&COLUMNS), move || rows(events, |w| w == Waiter::Busy))
            } else {
                empty("No session is busy, so none waits.")
            }}
            {move || rest.get().then(|| view! {
                <details>
                    <summary>"Idle clients and background processes"</summary>
                    {table("Wait events of idle clients and background processes", head(&COLUMNS), move || rows(events, |w| w != Waiter::Busy))}
                </details>
            })}
        }
        .into_any()
    })
}

type Which = fn(Waiter) -> bool;

fn any(events: &[WaitEvent], which: Which) -> bool {
    events.iter().any(|event| which(event.waiter))
}

fn rows(events: Signal<Vec<WaitEvent>>, which: Which) -> Vec<AnyView> {
    events.with(|all| all.iter().filter(|event| which(event.waiter)).map(row).collect())
}

fn row(event: &WaitEvent) -> AnyView {
    view! {
        <tr>
            <td class="text">
                <span class=format!("swatch {}", colors::wait_class(&event.class)) aria-hidden="true"></span>
                {event.class.clone()}
            </td>
            <th scope="row">{event.event.clone().unwrap_or_else(|| "none".into())}</th>
            <td class="num">{format::grouped(event.sessions as f64)}</td>
            <td class="text">
                {event.description.clone().unwrap_or_else(|| "Not one of PostgreSQL's own up to version 18: an extension defines it".into())}
            </td>
        </tr>
    }
    .into_any()
}
