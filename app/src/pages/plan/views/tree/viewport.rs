//! Viewport of a drawing: position and scale; fit, pan, zoom. Pure.

/// The least and the greatest scale, pixels per unit of the drawing.
const LEAST: f64 = 0.001;
const GREATEST: f64 = 2.0;
/// Margin around a fitted drawing, pixels.
const MARGIN: f64 = 16.0;

/// The upper left visible corner in drawing units, and the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Pixels per unit.
    pub scale: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, scale: 1.0 }
    }
}

/// A rectangle of the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Bounds {
    /// Whether `other` lies within.
    pub fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    /// Expanded on each side by a share of its width and height.
    pub fn expanded(&self, share: f64) -> Self {
        let (dx, dy) = ((self.right - self.left) * share, (self.bottom - self.top) * share);
        Self {
            left: self.left - dx,
            top: self.top - dy,
            right: self.right + dx,
            bottom: self.bottom + dy,
        }
    }
}

impl Viewport {
    /// Fits the whole drawing, never enlarged; centred horizontally.
    pub fn fit((width, height): (f64, f64), (box_width, box_height): (f64, f64)) -> Self {
        let room = |box_size: f64| (box_size - 2.0 * MARGIN).max(1.0);
        let scale = (room(box_width) / width.max(1.0))
            .min(room(box_height) / height.max(1.0))
            .clamp(LEAST, 1.0);
        let x = (width - box_width / scale) / 2.0;
        // Aligned to the top, where reading begins.
        let y = -MARGIN / scale;
        Self { x, y, scale }
    }

    /// Centres a point of the drawing.
    pub fn centred((x, y): (f64, f64), (box_width, box_height): (f64, f64), scale: f64) -> Self {
        Self { x: x - box_width / scale / 2.0, y: y - box_height / scale / 2.0, scale }
    }

    /// The visible rectangle.
    pub fn bounds(&self, (box_width, box_height): (f64, f64)) -> Bounds {
        Bounds {
            left: self.x,
            top: self.y,
            right: self.x + box_width / self.scale,
            bottom: self.y + box_height / self.scale,
        }
    }

    /// Panned by pixels.
    pub fn moved(&self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx / self.scale, y: self.y + dy / self.scale, ..*self }
    }

    /// Limits a pan by pixels to the extent of the drawing.
    pub fn pan_limit(
        &self,
        (dx, dy): (f64, f64),
        whole: (f64, f64),
        box_size: (f64, f64),
    ) -> (f64, f64) {
        let bounds = self.bounds(box_size);
        let room = |by: f64, before: f64, behind: f64| {
            by.clamp(-before.max(0.0) * self.scale, behind.max(0.0) * self.scale)
        };
        (
            room(dx, bounds.left, whole.0 - bounds.right),
            room(dy, bounds.top, whole.1 - bounds.bottom),
        )
    }

    /// Zoomed by a factor; the point under these pixels stays in place.
    pub fn zoomed(&self, factor: f64, (px, py): (f64, f64)) -> Self {
        let scale = (self.scale * factor).clamp(LEAST, GREATEST);
        let (x, y) = (self.x + px / self.scale, self.y + py / self.scale);
        Self { x: x - px / scale, y: y - py / scale, scale }
    }

    /// The point of the drawing under these pixels.
    pub fn point(&self, (px, py): (f64, f64)) -> (f64, f64) {
        (self.x + px / self.scale, self.y + py / self.scale)
    }

    /// Clamped so that a part of the drawing stays visible.
    pub fn clamped(
        &self,
        (width, height): (f64, f64),
        (box_width, box_height): (f64, f64),
    ) -> Self {
        let (sx, sy) = (box_width / self.scale, box_height / self.scale);
        let within = |at: f64, whole: f64, box_size: f64| {
            at.clamp((-box_size * 0.75).min(0.0), (whole - box_size * 0.25).max(0.0))
        };
        Self { x: within(self.x, width, sx), y: within(self.y, height, sy), ..*self }
    }

    /// The `transform` attribute of an SVG group.
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
        let viewport = Viewport::fit((4_000.0, 500.0), SEEN);
        let bounds = viewport.bounds(SEEN);
        assert!(
            bounds.left <= 0.0 && bounds.right >= 4_000.0 && bounds.bottom >= 500.0,
            "{bounds:?}"
        );
        assert_eq!(Viewport::fit((10.0, 10.0), SEEN).scale, 1.0);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let viewport = Viewport { x: 10.0, y: 20.0, scale: 0.5 };
        let zoomed = viewport.zoomed(3.0, (100.0, 50.0));
        assert_eq!(viewport.point((100.0, 50.0)), zoomed.point((100.0, 50.0)));
        assert!(viewport.zoomed(1e9, (0.0, 0.0)).scale <= GREATEST);
    }

    #[test]
    fn more_lies_only_where_the_drawing_goes_on() {
        let whole = Viewport::fit((400.0, 300.0), SEEN);
        assert_eq!(whole.pan_limit((9.0, 9.0), (400.0, 300.0), SEEN), (0.0, 0.0));
        let top = Viewport { scale: 0.5, ..Viewport::default() };
        assert_eq!(top.pan_limit((0.0, 9.0), (400.0, 1_900.0), SEEN), (0.0, 9.0));
        assert_eq!(top.pan_limit((0.0, 9_000.0), (400.0, 1_900.0), SEEN), (0.0, 350.0));
        assert_eq!(top.pan_limit((0.0, -9.0), (400.0, 1_900.0), SEEN), (0.0, 0.0));
        assert_eq!(top.moved(0.0, 5.0).pan_limit((0.0, -9.0), (400.0, 1_900.0), SEEN), (0.0, -5.0));
    }

    #[test]
    fn a_drawing_cannot_be_lost() {
        let far = Viewport::default().moved(1e7, -1e7).clamped((500.0, 500.0), SEEN);
        let bounds = far.bounds(SEEN);
        assert!(bounds.left < 500.0 && bounds.bottom > 0.0, "{bounds:?}");
    }
}
