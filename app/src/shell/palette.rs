//! Command palette (Ctrl-K): pages and servers by name. Needs JavaScript; everything in it is also
//! a link elsewhere.

use leptos::prelude::*;

use super::navigation::Nav;
use crate::live::range::carried;
use crate::routes::{Group, PAGES};
use crate::ui::keyed::keyed;

/// The `<dialog>` of the palette, opened by `showModal`.
#[component]
pub fn Palette(
    /// The dialog element.
    dialog: NodeRef<leptos::html::Dialog>,
) -> impl IntoView {
    let nav = use_context::<Nav>();
    let text = RwSignal::new(String::new());
    let range = carried();
    let entries = Memo::new(move |_| {
        let range = range.get();
        let with_range = |address: String| format!("{address}{range}");
        let servers = nav.map_or_else(Vec::new, |nav| {
            nav.latest.with(|latest| latest.servers.iter().map(|s| s.id.clone()).collect())
        });
        let here = nav.and_then(|nav| nav.server.get());
        let mut all: Vec<(String, String)> = PAGES
            .iter()
            .filter(|page| !page.is_of_server() && page.group != Group::Hidden)
            .filter_map(|page| Some((page.label.to_owned(), with_range(page.address(None)?))))
            .collect();
        // The pages of the selected server come before those of the others.
        let ordered = here.iter().chain(servers.iter().filter(|id| Some(*id) != here.as_ref()));
        for id in ordered {
            let pages = PAGES.iter().filter(|page| page.is_of_server());
            all.extend(pages.filter_map(|page| {
                Some((format!("{id}: {}", page.label), with_range(page.address(Some(id))?)))
            }));
        }
        let wanted = text.get().to_lowercase();
        all.retain(|(words, _)| {
            wanted.split_whitespace().all(|w| words.to_lowercase().contains(w))
        });
        all.truncate(12);
        all
    });
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        text.set(String::new());
    };
    let navigate = leptos_router::hooks::use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some((_, to)) = entries.get_untracked().into_iter().next() {
            close();
            navigate(&to, leptos_router::NavigateOptions::default());
        }
    };
    view! {
        <dialog class="palette" node_ref=dialog aria-label="Go to">
            <form on:submit=submit>
                <label>
                    <span>"Go to a page or server"</span>
                    <input
                        type="text"
                        autocomplete="off"
                        prop:value=move || text.get()
                        on:input:target=move |event| text.set(event.target().value())
                    />
                </label>
            </form>
            <ul>
                {keyed(
                    move || entries.with(|all| all.iter().map(|(words, to)| format!("{to} {words}")).collect()),
                    move |entry| {
                        let (to, words) = entry.split_once(' ').unwrap_or_default();
                        view! { <li><a href=to.to_owned() on:click=move |_| close()>{words.to_owned()}</a></li> }.into_any()
                    },
                )}
            </ul>
        </dialog>
    }
}
