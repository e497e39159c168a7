//! Places rectangles whose areas are in proportion to values, as square as can be.

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its top edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Rect {
    fn area(&self) -> f64 {
        self.width * self.height
    }

    /// What remains of it within a margin at each side, and a strip for a heading above.
    pub fn inside(&self, margin: f64, heading: f64) -> Self {
        let width = (self.width - 2.0 * margin).max(0.0);
        let height = (self.height - 2.0 * margin - heading).max(0.0);
        Self { x: self.x + margin, y: self.y + margin + heading, width, height }
    }
}

/// A rectangle within `room` for each value, largest first (Bruls, Huizing and van Wijk, *Squarified Treemaps*,
/// 2000). What is not above zero gets none of the room.
pub fn squarify(values: &[f64], room: Rect) -> Vec<Rect> {
    let values: Vec<f64> =
        values.iter().map(|v| if v.is_finite() { v.max(0.0) } else { 0.0 }).collect();
    let total: f64 = values.iter().sum();
    let mut placed = vec![Rect { x: room.x, y: room.y, ..Rect::default() }; values.len()];
    if total <= 0.0 || room.area() <= 0.0 {
        return placed;
    }
    let scale = room.area() / total;
    let areas: Vec<(usize, f64)> = {
        let areas = values.iter().map(|value| value * scale).enumerate();
        areas.filter(|(_, area)| *area > 0.0).collect()
    };
    let (mut rest, mut begin) = (room, 0);
    while begin < areas.len() {
        let end = row_end(&areas, begin, rest.width.min(rest.height));
        let row = areas.get(begin..end).unwrap_or_default();
        rest = lay(row, rest, &mut placed);
        begin = end;
    }
    placed
}

/// Where the row that begins there ends: as long as another rectangle makes the worst one no longer.
fn row_end(areas: &[(usize, f64)], begin: usize, side: f64) -> usize {
    let mut sum = 0.0;
    let mut best = f64::INFINITY;
    let (mut largest, mut smallest) = (0.0_f64, f64::INFINITY);
    for (end, (_, area)) in areas.iter().enumerate().skip(begin) {
        sum += area;
        largest = largest.max(*area);
        smallest = smallest.min(*area);
        let square = side * side;
        let worst = (square * largest / (sum * sum)).max(sum * sum / (square * smallest));
        if worst > best {
            return end;
        }
        best = worst;
    }
    areas.len()
}

/// Lays a row along the shorter side of `rest`, and gives what is left.
fn lay(row: &[(usize, f64)], rest: Rect, placed: &mut [Rect]) -> Rect {
    let sum: f64 = row.iter().map(|(_, area)| area).sum();
    let is_column = rest.width >= rest.height;
    let side = if is_column { rest.height } else { rest.width };
    let thick = if side > 0.0 { sum / side } else { 0.0 };
    let mut at = 0.0;
    for (place, area) in row {
        let long = if thick > 0.0 { area / thick } else { 0.0 };
        let rect = if is_column {
            Rect { x: rest.x, y: rest.y + at, width: thick, height: long }
        } else {
            Rect { x: rest.x + at, y: rest.y, width: long, height: thick }
        };
        if let Some(own) = placed.get_mut(*place) {
            *own = rect;
        }
        at += long;
    }
    if is_column {
        Rect { x: rest.x + thick, width: (rest.width - thick).max(0.0), ..rest }
    } else {
        Rect { y: rest.y + thick, height: (rest.height - thick).max(0.0), ..rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Rect = Rect { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };

    fn overlap(a: &Rect, b: &Rect) -> f64 {
        let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
        let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
        width.max(0.0) * height.max(0.0)
    }

    #[test]
    fn areas_are_in_proportion_and_nothing_overlaps() {
        let values: Vec<f64> = (1..=60).map(|n| 1_000.0 / f64::from(n)).collect();
        let rects = squarify(&values, ROOM);
        let total: f64 = values.iter().sum();
        for (value, rect) in values.iter().zip(&rects) {
            assert!((rect.area() / ROOM.area() - value / total).abs() < 1e-9, "{rect:?}");
            let inside = rect.x >= ROOM.x - 1e-6
                && rect.y >= ROOM.y - 1e-6
                && rect.x + rect.width <= ROOM.x + ROOM.width + 1e-6
                && rect.y + rect.height <= ROOM.y + ROOM.height + 1e-6;
            assert!(inside, "{rect:?}");
        }
        for (at, one) in rects.iter().enumerate() {
            let others = rects.iter().skip(at + 1);
            assert!(others.map(|other| overlap(one, other)).fold(0.0, f64::max) < 1e-6);
        }
    }

    #[test]
    fn the_example_of_the_paper_is_laid_out_as_there() {
        let rects = squarify(
            &[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0],
            Rect { width: 6.0, height: 4.0, ..Rect::default() },
        );
        let [first, second, third, ..] = rects[..] else { panic!("seven rectangles") };
        assert_eq!(first, Rect { x: 0.0, y: 0.0, width: 3.0, height: 2.0 });
        assert_eq!(second, Rect { x: 0.0, y: 2.0, width: 3.0, height: 2.0 });
        assert!((third.width - 12.0 / 7.0).abs() < 1e-9 && third.x == 3.0);
    }

    #[test]
    fn nothing_and_nonsense_have_no_room() {
        assert!(squarify(&[], ROOM).is_empty());
        for values in [&[0.0, 0.0][..], &[-1.0, f64::NAN], &[f64::INFINITY]] {
            assert!(squarify(values, ROOM).iter().all(|rect| rect.area() == 0.0), "{values:?}");
        }
        let areas: Vec<f64> = squarify(&[5.0, 0.0], ROOM).iter().map(Rect::area).collect();
        assert_eq!(areas, [ROOM.area(), 0.0]);
        assert!(squarify(&[1.0], Rect::default()).iter().all(|rect| rect.area() == 0.0));
    }
}
