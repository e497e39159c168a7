//! What holds back the xmin horizon, what that costs, and what makes it let go.

use leptos::prelude::*;
use model::vacuum::{Vacuum, XminHolder};
use model::{ServerId, Unit};

use super::Tables;
use crate::links;
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::number::Age;
use crate::ui::reading::{empty, known, unread};
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 5] = [
    ("Held by", false),
    ("Holds back", false),
    ("By", true),
    ("Open for", true),
    ("To make it let go", false),
];

/// The panel.
pub fn horizon(vacuum: &Vacuum, tables: Option<&Tables>, server: &ServerId) -> AnyView {
    known(&vacuum.xmin_holders, |holders| {
        let list = match (holders.is_empty(), vacuum.xmin_unread.is_empty()) {
            (true, true) => {
                empty("Nothing holds back the xmin horizon: VACUUM can remove every dead row.")
            }
            (true, false) => ().into_any(),
            _ => {
                let rows = holders.iter().map(|holder| row(holder, server)).collect_view();
                table("What holds back the xmin horizon", head(&COLUMNS), rows)
            }
        };
        view! { {cost(tables)} {list} {unread(&vacuum.xmin_unread)} }.into_any()
    })
}

/// How many dead rows there are: the most that the holders can keep.
fn cost(tables: Option<&Tables>) -> Option<AnyView> {
    let dead = &tables?.dead;
    let all: i64 = dead.iter().map(|(_, rows)| rows).sum();
    let most = dead.iter().max_by_key(|(_, rows)| *rows).filter(|(_, rows)| *rows > 0)?;
    let words = format!(
        "Tables have {} dead rows, most of them in database {} ({}). Those that died since the oldest holder began cannot be removed; how many these are is not counted by PostgreSQL.",
        format::grouped(all as f64),
        most.0,
        format::grouped(most.1 as f64)
    );
    Some(view! { <p>{words}</p> }.into_any())
}

fn row(holder: &XminHolder, server: &ServerId) -> AnyView {
    let xids = holder.xids.map(|xids| xids as f64);
    let whose = match (&holder.datname, holder.only_catalogs) {
        (Some(datname), true) => format!("system catalogs, in database {datname}"),
        (None, true) => "system catalogs".to_owned(),
        (Some(datname), false) => format!("rows in database {datname}"),
        (None, false) => "rows in all databases".to_owned(),
    };
    let session = (holder.kind == "session").then_some(holder.pid).flatten().map(|pid| {
        let to = links::area(server, "activity") + &links::query(&[("pid", &pid.to_string())]);
        view! { <p><a href=to>"Open the session, cancel or terminate it"</a></p> }
    });
    let release = holder.release().map(|release| {
        view! {
            <details>
                <summary>"Statement"</summary>
                <CodeBlock text=release.sql/>
                <p class="note">{release.consequence}</p>
                <p class="note">{holder.cost()}</p>
            </details>
        }
    });
    view! {
        <tr>
            <th scope="row">{holder.description()}</th>
            <td class="text">{whose}</td>
            <td class="num" title=xids.map(|xids| format::exact(xids, Unit::Xids))>
                {xids.map_or_else(|| "unknown".into(), |xids| format::number(xids, Unit::Xids))}
            </td>
            <td class="num"><Age ms=holder.since_ms/></td>
            <td class="text">{session} {release}</td>
        </tr>
    }
    .into_any()
}
