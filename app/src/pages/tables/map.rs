//! The map: each table an area in proportion to its bytes, grouped by database or schema. Positions are percent,
//! so the text keeps its size on every width.

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::shorten::fitted;
use model::tables::Question;
use model::tables::listing::Tile;
use model::tables::treemap::{Rect, squarify};
use model::{ServerId, Unit};

use crate::ui::format;
use crate::ui::table;
use crate::ui::table_links::{full_name, to_table, to_tables};

/// The drawing's units, about as wide and high as it is on a desk in pixels.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 360.0;
/// The strip for a group's name, and the space between groups.
const HEADING: f64 = 18.0;
const MARGIN: f64 = 1.5;
/// A tile or a group that is narrower or lower has no name on it.
const LABEL_WIDTH: f64 = 46.0;
const LABEL_HEIGHT: f64 = 18.0;
/// A character of a name is about so wide.
const CHAR: f64 = 6.6;
/// What areas stand for: the word in the address and what its link says.
const MAPS: [(&str, &str); 4] = [
    ("", "Size"),
    ("indexes", "Indexes"),
    ("dead", "Dead rows"),
    ("reclaimable", "Reclaimable bytes"),
];
/// Shares of dead rows, percent, from which a tile has the next colour.
const STEPS: [f64; 3] = [5.0, 20.0, 50.0];

/// The map with its legend, and the same as a table.
pub fn panel(server: &ServerId, question: &Question, tiles: &[Tile]) -> AnyView {
    let links = MAPS.map(|(word, label)| {
        let to = to_tables(server, &Question { map: word.into(), ..question.clone() });
        let here = (question.map == word).then_some("true");
        view! { <a href=to aria-current=here data-noscroll="">{label}</a> }
    });
    let body = if tiles.is_empty() {
        view! { <p class="empty">"Nothing to draw: what areas would stand for is zero or not known."</p> }.into_any()
    } else {
        view! { {drawing(server, tiles)} {legend()} {values(server, tiles)} }.into_any()
    };
    view! {
        <section class="panel table-map" aria-labelledby="map-title">
            <h2 id="map-title">"Where the bytes are"</h2>
            <nav class="ranges" aria-label="Areas stand for">
                <span class="muted">"Areas stand for"</span>{links.collect_view()}
            </nav>
            {body}
        </section>
    }
    .into_any()
}

/// Tiles by group: by database, or by schema where there is one database only.
fn groups(tiles: &[Tile]) -> Vec<(String, Vec<&Tile>)> {
    let first = tiles.first().map(|tile| tile.datname.as_str());
    let is_one = tiles.iter().all(|tile| Some(tile.datname.as_str()) == first);
    let mut groups: BTreeMap<&str, Vec<&Tile>> = BTreeMap::new();
    for tile in tiles {
        let name = if is_one { tile.nspname.as_str() } else { tile.datname.as_str() };
        groups.entry(name).or_default().push(tile);
    }
    let mut groups: Vec<(String, Vec<&Tile>)> =
        groups.into_iter().map(|(name, tiles)| (name.to_owned(), tiles)).collect();
    groups.sort_by(|(_, a), (_, b)| sum(b).total_cmp(&sum(a)));
    for (_, tiles) in &mut groups {
        tiles.sort_by(|a, b| b.area.total_cmp(&a.area));
    }
    groups
}

fn sum(tiles: &[&Tile]) -> f64 {
    tiles.iter().map(|tile| tile.area).sum()
}

fn drawing(server: &ServerId, tiles: &[Tile]) -> AnyView {
    let groups = groups(tiles);
    let sizes: Vec<f64> = groups.iter().map(|(_, tiles)| sum(tiles)).collect();
    let rects = squarify(&sizes, Rect { width: WIDTH, height: HEIGHT, ..Rect::default() });
    let drawn = groups.iter().zip(rects).map(|((name, tiles), rect)| {
        let named = rect.width >= LABEL_WIDTH && rect.height >= 2.0 * HEADING;
        let room = rect.inside(MARGIN, if named { HEADING } else { 0.0 });
        let areas: Vec<f64> = tiles.iter().map(|tile| tile.area).collect();
        let placed = squarify(&areas, room);
        let drawn = tiles.iter().zip(placed).map(|(one, rect)| tile(server, one, rect));
        let heading = named.then(|| {
            let at = Rect { height: HEADING + MARGIN, ..rect };
            view! { {boxed(at, view! { <text class="group" x="4" y="14">{name.clone()}</text> }.into_any())} }
        });
        view! { {heading} {drawn.collect_view()} }
    });
    view! {
        <svg class="treemap" role="group" aria-label="Tables by size" width="100%" height=format!("{HEIGHT}")>
            {drawn.collect_view()}
        </svg>
    }
    .into_any()
}

/// A drawing of its own at that place, which cuts off what does not fit.
fn boxed(rect: Rect, inner: AnyView) -> AnyView {
    let percent = |part: f64, of: f64| format!("{:.3}%", 100.0 * part / of);
    view! {
        <svg
            x=percent(rect.x, WIDTH)
            y=percent(rect.y, HEIGHT)
            width=percent(rect.width, WIDTH)
            height=percent(rect.height, HEIGHT)
        >{inner}</svg>
    }
    .into_any()
}

