//! Which rows of a long list are in sight. All rows have one height, so nothing is measured but the
//! scrolled box itself.

use leptos::html::Div;
use leptos::prelude::*;

/// Rows drawn above and below those in sight, so that scrolling shows no gaps.
const SPARE: usize = 12;
/// Rows assumed in sight before the box has been measured.
const AT_FIRST: usize = 30;

/// The rows of one box.
#[derive(Clone, Copy)]
pub struct Rows {
    /// The box that scrolls.
    pub element: NodeRef<Div>,
    count: Signal<usize>,
    /// Height of a row, pixels; the style sheet says the same.
    height: f64,
    /// First row in sight and how many there are.
    seen: RwSignal<(usize, usize)>,
}

impl Rows {
    /// None scrolled yet.
    pub fn new(count: Signal<usize>, height: f64) -> Self {
        Self { element: NodeRef::new(), count, height, seen: RwSignal::new((0, AT_FIRST)) }
    }

    /// Room for rows that are not drawn; heights are SVG attributes, for the page's policy allows no
    /// style attributes.
    pub fn spacer(self, from: usize, to: usize) -> Option<AnyView> {
        let height = to.saturating_sub(from) as f64 * self.height;
        let svg = move || {
            view! { <svg class="spacer" width="1" height=height.to_string() aria-hidden="true" focusable="false"></svg> }
        };
        (height > 0.0).then(|| svg().into_any())
    }

    /// The rows to draw: from, and the one behind the last.
    pub fn range(self) -> (usize, usize) {
        range(self.seen.get(), self.count.get())
    }

    /// Notes what is in sight now.
    pub fn look(self) {
        #[cfg(feature = "hydrate")]
        if let Some(element) = self.element.get_untracked() {
            let first = (f64::from(element.scroll_top()) / self.height) as usize;
            let many = (f64::from(element.client_height()) / self.height).ceil() as usize + 1;
            // Small steps are covered by the spare rows.
            let (before, had) = self.seen.get_untracked();
            if first.abs_diff(before) >= SPARE / 2 || had != many {
                self.seen.set((first, many));
            }
        }
    }

    /// Scrolls so that a row is in sight.
    pub fn show(self, row: usize) {
        #[cfg(feature = "hydrate")]
        {
            let rows = self;
            request_animation_frame(move || {
                let Some(element) = rows.element.get_untracked() else { return };
                let (top, height) =
                    (f64::from(element.scroll_top()), f64::from(element.client_height()));
                let at = row as f64 * rows.height;
                if at < top || at + 3.0 * rows.height > top + height {
                    element.set_scroll_top((at - height / 3.0).max(0.0) as i32);
                }
                rows.look();
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = row;
    }
}

fn range((first, many): (usize, usize), count: usize) -> (usize, usize) {
    let from = first.saturating_sub(SPARE).min(count);
    (from, (first + many + SPARE).min(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_draws_few_rows() {
        assert_eq!(range((0, 20), 10_000), (0, 32));
        assert_eq!(range((5_000, 20), 10_000), (4_988, 5_032));
        assert_eq!(range((9_999, 20), 10_000), (9_987, 10_000));
        assert_eq!(range((50, 20), 10), (10, 10));
    }
}
