//! Where the reader looks: the part of a drawing in sight, and how large it is drawn. Pure.

/// The least and the greatest scale, pixels per unit of the drawing.
const LEAST: f64 = 0.001;
const GREATEST: f64 = 2.0;
/// Room left around a drawing that is fitted, pixels.
const MARGIN: f64 = 16.0;

/// The upper left corner in sight, in units of the drawing, and the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Pixels per unit.
    pub scale: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, scale: 1.0 }
    }
}

/// A rectangle of the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Area {
    /// Whether all of `other` lies in it.
    pub fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    /// It with a share of its width and height added on each side.
    pub fn wider(&self, share: f64) -> Self {
        let (dx, dy) = ((self.right - self.left) * share, (self.bottom - self.top) * share);
        Self {
            left: self.left - dx,
            top: self.top - dy,
            right: self.right + dx,
            bottom: self.bottom + dy,
        }
    }
}

impl Camera {
    /// The whole of a drawing, never larger than life; in the middle where there is room.
    pub fn fit((width, height): (f64, f64), (seen_x, seen_y): (f64, f64)) -> Self {
        let room = |seen: f64| (seen - 2.0 * MARGIN).max(1.0);
        let scale =
            (room(seen_x) / width.max(1.0)).min(room(seen_y) / height.max(1.0)).clamp(LEAST, 1.0);
        let x = (width - seen_x / scale) / 2.0;
        // A low drawing stands at the top, where reading begins.
        let y = -MARGIN / scale;
        Self { x, y, scale }
    }

    /// This point of the drawing in the middle.
    pub fn centred((x, y): (f64, f64), (seen_x, seen_y): (f64, f64), scale: f64) -> Self {
        Self { x: x - seen_x / scale / 2.0, y: y - seen_y / scale / 2.0, scale }
    }

    /// What is in sight.
    pub fn area(&self, (seen_x, seen_y): (f64, f64)) -> Area {
        Area {
            left: self.x,
            top: self.y,
            right: self.x + seen_x / self.scale,
            bottom: self.y + seen_y / self.scale,
        }
    }

    /// Moved by pixels.
    pub fn moved(&self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx / self.scale, y: self.y + dy / self.scale, ..*self }
    }

    /// A move by pixels as far as more of a drawing lies that way.
    pub fn left(&self, (dx, dy): (f64, f64), whole: (f64, f64), seen: (f64, f64)) -> (f64, f64) {
        let area = self.area(seen);
        let room = |by: f64, before: f64, behind: f64| {
            by.clamp(-before.max(0.0) * self.scale, behind.max(0.0) * self.scale)
        };
        (room(dx, area.left, whole.0 - area.right), room(dy, area.top, whole.1 - area.bottom))
    }

    /// Larger by a factor; the point under these pixels stays where it is.
    pub fn zoomed(&self, factor: f64, (px, py): (f64, f64)) -> Self {
        let scale = (self.scale * factor).clamp(LEAST, GREATEST);
        let (x, y) = (self.x + px / self.scale, self.y + py / self.scale);
        Self { x: x - px / scale, y: y - py / scale, scale }
    }

    /// The point of the drawing under these pixels.
    pub fn point(&self, (px, py): (f64, f64)) -> (f64, f64) {
        (self.x + px / self.scale, self.y + py / self.scale)
    }

    /// Kept so that some of a drawing stays in sight.
    pub fn kept(&self, (width, height): (f64, f64), (seen_x, seen_y): (f64, f64)) -> Self {
        let (sx, sy) = (seen_x / self.scale, seen_y / self.scale);
        let within = |at: f64, whole: f64, seen: f64| {
            at.clamp((-seen * 0.75).min(0.0), (whole - seen * 0.25).max(0.0))
        };
        Self { x: within(self.x, width, sx), y: within(self.y, height, sy), ..*self }
    }

    /// For an SVG group.
    pub fn transform(&self) -> String {
        format!(
            "translate({:.2} {:.2}) scale({:.5})",
            -self.x * self.scale,
            -self.y * self.scale,
            self.scale
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: (f64, f64) = (1_000.0, 600.0);

    #[test]
    fn fitting_shows_all_and_does_not_enlarge() {
        let camera = Camera::fit((4_000.0, 500.0), SEEN);
        let area = camera.area(SEEN);
        assert!(area.left <= 0.0 && area.right >= 4_000.0 && area.bottom >= 500.0, "{area:?}");
        assert_eq!(Camera::fit((10.0, 10.0), SEEN).scale, 1.0);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let camera = Camera { x: 10.0, y: 20.0, scale: 0.5 };
        let zoomed = camera.zoomed(3.0, (100.0, 50.0));
        assert_eq!(camera.point((100.0, 50.0)), zoomed.point((100.0, 50.0)));
        assert!(camera.zoomed(1e9, (0.0, 0.0)).scale <= GREATEST);
    }

    #[test]
    fn more_lies_only_where_the_drawing_goes_on() {
        let whole = Camera::fit((400.0, 300.0), SEEN);
        assert_eq!(whole.left((9.0, 9.0), (400.0, 300.0), SEEN), (0.0, 0.0));
        let top = Camera { scale: 0.5, ..Camera::default() };
        assert_eq!(top.left((0.0, 9.0), (400.0, 1_900.0), SEEN), (0.0, 9.0));
        assert_eq!(top.left((0.0, 9_000.0), (400.0, 1_900.0), SEEN), (0.0, 350.0));
        assert_eq!(top.left((0.0, -9.0), (400.0, 1_900.0), SEEN), (0.0, 0.0));
        assert_eq!(top.moved(0.0, 5.0).left((0.0, -9.0), (400.0, 1_900.0), SEEN), (0.0, -5.0));
    }

    #[test]
    fn a_drawing_cannot_be_lost() {
        let far = Camera::default().moved(1e7, -1e7).kept((500.0, 500.0), SEEN);
        let area = far.area(SEEN);
        assert!(area.left < 500.0 && area.bottom > 0.0, "{area:?}");
    }
}
