//! What holds back the xmin horizon of a server: sessions, standbys, prepared transactions, slots.

use leptos::prelude::*;
use model::Unit;
use model::vacuum::{Vacuum, XminHolder};

use crate::ui::format;
use crate::ui::number::Age;
use crate::ui::reading::{empty, known, unread};
use crate::ui::term::term;

/// How many are shown: the farthest back decides, the next ones tell what comes after it.
const SHOWN: usize = 5;

/// The holders, farthest back first.
pub fn horizon(vacuum: &Vacuum) -> AnyView {
    let all = &vacuum.xmin_unread;
    known(&vacuum.xmin_holders, |holders| match (holders.is_empty(), all.is_empty()) {
        (true, false) => unread(all),
        _ => view! { {table(holders)} {unread(all)} }.into_any(),
    })
}

fn table(holders: &[XminHolder]) -> AnyView {
    if holders.is_empty() {
        return empty("Nothing holds back the xmin horizon: VACUUM can remove every dead row.");
    }
    let rows = holders.iter().take(SHOWN).map(row).collect_view();
    let more = holders.len().saturating_sub(SHOWN);
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="What holds back the xmin horizon">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Held by"</th>
                        <th scope="col">"Database"</th>
                        <th scope="col" class="num">{term("Holds back xmin by")}</th>
                        <th scope="col" class="num">"Open for"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {(more > 0).then(|| view! { <p class="note">{format!("{more} more hold it back less.")}</p> })}
    }
    .into_any()
}

fn row(holder: &XminHolder) -> AnyView {
    let application = holder
        .name
        .clone()
        .filter(|name| holder.kind == "session" && !name.is_empty())
        .map(|name| format!(" ({name})"));
    let xids = holder.xids.map(|xids| xids as f64);
    view! {
        <tr>
            <th scope="row">{holder.object().to_string()} {application}</th>
            <td class="text">{holder.datname.clone().unwrap_or_default()}</td>
            <td class="num" title=xids.map(|xids| format::exact(xids, Unit::Xids))>
                {xids.map_or_else(|| "unknown".into(), |xids| format::number(xids, Unit::Xids))}
            </td>
            <td class="num"><Age ms=holder.since_ms/></td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Reason;

    fn vacuum(holders: model::Known<Vec<XminHolder>>) -> Vacuum {
        Vacuum {
            databases: vec![],
            ages_unread: vec![],
            xmin_unread: vec![],
            freeze_max_age_xids: 200_000_000,
            multixact_freeze_max_age_xids: 400_000_000,
            xmin_holders: holders,
            prepared_transactions: Ok(0),
            autovacuum: true,
            track_counts: true,
            failsafe_age: 1_600_000_000,
            multixact_failsafe_age: 1_600_000_000,
            multixact_members: None,
            multixact_members_bytes: None,
            burn: Err(Reason::NotYet),
        }
    }

    #[test]
    fn a_hidden_holder_is_unknown_and_a_hostile_name_is_text() {
        let hidden = Reason::Hidden { what: "The xmin".into(), sql: "grant x to y;".into() };
        let shown = |vacuum: Vacuum| Owner::new().with(|| horizon(&vacuum).to_html());
        let part = model::Unread { what: "Replication slots".into(), reason: hidden.clone() };
        let html = shown(vacuum(Err(hidden)));
        assert!(html.contains("hidden") && !html.contains("Nothing holds back"), "{html}");
        let html = shown(Vacuum { xmin_unread: vec![part], ..vacuum(Ok(vec![])) });
        assert!(html.contains("Replication slots") && !html.contains("Nothing holds"), "{html}");
        let slot = XminHolder {
            kind: "slot".into(),
            name: Some("<script>".into()),
            xids: Some(60),
            ..XminHolder::default()
        };
        let html = shown(vacuum(Ok(vec![slot])));
        assert!(html.contains("slot &lt;script&gt;") && html.contains("60"), "{html}");
    }
}
