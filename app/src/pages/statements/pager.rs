//! Which rows of the ranking are shown, and links to the pages beside.

use leptos::prelude::*;
use model::ServerId;
use model::statements::question::PAGE_ROWS;
use model::statements::{Question, Ranking};

use crate::ui::format;
use crate::ui::statement_links::to_ranking;

/// Which rows these are, and links to the pages beside.
pub fn pages(server: &ServerId, question: &Question, ranking: &Ranking) -> AnyView {
    if ranking.matching <= ranking.rows.len() {
        return ().into_any();
    }
    let first = ranking.page * PAGE_ROWS;
    let last = first + ranking.rows.len();
    let to = |page: usize| to_ranking(server, &Question { page, ..question.clone() });
    let before = (ranking.page > 0).then(|| {
        let to = to(ranking.page - 1);
        view! { <a href=to rel="prev">"Previous"</a> }
    });
    let after = (last < ranking.matching).then(|| {
        let to = to(ranking.page + 1);
        view! { <a href=to rel="next">"Next"</a> }
    });
    let rows = format!(
        "{} to {} of {}",
        format::grouped(first as f64 + 1.0),
        format::grouped(last as f64),
        format::grouped(ranking.matching as f64)
    );
    view! { <nav class="ranges pages" aria-label="Pages of the ranking">{before} <span class="muted">{rows}</span> {after}</nav> }.into_any()
}
