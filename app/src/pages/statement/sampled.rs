//! What sampled sessions did while they ran the statement: what they waited for, who they were, their tags.

use leptos::prelude::*;
use model::ServerId;
use model::statements::{Detail, Question};

use crate::ui::format;
use crate::ui::reading::empty;
use crate::ui::statement_links::to_ranking;

/// Shares that are listed of each kind.
const MOST: usize = 10;

/// The section.
pub fn sampled(server: &ServerId, detail: &Detail, question: &Question) -> AnyView {
    let total: f64 = detail.waits.iter().map(|(_, seconds)| seconds).sum();
    let body = if total <= 0.0 {
        empty(
            "No session was seen running it: sessions are looked at once a second, and short statements are met seldom.",
        )
    } else {
        let waits = shares("Waited for", &detail.waits, |_| None);
        let who = detail.who.iter().map(|(what, of)| shares(what, of, |_| None)).collect_view();
        let tags = (!detail.tags.is_empty()).then(|| {
            shares("Tag", &detail.tags, |tag| {
                let narrowed = Question {
                    range: question.range.clone(),
                    from: question.from.clone(),
                    to: question.to.clone(),
                    tag: tag.to_owned(),
                    ..Question::default()
                };
                Some(to_ranking(server, &narrowed))
            })
        });
        view! { <div class="statement-sampled">{waits} {who} {tags}</div> }.into_any()
    };
    let seconds = format::age(total * 1_000.0);
    view! {
        <section class="panel" aria-labelledby="sampled-title">
            <h2 id="sampled-title">"Sessions that ran it"</h2>
            <p class="muted">"From samples of active sessions, one a second: " {seconds} " of sessions in all databases. “CPU” is a session that waits for nothing."</p>
            {body}
        </section>
    }
    .into_any()
}

fn shares(title: &str, of: &[(String, f64)], to: impl Fn(&str) -> Option<String>) -> AnyView {
    let total: f64 = of.iter().map(|(_, seconds)| seconds).sum();
    let rows = of.iter().take(MOST).map(|(name, seconds)| {
        let percent = format::number(100.0 * seconds / total.max(f64::MIN_POSITIVE), model::Unit::Percent);
        let name = match to(name) {
            Some(to) => view! { <a href=to>{name.clone()}</a> }.into_any(),
            None => view! { {name.clone()} }.into_any(),
        };
        view! { <tr><th scope="row">{name}</th><td class="num">{format::age(seconds * 1_000.0)}</td><td class="num">{percent}</td></tr> }
    });
    let more = of.len().saturating_sub(MOST);
    let more = (more > 0).then(|| view! { <p class="muted">"And " {more} " more."</p> });
    view! {
        <div>
            <h3>{title.to_owned()}</h3>
            <table><tbody>{rows.collect_view()}</tbody></table>
            {more}
        </div>
    }
    .into_any()
}
