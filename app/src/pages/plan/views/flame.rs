//! Flame graph: a rectangle per node, its width the share of time; the narrowest are merged into
//! "more".

use leptos::html::Div;
use leptos::prelude::*;
use model::Unit;
use plan::layout::{Flame, Measure, Rect, flame};

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{ms, name, percent, short};
use crate::pages::plan::state::PlanState;
use crate::ui::format;

/// Height of a row, pixels.
const ROW: f64 = 22.0;
/// Width of a label's character, pixels.
const CHARACTER: f64 = 7.2;
/// Maximum of rectangles: beyond it, the narrowest are merged.
const MOST: usize = 900;
/// Overscan, rows.
const OVERSCAN: usize = 10;
/// The shares below which rectangles are merged, tried in this order.
const LEAST: [f64; 6] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05];

/// The view.
pub fn flame_view(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let graph = LEAST.iter().map(|least| flame(&analysis.plan, &analysis.derived, *least));
    let graph = graph.reduce(|a, b| if a.rects.len() <= MOST { a } else { b });
    let Some(graph) = graph.map(Shared::new) else { return ().into_any() };
    let element = NodeRef::<Div>::new();
    let width = RwSignal::new(1_000.0);
    let seen = RwSignal::new((0_usize, 40_usize));
    let look = move || {
        #[cfg(feature = "hydrate")]
        if let Some(element) = element.get_untracked() {
            let first = (f64::from(element.scroll_top()) / ROW) as usize;
            let many = (f64::from(element.client_height()) / ROW) as usize + 1;
            if seen.get_untracked() != (first, many) {
                seen.set((first, many));
            }
        }
    };
    #[cfg(feature = "hydrate")]
    crate::pages::plan::browser::measure(element, move |(w, _)| {
        // Space for the scroll bar.
        width.set((w - 18.0).max(200.0));
        look();
    });
    let deepest = graph.rects.iter().map(|rect| rect.depth).max().unwrap_or(0);
    let height = (deepest + 1) as f64 * ROW;
    let rects = {
        let (graph, analysis) = (graph.clone(), analysis.clone());
        move || {
            let (first, many) = seen.get();
            let rows = first.saturating_sub(OVERSCAN)..first + many + OVERSCAN;
            graph
                .rects
                .iter()
                .filter(|rect| rows.contains(&rect.depth))
                .map(|rect| one(rect, &analysis, width.get(), state))
                .collect_view()
        }
    };
    let keys = {
        let analysis = analysis.clone();
        move |event: leptos::ev::KeyboardEvent| on_arrow_key(&event, &analysis, state)
    };
    view! {
        <p class="note">{message(&graph)}</p>
        <div
            class="plan-flame"
            tabindex="0"
            role="group"
            aria-label="Flame graph. Arrow keys move to the parent, a child or a sibling; Enter opens the node. The table view shows the same data."
            node_ref=element
            on:scroll=move |_| look()
            on:keydown=keys
        >
            <svg width=move || width.get() height=height aria-hidden="true" focusable="false">{rects}</svg>
        </div>
    }
    .into_any()
}

fn message(graph: &Flame) -> String {
    let whole = match graph.measure {
        Measure::Time => format!("time, {} in total", format::number(graph.whole, Unit::Ms)),
        Measure::Cost => format!(
            "cost, because nothing was timed, {} in total",
            format::grouped(graph.whole.round())
        ),
        Measure::Nodes => {
            format!("number of nodes, {} in total", format::grouped(graph.whole))
        }
    };
    format!("Width is {whole}. A bar's uncovered part is the node's own.")
}

fn one(rect: &Rect, analysis: &Shared<Analysis>, width: f64, state: PlanState) -> AnyView {
    let (x, y) = (rect.x0 * width, rect.depth as f64 * ROW);
    let w = ((rect.x1 - rect.x0) * width - 1.0).max(0.5);
    let node = rect.node.or(rect.parent).unwrap_or(0);
    let own = rect.node.and_then(|at| analysis.node(at));
    let label = match own {
        Some((printed, _)) => name(printed),
        None => format!("{} more", format::grouped(rect.nodes as f64)),
    };
    let hover = match own {
        Some((_, own)) => format!("{label}: total {}, self {}", ms(own.total_ms), ms(own.self_ms)),
        None => format!("{label}, {} together", percent(rect.x1 - rect.x0)),
    };
    let fits = (w / CHARACTER) as usize;
    let text = (fits >= 4).then(|| {
        view! { <text x=x + 4.0 y=y + 15.0>{short(&label, fits.saturating_sub(1)).into_owned()}</text> }
    });
    let class = {
        let (analysis, known) = (analysis.clone(), rect.node);
        move || {
            let heat = known.and_then(|at| analysis.heat(state.scale.get(), at));
            let heat = heat.map_or_else(|| "heat-none".to_owned(), |heat| format!("heat-{heat}"));
            let here = known.is_some() && state.node.get() == known;
            format!("plan-rect {heat}{}", if here { " here" } else { "" })
        }
    };
    let open = move |_| {
        state.open_node(node);
    };
    view! {
        <g class=class on:click=open>
            <rect x=x y=y width=w height=ROW - 2.0 rx="2"><title>{hover}</title></rect>
            {text}
        </g>
    }
    .into_any()
}

/// Arrow keys move among nodes.
fn on_arrow_key(event: &leptos::ev::KeyboardEvent, analysis: &Analysis, state: PlanState) {
    let Some(at) = state.node.get_untracked() else { return };
    let parent = analysis.plan.nodes.get(at).and_then(|node| node.parent);
    let beside = |step: isize| {
        let all: Vec<usize> =
            parent.map(|above| analysis.children(above).collect()).unwrap_or_default();
        let now = all.iter().position(|one| *one == at)?;
        all.get(now.checked_add_signed(step)?).copied()
    };
    let to = match event.key().as_str() {
        "ArrowUp" => parent,
        "ArrowDown" => analysis.children(at).next(),
        "ArrowLeft" => beside(-1),
        "ArrowRight" => beside(1),
        "Enter" => {
            event.prevent_default();
            return crate::pages::plan::views::panel::open(state);
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(to) = to {
        state.show(to);
    }
}
