//! Sort order of tables: `sort=waits` or `sort=-waits` in the query string.

use std::cmp::Ordering;

/// A column: sort key, heading, whether it is numeric.
pub type Column = (&'static str, &'static str, bool);

/// The column of a `sort` parameter, and whether it is descending.
pub fn column(sort: &str) -> (&str, bool) {
    sort.strip_prefix('-').map_or((sort, false), |column| (column, true))
}

/// The value of `aria-sort` for the column.
pub fn direction(id: &str, sort: &str) -> Option<&'static str> {
    match column(sort) {
        (now, false) if now == id => Some("ascending"),
        (now, true) if now == id => Some("descending"),
        _ => None,
    }
}

/// The `sort` parameter of a heading's link. Numbers start descending, text ascending.
pub fn next((id, _, numbers): Column, sort: &str) -> String {
    let down = match direction(id, sort) {
        None => numbers,
        Some(direction) => direction == "ascending",
    };
    format!("{}{id}", if down { "-" } else { "" })
}

/// The ordering, reversed when descending.
pub fn turned(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// The ordering of two numbers, reversed when descending; what is unknown comes last either way.
pub fn numbers(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => turned(a.total_cmp(&b), descending),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// Stable sort. One monomorphised copy serves all types: it saves wasm size.
pub fn sorted<T>(items: Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) -> Vec<T> {
    let mut places: Vec<usize> = (0..items.len()).collect();
    by(&mut places, &mut |a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| items.get_mut(place)?.take()).collect()
}

fn by(places: &mut [usize], compare: &mut dyn FnMut(usize, usize) -> Ordering) {
    places.sort_by(|a, b| compare(*a, *b));
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Column = ("waits", "Waits for", true);
    const ROLE: Column = ("role", "Role", false);

    #[test]
    fn a_heading_turns_the_order_that_holds() {
        assert_eq!(
            [next(WAITS, ""), next(WAITS, "-waits"), next(WAITS, "waits")],
            ["-waits", "waits", "-waits"]
        );
        assert_eq!(
            [next(ROLE, "-waits"), next(ROLE, "role"), next(ROLE, "-role")],
            ["role", "-role", "role"]
        );
        assert_eq!(
            [direction("role", "-role"), direction("role", "role"), direction("role", "waits")],
            [Some("descending"), Some("ascending"), None]
        );
    }

    #[test]
    fn equals_stay_as_they_were() {
        let items = vec![("b", 1), ("a", 2), ("b", 3), ("a", 4)];
        let sorted = sorted(items, |a, b| a.0.cmp(b.0));
        assert_eq!(sorted, [("a", 2), ("a", 4), ("b", 1), ("b", 3)]);
    }
}
