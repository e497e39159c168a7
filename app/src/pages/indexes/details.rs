//! What is known of one index beside its row: its definition, and what to do about it with the way back.

use leptos::prelude::*;
use model::indexes::listing::Row;
use model::inspect::Asked;
use model::{Finding, ServerId};

use crate::ui::findings::finding_body;
use crate::ui::format;
use crate::ui::index_definition::index_definition;
use crate::ui::table_links::to_page;

/// Definition and findings, folded.
pub fn details(server: &ServerId, row: &Row) -> AnyView {
    let pages = (row.amname == "btree").then(|| {
        let (database, schema) = (row.datname.clone(), row.nspname.clone());
        let asked = Asked { database, schema, name: row.relname.clone(), ..Asked::default() };
        view! { <p><a href=to_page(server, &asked)>"Look at its pages"</a></p> }
    });
    view! {
        <details class="index-details">
            <summary>"Definition" {(!row.findings.is_empty()).then_some(" and what to do")}</summary>
            {index_definition(row)}
            {pages}
            {row.findings.iter().map(finding).collect_view()}
        </details>
    }
    .into_any()
}

/// A finding: its sentence, which names the evidence that is missing, and the statements to do and to undo.
fn finding(finding: &Finding) -> AnyView {
    view! {
        <div class="index-finding">
            <p>{format::unbroken(&finding.message)}</p>
            {finding_body(finding)}
            <p class="rule-link">"Rule " <a href=format!("/rules#{}", finding.rule)>{finding.rule.clone()}</a></p>
        </div>
    }
    .into_any()
}
