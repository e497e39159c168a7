//! Page inspector: one page of a table or B-tree drawn byte by byte, its line pointers, row versions and HOT chains,
//! the maps and the TOAST table, each with what it shows of how PostgreSQL stores rows.

mod btree;
mod chains;
mod heap;
mod map;
mod notes;
mod strip;
mod toast;
mod words;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::inspect::{Asked, Content, Inspected, NotInspected};
use model::{ApiError, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::links;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::{empty, why};
use crate::ui::table_links::{full_name, to_page};

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectView {
    /// What is asked for; database and schema are filled in where they are left out.
    asked: Asked,
    /// What was found; None where the address names nothing.
    found: Option<Result<Inspected, NotInspected>>,
}

access! { "/api/inspect" OnServer(Act) }

/// The page in the address, which asks the server.
#[server(prefix = "/api", endpoint = "inspect", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_page(server: ServerId, asked: Asked) -> Result<InspectView, ApiError> {
    use crate::auth;
    auth::require(model::Permission::Act, Some(&server))?;
    let engine = auth::engine()?;
    if asked.name.is_empty() {
        return Ok(InspectView { asked, found: None });
    }
    let (asked, found) = engine.inspect(&server, asked).await;
    Ok(InspectView { asked, found: Some(found) })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M4 2h8l4 4v12H4zM12 2v4h4M7 9h6M7 12h6M7 15h3";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, address) = (server_param(), use_query_map());
    let asked = Memo::new(move |_| {
        address.with(|query| {
            let of = |name| query.get(name).unwrap_or_default();
            Asked {
                database: of("database"),
                schema: of("schema"),
                name: of("name"),
                block: of("block").trim().parse().unwrap_or_default(),
                item: of("item").trim().parse().ok(),
            }
        })
    });
    let start =
        loaded(move || (server.get(), asked.get()), |(server, asked)| read_page(server, asked));
    page("page", start, move |start| body(&server.get_untracked(), start))
}

fn body(server: &ServerId, start: InspectView) -> AnyView {
    let asked = start.asked;
    let found = match &start.found {
        None => empty("Name a table or a B-tree index to see one of its pages."),
        Some(Ok(inspected)) => drawn(server, inspected),
        Some(Err(NotInspected::Unknown(reason))) => why(reason),
        Some(Err(not)) => {
            view! { <p role="alert">{format::unbroken(&not.message())}</p> }.into_any()
        }
    };
    let verdict = match &start.found {
        Some(Ok(inspected)) => sentence(inspected),
        _ => "One block is read when you ask for it, in the session of pgdeck's own role; its headers only, never a value.".to_owned(),
    };
    view! {
        <header class="page-head">
            <h1>"Page inspector of " {server.to_string()}</h1>
            <p class="verdict open">{format::unbroken(&verdict)}</p>
        </header>
        {form(server, asked, start.found.and_then(Result::ok).map(|found| found.blocks))}
        {found}
    }
    .into_any()
}

/// The form, with the blocks beside where they are known.
fn form(server: &ServerId, asked: Asked, blocks: Option<u64>) -> AnyView {
    let address = links::area(server, "inspect");
    let to = |block: u32| to_page(server, &Asked { block, item: None, ..asked.clone() });
    let before = asked.block.checked_sub(1).filter(|_| blocks.is_some());
    let after = asked.block.checked_add(1);
    let after = after.filter(|block| blocks.is_some_and(|all| u64::from(*block) < all));
    let before = before.map(|block| {
        view! { <a href=to(block) rel="prev">{format!("Block {block}")}</a> }
    });
    let after = after.map(|block| {
        view! { <a href=to(block) rel="next">{format!("Block {block}")}</a> }
    });
    let last = blocks.map(|all| all.saturating_sub(1).to_string());
    view! {
        <section class="panel" aria-labelledby="inspect-what">
            <h2 id="inspect-what">"Table or B-tree"</h2>
            <form method="get" action=address class="inspect-what">
                <label>"Database " <input name="database" value=asked.database autocomplete="off"/></label>
                <label>"Schema " <input name="schema" value=asked.schema autocomplete="off"/></label>
                <label>"Table or index " <input name="name" value=asked.name autocomplete="off"/></label>
                <label>"Block " <input name="block" type="number" min="0" max=last value=asked.block.to_string()/></label>
                <button type="submit">"Look"</button>
            </form>
            <nav class="ranges" aria-label="Blocks beside">{before} " " {after}</nav>
        </section>
    }
    .into_any()
}

/// What is on it.
fn drawn(server: &ServerId, inspected: &Inspected) -> AnyView {
    match &inspected.content {
        Content::Heap(page) => heap::panels(server, inspected, page),
        Content::Btree(page) => btree::panels(server, inspected, page),
        Content::BtreeMeta(meta) => btree::meta(server, inspected, meta),
    }
}

/// What the page is, in a sentence.
fn sentence(inspected: &Inspected) -> String {
    let asked = &inspected.asked;
    let free = format::number(f64::from(inspected.header.free_bytes()), Unit::Bytes);
    let kind = match &inspected.content {
        Content::Heap(page) => {
            let versions = page.items.iter().filter(|item| item.tuple.is_some()).count();
            format::plural(versions as i64, "row version", "row versions")
        }
        Content::Btree(page) => {
            let entries = format::plural(page.entries.len() as i64, "entry", "entries");
            format!("{} with {entries}", page.kind_words())
        }
        Content::BtreeMeta(_) => "the metapage".to_owned(),
    };
    format!(
        "Block {} of {}, the last is {}: {kind}, {free} free.",
        asked.block,
        full_name(&asked.schema, &asked.name),
        inspected.blocks.saturating_sub(1)
    )
}