fn tile(server: &ServerId, one: &Tile, rect: Rect) -> AnyView {
    let (name, to) = name_and_link(server, one);
    let says = format!(
        "{name} in {}: {}, {}",
        one.datname,
        format::number(one.bytes as f64, Unit::Bytes),
        dead(one)
    );
    let label_text = says.clone();
    let fits = rect.width >= LABEL_WIDTH && rect.height >= LABEL_HEIGHT;
    let chars = ((rect.width - 6.0) / CHAR).max(0.0) as usize;
    let label = fits.then(|| {
        let short = fitted(label_of(one, &name), chars.max(3)).into_owned();
        view! { <text x="4" y="13">{short}</text> }
    });
    let inner = view! {
        <rect class=format!("tile {}", class(one)) width="100%" height="100%"></rect>
        {label}
    };
    boxed(
        rect,
        view! { <a href=to aria-label=label_text><title>{says}</title>{inner}</a> }.into_any(),
    )
}

/// A schema stands above its tables only where there is one database; the name alone says most.
fn label_of<'a>(one: &'a Tile, name: &'a str) -> &'a str {
    if one.relname.is_empty() { name } else { &one.relname }
}

fn name_and_link(server: &ServerId, one: &Tile) -> (String, String) {
    if one.relname.is_empty() {
        let name = format::plural(one.tables as i64, "other table", "other tables");
        let of = Question { database: one.datname.clone(), ..Question::default() };
        return (name, to_tables(server, &of));
    }
    let to = to_table(server, &one.datname, &one.nspname, &one.relname);
    (full_name(&one.nspname, &one.relname), to)
}

fn dead(one: &Tile) -> String {
    match one.dead_percent {
        Some(percent) => format!("{} of its rows dead", format::number(percent, Unit::Percent)),
        None => "no rows known".to_owned(),
    }
}

fn class(one: &Tile) -> &'static str {
    let Some(percent) = one.dead_percent else { return "dead-unknown" };
    let step = STEPS.iter().filter(|step| percent >= **step).count();
    ["dead-0", "dead-1", "dead-2", "dead-3"].get(step).copied().unwrap_or("dead-3")
}

fn legend() -> AnyView {
    let steps = [
        ("dead-0", "below 5\u{a0}%"),
        ("dead-1", "to 20\u{a0}%"),
        ("dead-2", "to 50\u{a0}%"),
        ("dead-3", "above"),
        ("dead-unknown", "no rows known"),
    ];
    let steps = steps.map(|(class, label)| {
        view! { <li><span class=format!("tile-key {class}") aria-hidden="true"></span>{label}</li> }
    });
    view! { <ul class="map-legend"><li class="muted">"Dead rows of all:"</li>{steps.collect_view()}</ul> }
        .into_any()
}

/// The same as a table.
fn values(server: &ServerId, tiles: &[Tile]) -> AnyView {
    let head =
        table::head(&[("Table", false), ("Database", false), ("Size", true), ("Dead rows", true)]);
    let rows = tiles.iter().map(|one| {
        let (name, to) = name_and_link(server, one);
        let share = one.dead_percent.map(|percent| format::number(percent, Unit::Percent));
        view! {
            <tr>
                <th scope="row"><a href=to>{name}</a></th>
                <td>{one.datname.clone()}</td>
                <td class="num">{format::number(one.bytes as f64, Unit::Bytes)}</td>
                <td class="num">{share.unwrap_or_else(|| "–".into())}</td>
            </tr>
        }
    });
    view! {
        <details>
            <summary>"The map as a table"</summary>
            {table::table("The map as a table", head, rows.collect_view())}
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(datname: &str, nspname: &str, area: f64, dead: Option<f64>) -> Tile {
        Tile {
            datname: datname.into(),
            nspname: nspname.into(),
            relname: "t".into(),
            area,
            dead_percent: dead,
            ..Tile::default()
        }
    }

    #[test]
    fn one_database_is_grouped_by_schema_and_several_by_name() {
        let names = |tiles: &[Tile]| {
            groups(tiles).into_iter().map(|(name, tiles)| (name, tiles.len())).collect::<Vec<_>>()
        };
        let one = [tile("d", "a", 1.0, None), tile("d", "b", 5.0, None), tile("d", "b", 1.0, None)];
        assert_eq!(names(&one), [("b".to_owned(), 2), ("a".to_owned(), 1)]);
        let two = [tile("d", "a", 1.0, None), tile("e", "a", 5.0, None)];
        assert_eq!(names(&two), [("e".to_owned(), 1), ("d".to_owned(), 1)]);
    }

    #[test]
    fn unknown_is_not_the_colour_of_none() {
        let of = |dead| class(&tile("d", "s", 1.0, dead));
        let classes = [of(None), of(Some(0.0)), of(Some(5.0)), of(Some(49.0)), of(Some(100.0))];
        assert_eq!(classes, ["dead-unknown", "dead-0", "dead-1", "dead-2", "dead-3"]);
    }
}
