//! Query parameters of the sessions table (filter, sort, hidden columns, selected session), its
//! headings and column chooser. All are links, so they work without JavaScript.

use leptos::prelude::*;

use super::rows::COLUMNS;
use crate::ui::query_params::QueryParams;
use crate::ui::sort::Column;
use crate::ui::table::sort_heading;

/// The names of the query parameters, in their order in a link.
pub const PARAMS: &[&str] = &["q", "sort", "rows", "hide", "pid"];

/// The query parameters of the table.
#[derive(Clone, Copy)]
pub struct TableParams {
    all: QueryParams,
    /// The filter.
    pub q: Memo<String>,
    /// The sort column, `-` in front for descending.
    pub sort: Memo<String>,
    /// The hidden columns, comma-separated.
    pub hide: Memo<String>,
    /// The selected session.
    pub pid: Memo<String>,
    /// `all` to lift the limit of rows.
    pub rows: Memo<String>,
}

impl TableParams {
    /// A sortable heading.
    pub fn heading(self, column: Column) -> AnyView {
        sort_heading(self.all, column, move || self.sort.get())
    }

    /// The current parameters, as signals.
    pub fn get() -> Self {
        let all = QueryParams::get(PARAMS);
        // Memos: a row is not drawn again because another parameter has changed.
        let part = move |name: &'static str| Memo::new(move |_| all.value(name));
        Self {
            all,
            q: part("q"),
            sort: part("sort"),
            hide: part("hide"),
            pid: part("pid"),
            rows: part("rows"),
        }
    }

    /// The URL with some parameters changed.
    pub fn to(self, changed: &[(&str, &str)]) -> String {
        self.all.to(changed)
    }
}

/// The columns that can be hidden: all but the first, which names the session.
fn optional() -> impl Iterator<Item = (usize, Column)> {
    COLUMNS.into_iter().enumerate().skip(1)
}

fn hides(hide: &str, id: &str) -> bool {
    hide.split(',').any(|hidden| hidden == id)
}

/// The CSS classes that hide these columns: `tables.css` hides them by position.
pub fn hidden(hide: &str) -> String {
    let places = optional().filter(|(_, (id, ..))| hides(hide, id));
    places.map(|(at, _)| format!("hide-{}", at + 1)).collect::<Vec<_>>().join(" ")
}

/// The hidden columns with `id` toggled.
fn turned(hide: &str, id: &str) -> String {
    let stays = optional().filter(|(_, (one, ..))| hides(hide, one) != (*one == id));
    stays.map(|(_, (one, ..))| one).collect::<Vec<_>>().join(",")
}

/// The column chooser.
#[component]
pub fn ColumnChooser(
    /// The query parameters.
    params: TableParams,
) -> impl IntoView {
    let message = move || {
        let gone =
            params.hide.with(|hide| optional().filter(|(_, (id, ..))| hides(hide, id)).count());
        match gone {
            0 => "Columns".to_owned(),
            gone => format!("Columns: {} of {}", COLUMNS.len() - gone, COLUMNS.len()),
        }
    };
    let choice = move |(id, words, _): Column| {
        let shown = move || params.hide.with(|hide| !hides(hide, id));
        let to = move || params.to(&[("hide", &params.hide.with(|hide| turned(hide, id)))]);
        view! {
            <li><a href=to data-noscroll="" class:off=move || !shown()>
                <span class="hidden-words">{move || if shown() { "Hide " } else { "Show " }}</span>
                {words}
            </a></li>
        }
    };
    view! {
        <details class="chooser">
            <summary>{message}</summary>
            <ul>{optional().map(|(_, column)| choice(column)).collect_view()}</ul>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_and_come_back_and_the_first_one_stays() {
        let hide = turned(&turned("", "role"), "client");
        assert_eq!(hide, "role,client");
        assert_eq!(hidden(&hide), "hide-10 hide-11");
        assert_eq!(turned(&hide, "role"), "client");
        assert_eq!(hidden("pid,nonsense"), "");
        assert_eq!(turned("pid,nonsense", "wait"), "wait");
        let style = include_str!("../../../../style/tables.css");
        for place in 2..=COLUMNS.len() {
            assert!(
                style.contains(&format!(".hide-{place} tr >")),
                "style/tables.css hides no {place}"
            );
        }
    }
}
