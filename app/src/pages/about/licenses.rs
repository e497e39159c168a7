//! The licences of what pgdeck is made of: crates of others by licence, collapsed.

use leptos::prelude::*;
use model::ApiError;

use crate::routes::access;
use crate::ui::format;

/// Licence, crate and version in a line each; `cargo xtask licenses write` writes it, a test compares it.
#[cfg(feature = "ssr")]
const LIST: &str = include_str!("licenses.txt");

access! { "/api/licenses" Any(See) }

/// Every licence (an SPDX expression) with the crates under it, each with its version; most crates first.
#[server(prefix = "/api", endpoint = "licenses", output = model::wire::Json)]
pub async fn read_licenses() -> Result<Vec<(String, Vec<String>)>, ApiError> {
    crate::auth::require(model::Permission::See, None)?;
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for line in LIST.lines() {
        let Some((license, package)) = line.split_once('\t') else { continue };
        let package = package.replace('\t', " ");
        // The list is sorted by licence.
        match all.last_mut().filter(|(last, _)| last == license) {
            Some((_, packages)) => packages.push(package),
            None => all.push((license.to_owned(), vec![package])),
        }
    }
    all.sort_by_key(|(_, packages)| std::cmp::Reverse(packages.len()));
    Ok(all)
}

/// The section.
pub fn licenses(all: Vec<(String, Vec<String>)>) -> AnyView {
    let count = all.iter().map(|(_, packages)| packages.len()).sum::<usize>();
    view! {
        <section class="panel" aria-labelledby="licenses">
            <h2 id="licenses">"Licences"</h2>
            <p class="note">
                {format!(
                    "pgdeck is free software under Apache-2.0. It contains {} of others, for the server or for the browser.",
                    format::plural(count as i64, "crate", "crates"),
                )}
            </p>
            {all.into_iter().map(one).collect_view()}
        </section>
    }
    .into_any()
}

fn one((license, packages): (String, Vec<String>)) -> AnyView {
    let count = format::plural(packages.len() as i64, "crate", "crates");
    view! {
        <details class="fold">
            <summary>{format!("{license}: {count}")}</summary>
            <p>{packages.join(", ")}</p>
        </details>
    }
    .into_any()
}
