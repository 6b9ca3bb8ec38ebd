//! The gallery: order, size and selection of a run's samples.

use std::collections::BTreeSet;

use super::run_view::{RunView, stepped};

/// The order of the samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they were accepted.
    #[default]
    Index,
    /// The activation of the first unit, greatest first.
    Activation,
    /// Distance to the nearest other sample, greatest first.
    Distinctness,
    /// The step that accepted them.
    Step,
}

impl Order {
    /// The next one.
    pub fn next(self) -> Order {
        match self {
            Order::Index => Order::Activation,
            Order::Activation => Order::Distinctness,
            Order::Distinctness => Order::Step,
            Order::Step => Order::Index,
        }
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Order::Index => "index",
            Order::Activation => "activation",
            Order::Distinctness => "distinctness",
            Order::Step => "step",
        }
    }
}

/// Heights of a picture in rows.
const SIZES: [u16; 5] = [4, 6, 9, 14, 20];

/// What the gallery shows, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GalleryView {
    /// The order.
    pub order: Order,
    /// Samples that were selected.
    pub chosen: BTreeSet<u64>,
    /// Whether hidden samples are shown.
    pub shows_dropped: bool,
    size: usize,
    /// Pictures in a row when it was last drawn.
    pub across: usize,
    /// Rows of pictures on the screen when it was last drawn.
    pub down: usize,
    /// The first row of pictures on the screen.
    pub first_row: usize,
}

impl Default for GalleryView {
    fn default() -> Self {
        GalleryView {
            order: Order::default(),
            chosen: BTreeSet::new(),
            shows_dropped: false,
            size: 2,
            across: 1,
            down: 1,
            first_row: 0,
        }
    }
}

impl GalleryView {
    /// The height of a picture in rows.
    pub fn picture_rows(&self) -> u16 {
        SIZES[self.size]
    }

    /// Makes pictures larger or smaller.
    pub fn resize(&mut self, by: isize) {
        self.size = self.size.saturating_add_signed(by).min(SIZES.len() - 1);
    }

    /// The samples of a run in order, as places in its list.
    pub fn ordered(&self, run: &RunView) -> Vec<usize> {
        let mut places = self.all_ordered(run);
        places.retain(|&place| self.shows(run, place));
        places
    }

    /// The place `by` steps on from the selected one in this order, which need not be shown itself;
    /// none where nothing is shown.
    pub fn step(&self, run: &RunView, by: isize) -> Option<usize> {
        let selected = run.selected_place()?;
        let all = self.all_ordered(run);
        let from = all.iter().position(|&place| place == selected)?;
        let before = all[..from].iter().filter(|&&place| self.shows(run, place));
        let at = before.count();
        let shown = self.ordered(run);
        let to = stepped(at, self.shows(run, selected), by, shown.len());
        shown.get(to).copied()
    }

    fn shows(&self, run: &RunView, place: usize) -> bool {
        self.shows_dropped || !run.marks.dropped.contains(&run.samples[place].index)
    }

    /// The samples of a run in order, hidden ones too.
    fn all_ordered(&self, run: &RunView) -> Vec<usize> {
        let mut places: Vec<usize> = (0..run.samples.len()).collect();
        let activation = |place: &usize| {
            let value = run.samples[*place].activations.first().copied();
            value.map_or(f64::NEG_INFINITY, f64::from)
        };
        let distinctness = |place: &usize| {
            let map = run.map.as_ref();
            map.and_then(|map| map.nearest.get(*place).copied())
                .unwrap_or(0.0)
        };
        match self.order {
            Order::Index => {}
            Order::Activation => places.sort_by(|a, b| activation(b).total_cmp(&activation(a))),
            Order::Distinctness => {
                places.sort_by(|a, b| distinctness(b).total_cmp(&distinctness(a)))
            }
            Order::Step => places.sort_by_key(|&place| (run.samples[place].step, place)),
        }
        places
    }

    /// The samples that an export takes: those selected, else all that are shown.
    pub fn exported(&self, run: &RunView) -> Vec<u64> {
        self.ordered(run)
            .into_iter()
            .map(|place| run.samples[place].index)
            .filter(|index| self.chosen.is_empty() || self.chosen.contains(index))
            .collect()
    }
}
