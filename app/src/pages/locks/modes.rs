//! Lock mode conflict tables (PostgreSQL manual, "Explicit Locking"), with the current pair
//! highlighted.

use leptos::prelude::*;
use model::locks::{LockMode, RowLock};

use super::labels::mode_class;

/// The conflict table of the eight lock modes; `pair` is the requested and the blocking mode.
pub fn conflicts(pair: Option<(LockMode, LockMode)>) -> AnyView {
    let heads = LockMode::ALL
        .map(|mode| view! { <th scope="col"><span>{mode.words()}</span></th> })
        .collect_view();
    let rows = LockMode::ALL.map(|wants| {
        let cells = LockMode::ALL.map(|has| {
            let lit = pair == Some((wants, has));
            let class = match (lit, wants.conflicts(has)) {
                (true, _) => "conflict lit",
                (false, true) => "conflict",
                (false, false) => "",
            };
            let mark = if wants.conflicts(has) { "✕" } else { "" };
            let now = lit.then(|| view! { <span class="hidden-words">" now"</span> });
            view! { <td class=class>{mark} {now}</td> }
        });
        let lit = pair.is_some_and(|(wanted, _)| wanted == wants);
        view! {
            <tr class:lit=lit>
                <th scope="row">
                    <span class=format!("swatch {}", mode_class(wants)) aria-hidden="true"></span>
                    {wants.words()}
                </th>
                {cells.collect_view()}
                <td class="text muted">{wants.taken_by()}</td>
            </tr>
        }
    });
    let message = pair.map_or_else(
        || "A cross marks modes that conflict: they cannot be held on the same table at the same time.".to_owned(),
        |(wants, has)| format!("Now: {} is requested, {} blocks it.", wants.words(), has.words()),
    );
    view! {
        <p class="note">{message}</p>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="modes-title">
            <table class="modes">
                <thead><tr><th scope="col">"requested ╲ existing"</th>{heads}<th scope="col">"acquired by"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The conflict table of the four row locks.
pub fn row_locks() -> AnyView {
    let heads = RowLock::ALL.map(|lock| view! { <th scope="col">{lock.words()}</th> });
    let rows = RowLock::ALL.map(|wants| {
        let cells = RowLock::ALL.map(|has| {
            let conflicts = wants.conflicts(has);
            let class = if conflicts { "conflict" } else { "" };
            view! { <td class=class>{if conflicts { "✕" } else { "" }}</td> }
        });
        view! {
            <tr>
                <th scope="row">{wants.words()}</th>
                {cells.collect_view()}
                <td class="text muted">{wants.taken_by()}</td>
            </tr>
        }
    });
    view! {
        <p class="note">
            "Row locks are stored in the rows, not in the lock table. A session that wants a locked row waits for \
             the transaction that locked it: it requests SHARE on that transaction's ID, which its owner holds in EXCLUSIVE mode. Sessions behind \
             the first waiter wait for a lock of type tuple on the row."
        </p>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="rows-title">
            <table class="modes">
                <thead><tr><th scope="col">"requested ╲ existing"</th>{heads.collect_view()}<th scope="col">"acquired by"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <p class="note">
            <a href="https://www.postgresql.org/docs/current/explicit-locking.html">"The manual: Explicit Locking"</a>
        </p>
    }
    .into_any()
}
