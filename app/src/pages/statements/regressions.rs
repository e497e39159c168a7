//! Statements that are not what they were, compared with the same hour of earlier days.

use leptos::prelude::*;
use model::statements::regression::{Cause, Change};
use model::statements::{CauseKind, Figures, Question, Regression, Regressions, Statements};
use model::{Latest, ServerId, Unit};

use crate::ui::format;
use crate::ui::reading::why;
use crate::ui::statement_links::to_statement;

/// The panel, over the newest reading: what changed, and what explains it.
#[component]
pub fn RegressionsPanel(
    /// The reading.
    latest: RwSignal<Latest<Statements>>,
    /// Whose.
    server: ServerId,
) -> impl IntoView {
    let body = move || {
        latest.with(|latest| {
            let statements = latest.value()?;
            Some(match &statements.regressions {
                Ok(regressions) => table(&server, regressions),
                Err(reason) => why(reason).into_any(),
            })
        })
    };
    view! {
        <section class="panel" aria-labelledby="regressions-title">
            <h2 id="regressions-title">"Compared with earlier days"</h2>
            {body}
        </section>
    }
}

fn table(server: &ServerId, regressions: &Regressions) -> AnyView {
    let compared = format!(
        "{} compared with the same hour of {}{}.",
        format::plural(regressions.compared, "statement is", "statements are"),
        format::plural(i64::from(regressions.days), "earlier day", "earlier days"),
        if regressions.without_baseline > 0 {
            format!("; {} ran on too few of them", regressions.without_baseline)
        } else {
            String::new()
        }
    );
    let together = (regressions.slower_together > 0).then(|| {
        format!(
            "{} slower at once without a cause of their own: the machine is.",
            format::plural(regressions.slower_together, "statement is", "statements are")
        )
    });
    let busier = (regressions.busier_together > 0).then(|| {
        format!(
            "{} more often at once, beyond what a busy day explains: the server has more traffic.",
            format::plural(regressions.busier_together, "statement runs", "statements run")
        )
    });
    let renamed = regressions.renamed.then_some(
        "So many statements are new or gone at once that their identities have changed: none is called new or gone.",
    );
    let lines = regressions.found.iter().map(|one| line(server, one)).collect_view();
    let found = (!regressions.found.is_empty()).then(|| {
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label="Changed statements">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Statement"</th>
                            <th scope="col">"Change"</th>
                            <th scope="col" class="num">"Before"</th>
                            <th scope="col" class="num">"Now"</th>
                            <th scope="col">"Explained by"</th>
                            <th scope="col">"Since"</th>
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        }
    });
    view! {
        {found}
        {together.map(|text| view! { <p>{text}</p> })}
        {busier.map(|text| view! { <p>{text}</p> })}
        {renamed.map(|text| view! { <p>{text}</p> })}
        <p class="muted">{compared}</p>
    }
    .into_any()
}

fn line(server: &ServerId, one: &Regression) -> AnyView {
    let to =
        to_statement(server, one.key.queryid, (&one.database, &one.role), &Question::default());
    let whose = format!("{}, role {}", one.database, one.role);
    let number = |figures: Option<Figures>| {
        figures.map_or_else(|| "–".to_owned(), |figures| figure(one.change, figures))
    };
    let causes = one.causes.iter().map(|cause| view! { <p>{explained(cause)}</p> }).collect_view();
    let unmeasured = unmeasured(&one.unmeasured);
    let event = one.event.as_ref().map(|event| {
        let when = format::time_of_day(event.at_ms);
        view! { <p class="muted">{format!("{when} {}", event.title)}</p> }
    });
    view! {
        <tr>
            <th scope="row">
                <a href=to><code>{one.key.queryid}</code></a>
                <p class="muted">{whose}</p>
            </th>
            <td>{one.change.as_str()}</td>
            <td class="num">{number(one.before)}</td>
            <td class="num">{number(one.now)}</td>
            <td>{causes} {unmeasured.map(|text| view! { <p class="muted">{text}</p> })}</td>
            <td>{format::time_of_day(one.since_ms)} {event}</td>
        </tr>
    }
    .into_any()
}

/// The number that changed.
fn figure(change: Change, figures: Figures) -> String {
    match change {
        Change::MoreCalls | Change::New | Change::Gone => {
            format::number(figures.calls_per_s, Unit::PerSecond)
        }
        Change::MoreRows => format::number(figures.rows, Unit::Count),
        Change::MoreBlocks => format::number(figures.blocks, Unit::Count),
        Change::Slower | Change::TooNoisy => format::number(figures.time_ms, Unit::Ms),
    }
}

fn explained(cause: &Cause) -> String {
    format!(
        "{}, {} of it: {} from {} to {}",
        cause.kind,
        format::number(cause.explains_percent, Unit::Percent),
        cause.what,
        format::number(cause.before, cause.unit),
        format::number(cause.now, cause.unit)
    )
}

fn unmeasured(kinds: &[CauseKind]) -> Option<String> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    (!names.is_empty()).then(|| format!("Not recorded: {}", names.join(", ")))
}
