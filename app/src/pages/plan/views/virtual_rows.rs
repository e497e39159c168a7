//! Virtual scrolling: which rows of a long list are rendered. All rows have one height, so only the
//! scroll container is measured.

use leptos::html::Div;
use leptos::prelude::*;

/// Overscan: rows rendered above and below the visible ones.
const OVERSCAN: usize = 12;
/// Visible rows assumed until the container is measured.
const INITIAL_ROWS: usize = 30;

/// Virtual rows of one scroll container.
#[derive(Clone, Copy)]
pub struct VirtualRows {
    /// The scroll container.
    pub element: NodeRef<Div>,
    count: Signal<usize>,
    /// Height of a row, pixels; the same in the stylesheet.
    height: f64,
    /// First visible row, and number of visible rows.
    seen: RwSignal<(usize, usize)>,
}

impl VirtualRows {
    /// Not scrolled yet.
    pub fn new(count: Signal<usize>, height: f64) -> Self {
        Self { element: NodeRef::new(), count, height, seen: RwSignal::new((0, INITIAL_ROWS)) }
    }

    /// Spacer for rows that are not rendered; an SVG height, because the content security policy
    /// forbids inline styles.
    pub fn spacer(self, from: usize, to: usize) -> Option<AnyView> {
        let height = to.saturating_sub(from) as f64 * self.height;
        let svg = move || {
            view! { <svg class="spacer" width="1" height=height.to_string() aria-hidden="true" focusable="false"></svg> }
        };
        (height > 0.0).then(|| svg().into_any())
    }

    /// The range of rows to render, end exclusive.
    pub fn range(self) -> (usize, usize) {
        range(self.seen.get(), self.count.get())
    }

    /// Updates the visible range.
    pub fn update_visible(self) {
        #[cfg(feature = "hydrate")]
        if let Some(element) = self.element.get_untracked() {
            let first = (f64::from(element.scroll_top()) / self.height) as usize;
            let many = (f64::from(element.client_height()) / self.height).ceil() as usize + 1;
            // Small steps are covered by the overscan.
            let (before, had) = self.seen.get_untracked();
            if first.abs_diff(before) >= OVERSCAN / 2 || had != many {
                self.seen.set((first, many));
            }
        }
    }

    /// Scrolls a row into view.
    pub fn scroll_to(self, row: usize) {
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
                rows.update_visible();
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = row;
    }
}

fn range((first, many): (usize, usize), count: usize) -> (usize, usize) {
    let from = first.saturating_sub(OVERSCAN).min(count);
    (from, (first + many + OVERSCAN).min(count))
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
