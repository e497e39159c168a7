//! Navigation: the pages of the route table by group, with badges of open findings. A sidebar on wide
//! screens; a tab bar at the bottom with one menu per group on phones. Groups fold without JavaScript
//! (`<details>`), and a folded group shows the sum of its badges.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::ServerId;

use crate::live::range::carried;
use crate::routes::{Group, PAGES, Page};
use crate::shell::navigation::Nav;
use crate::ui::findings::badge;
use crate::ui::icon::icon_path;

/// The sidebar, and the tab bar of narrow screens.
#[component]
pub fn Sidebar() -> impl IntoView {
    let nav = use_context::<Nav>();
    let path = use_location().pathname;
    let server = move || nav.and_then(|nav| nav.server.get());
    view! {
        <nav class="sidebar" aria-label="Pages">
            <div class="sidebar-scroll">{move || groups(server().as_ref(), path, sidebar_group)}</div>
        </nav>
        <nav class="tabbar" aria-label="Pages">
            {move || groups(server().as_ref(), path, tabbar_group)}
        </nav>
    }
}

type Entries = Vec<(&'static Page, String)>;

fn groups(
    server: Option<&ServerId>,
    path: Memo<String>,
    draw: fn(Group, Entries, Memo<String>) -> AnyView,
) -> AnyView {
    // A page of a server has no address while none is selected.
    let entries = |group| -> Entries {
        let pages = PAGES.iter().filter(|page| page.group == group);
        pages.filter_map(|page| Some((page, page.address(server)?))).collect()
    };
    let top =
        entries(Group::Top).into_iter().map(|(page, to)| entry(page, to, path)).collect_view();
    let headed = Group::HEADED
        .into_iter()
        .map(|group| (group, entries(group)))
        .filter(|(_, entries)| !entries.is_empty())
        .map(|(group, entries)| draw(group, entries, path))
        .collect_view();
    view! { <ul class="nav-top">{top}</ul> {headed} }.into_any()
}

fn sidebar_group(group: Group, entries: Entries, path: Memo<String>) -> AnyView {
    let sum = group_badge(&entries);
    view! {
        <details class="nav-group" open>
            <summary>
                <span class="nav-heading">{group.as_str()}</span>
                <span class="folded-badge">{sum}</span>
            </summary>
            {list(entries, path)}
        </details>
    }
    .into_any()
}

fn tabbar_group(group: Group, entries: Entries, path: Memo<String>) -> AnyView {
    let sum = group_badge(&entries);
    let addresses: Vec<String> = entries.iter().map(|(_, to)| to.clone()).collect();
    let here = move || path.with(|path| addresses.contains(path));
    let details = NodeRef::<leptos::html::Details>::new();
    let close = move |_| {
        if let Some(details) = details.get_untracked() {
            // In the browser only: closes the menu when one of its links is followed.
            let _ = details.remove_attribute("open");
        }
    };
    view! {
        <details class="nav-group" name="tabbar" node_ref=details>
            <summary class:here=here>
                {icon_path(group.icon())}
                <span class="nav-heading">{group.as_str()}</span>
                {sum}
            </summary>
            <div on:click=close>{list(entries, path)}</div>
        </details>
    }
    .into_any()
}

fn list(entries: Entries, path: Memo<String>) -> AnyView {
    let rows = entries.into_iter().map(|(page, to)| entry(page, to, path)).collect_view();
    view! { <ul>{rows}</ul> }.into_any()
}

/// The worst severity and the number of findings of all pages of a group.
fn group_badge(entries: &Entries) -> impl Fn() -> Option<AnyView> + Send + Sync + 'static + use<> {
    let nav = use_context::<Nav>();
    let names: Vec<&'static str> = entries.iter().map(|(page, _)| page.name).collect();
    move || {
        let nav = nav?;
        badge(nav.latest.with(|latest| latest.badge(&names)))
    }
}

fn entry(page: &'static Page, to: String, path: Memo<String>) -> AnyView {
    let nav = use_context::<Nav>();
    let here = {
        let to = to.clone();
        // A page below it, such as one statement's, belongs to it; below the overview are all the others.
        let below = format!("{to}/");
        let has_pages = !page.is_overview() && to != "/";
        move || {
            path.with(|path| match () {
                () if *path == to => Some("page"),
                () if has_pages && path.starts_with(&below) => Some("true"),
                () => None,
            })
        }
    };
    let range = carried();
    let href = move || format!("{to}{}", range.get());
    let count = move || {
        page.is_of_server().then(|| {
            badge(nav.and_then(|nav| {
                nav.latest.with(|latest| match page.is_overview() {
                    true => latest.badge_of_all(),
                    false => latest.badge(&[page.name]),
                })
            }))
        })
    };
    view! {
        <li>
            <a href=href aria-current=here title=page.label>
                {icon_path(page.icon)}
                <span class="nav-label">{page.label}</span>
                {count}
            </a>
        </li>
    }
    .into_any()
}
