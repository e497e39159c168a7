//! One target in the preview of an action: who it is, what it does, what it runs or ran last, and the
//! exact statement that would be sent, or why it is left alone.

use leptos::prelude::*;
use model::action::Previewed;

use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::sql::one_line;

/// Characters of the statement that are shown; its tooltip has twenty times as many.
const STATEMENT_CHARS: usize = 200;

/// The list item of a target.
pub fn target_view(target: &Previewed) -> AnyView {
    let state = target.state.clone().map(|state| match target.state_age_ms {
        Some(ms) => format!("{state} for {}", format::age(ms)),
        None => state,
    });
    let runs = target.state.as_deref() == Some("active");
    let statement = target.query.as_deref().map(|text| {
        let label = if runs { "Runs " } else { "Last ran " };
        let (shown, whole) =
            (one_line(text, STATEMENT_CHARS), one_line(text, 20 * STATEMENT_CHARS));
        view! { <p class="act-statement">{label} <code title=whole>{shown}</code></p> }
    });
    let detail = match &target.refusal {
        None => view! { <CodeBlock text=target.sql.clone()/> }.into_any(),
        Some(refusal) => view! {
            <p class="act-refused"><strong>"Not possible: "</strong>{refusal.message.clone()}</p>
            {refusal.remedy.clone().map(|text| view! { <CodeBlock text/> })}
        }
        .into_any(),
    };
    view! {
        <li>
            <p>
                <strong>{target.object.clone()}</strong> " " {target.who.clone()}
                {state.map(|state| format!("; {state}"))}
            </p>
            {statement}
            {detail}
        </li>
    }
    .into_any()
}
