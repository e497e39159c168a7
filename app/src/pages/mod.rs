//! The pages, each with its server functions beside it.

pub mod about;
pub mod act;
pub mod activity;
pub mod audit;
pub mod columns;
pub mod fleet;
pub mod glossary;
pub mod index;
pub mod indexes;
pub mod inspect;
pub mod io;
pub mod load;
pub mod locks;
pub mod measure;
pub mod not_found;
pub mod overview;
pub mod plan;
pub mod replication;
pub mod rules;
pub mod sign_in;
pub mod statement;
pub mod statements;
pub mod suggestions;
pub mod table;
pub mod tables;
pub mod vacuum;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::ServerId;

/// The server in the URL.
fn server_param() -> Memo<ServerId> {
    let params = use_params_map();
    Memo::new(move |_| {
        ServerId::new(params.with(|params| params.get("server").unwrap_or_default()))
    })
}
