//! What is known of the indexes as a whole: totals, databases that could not be read, and whose scans were counted.

use leptos::prelude::*;
use model::Unit;
use model::indexes::Listing;
use model::indexes::listing::DatabaseState;

use crate::ui::format;
use crate::ui::index_scans::considered;
use crate::ui::reading::why;

/// Whether every database was read, with its scans.
pub fn is_known(listing: &Listing) -> bool {
    let known = |one: &DatabaseState| one.indexes.is_ok() && one.track_counts;
    !listing.databases.is_empty() && listing.databases.iter().all(known)
}

/// The verdict without findings: how many indexes there are and what is not known.
pub fn calm(listing: &Listing) -> String {
    let known = listing.databases.iter().filter_map(|one| one.indexes.as_ref().ok());
    let (mut count, mut bytes, mut read) = (0_usize, 0.0, 0_i64);
    for (indexes, size) in known {
        (count, bytes, read) = (count + indexes, bytes + size, read + 1);
    }
    let all = listing.databases.len() as i64;
    let of = match all - read {
        0 => format::plural(read, "database", "databases"),
        _ => format!(
            "{} of {}",
            format::grouped(read as f64),
            format::plural(all, "database", "databases")
        ),
    };
    let indexes = format::plural(count as i64, "index", "indexes");
    format!("{indexes} in {of}, {}.", format::number(bytes, Unit::Bytes))
}

/// What of the address was not understood, and the databases that are not known.
pub fn notes(listing: &Listing) -> AnyView {
    let alerts = listing.notes.iter().cloned();
    let alerts =
        alerts.map(|note| view! { <p class="note" role="alert">{note}</p> }).collect_view();
    let waiting: Vec<&str> = listing
        .databases
        .iter()
        .filter(|one| one.indexes.as_ref().is_err_and(|reason| *reason == model::Reason::NotYet))
        .map(|one| one.datname.as_str())
        .collect();
    let turns = (!waiting.is_empty()).then(|| {
        let names = waiting.join(", ");
        view! { <p class="note">"Databases take turns; not read yet: " {names} "."</p> }
    });
    let unknown = listing.databases.iter().filter_map(|one| {
        let reason = one.indexes.as_ref().err()?;
        (*reason != model::Reason::NotYet).then(|| {
            view! {
                <p class="note">"Indexes of database " <code>{one.datname.clone()}</code> ":"</p>
                {why(reason)}
            }
        })
    });
    let uncounted = listing.databases.iter().filter(|one| !one.track_counts).map(|one| {
        view! { <p class="note">"Scans in database " <code>{one.datname.clone()}</code> " are not counted: track_counts is off."</p> }
    });
    view! { {alerts} {turns} {unknown.collect_view()} {uncounted.collect_view()} }.into_any()
}

/// What the numbers rest on.
pub fn basis(listing: &Listing) -> Option<AnyView> {
    let counted = listing.databases.iter().filter(|one| one.indexes.is_ok() && one.track_counts);
    let since = counted.clone().map(|one| one.counted_since_ms).min_by_key(|ms| ms.unwrap_or(0));
    let since = match since? {
        Some(ms) => format!("Scans are counted since {} at the earliest.", format::moment(ms)),
        None => "Since when scans are counted is not known.".to_owned(),
    };
    view! {
        <section class="statement-facts" aria-label="What these numbers rest on">
            <h2>"What these numbers rest on"</h2>
            <p>{considered(&listing.considered)}</p>
            <p>{since} " A crash of the server or a reset begins them anew."</p>
            <p>"Sizes are those of the last VACUUM, ANALYZE or CREATE INDEX of the index. A partitioned index stands for its parts."</p>
        </section>
    }
    .into_any()
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_was_not_read_is_not_well() {
        let of = |indexes| DatabaseState {
            datname: "a".into(),
            at_ms: 1,
            indexes,
            counted_since_ms: None,
            track_counts: true,
        };
        let mut listing = Listing { databases: vec![of(Ok((2, 8192.0)))], ..Listing::default() };
        assert!(is_known(&listing));
        assert_eq!(calm(&listing), "2 indexes in 1 database, 8\u{a0}KiB.");
        listing.databases.push(of(Err(model::Reason::NotYet)));
        assert!(!is_known(&listing));
        assert!(calm(&listing).starts_with("2 indexes in 1 of 2 databases"));
        assert!(!is_known(&Listing::default()));
    }
}
