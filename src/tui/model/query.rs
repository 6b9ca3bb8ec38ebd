//! The query while it is being made: bundle, search, constraints, settings.

use std::path::{Path, PathBuf};

use super::cursor::Cursor;
use super::draft::Draft;
use super::knobs::{Knob, Knobs, Range, Value};
use super::line::Line;
use crate::bundle::{EncoderChoice, EncoderError, Smoothness};
use crate::run::{Manner, Request};
use crate::runtime::DeviceChoice;
use crate::sampler::{MethodKind, Settings, Stop};

/// The parts of the query screen that take keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The search field and its list.
    Units,
    /// The interval of the selected constraint.
    Interval,
    /// All constraints.
    Constraints,
    /// The settings.
    Settings,
}

impl Pane {
    const ALL: [Pane; 4] = [
        Pane::Units,
        Pane::Interval,
        Pane::Constraints,
        Pane::Settings,
    ];

    /// The pane `by` places on.
    pub fn next(self, by: isize) -> Pane {
        let at = Pane::ALL.iter().position(|&pane| pane == self).unwrap_or(0);
        Pane::ALL[(at as isize + by).rem_euclid(Pane::ALL.len() as isize) as usize]
    }
}

/// The query screen's state.
#[derive(Debug, Clone)]
pub struct QueryForm {
    /// Which part takes keys.
    pub pane: Pane,
    /// Whether keys are text of the search field.
    pub is_searching: bool,
    /// What is searched for.
    pub search: Line,
    /// The selected line of what was found.
    pub found: Cursor,
    /// The constraints, which all hold at once.
    pub constraints: Vec<Draft>,
    /// Which of them is edited.
    pub constraint: Cursor,
    /// Removed constraints and where they stood.
    removed: Vec<(usize, Draft)>,
    /// Everything else.
    pub settings: Knobs,
}

/// More constraints than anyone asks for at once.
pub const MOST_CONSTRAINTS: usize = 16;

impl QueryForm {
    /// An empty query with the command line's manner.
    pub fn new(manner: &Manner) -> QueryForm {
        QueryForm {
            pane: Pane::Units,
            is_searching: true,
            search: Line::default(),
            found: Cursor::default(),
            constraints: Vec::new(),
            constraint: Cursor::default(),
            removed: Vec::new(),
            settings: Knobs::new(knobs(manner)),
        }
    }

    /// The constraint that is edited.
    pub fn draft(&self) -> Option<&Draft> {
        self.constraints
            .get(self.constraint.selected(self.constraints.len())?)
    }

    /// The same, to be changed.
    pub fn draft_mut(&mut self) -> Option<&mut Draft> {
        let at = self.constraint.selected(self.constraints.len())?;
        self.constraints.get_mut(at)
    }

    /// Forgets all constraints, also those that could be brought back: they are of another bundle.
    pub fn clear(&mut self) {
        self.constraints.clear();
        self.removed.clear();
    }

    /// Whether no more constraints can be asked for at once.
    pub fn is_full(&self) -> bool {
        self.constraints.len() >= MOST_CONSTRAINTS
    }

    /// Asks for a unit: in place of the selected constraint's, or besides all others, where there is
    /// room.
    pub fn take_unit(&mut self, draft: Draft, besides: bool) {
        if besides && self.is_full() {
            return;
        }
        if besides || self.constraints.is_empty() {
            self.constraint.select(self.constraints.len());
            self.constraints.push(draft);
        } else if let Some(current) = self.draft_mut()
            && current.unit != draft.unit
        {
            *current = draft;
        }
    }

    /// Removes the selected constraint.
    pub fn remove(&mut self) {
        if let Some(at) = self.constraint.selected(self.constraints.len()) {
            let draft = self.constraints.remove(at);
            self.removed.push((at, draft));
        }
    }

    /// Whether there is a removed constraint and room for it.
    pub fn can_restore(&self) -> bool {
        !self.removed.is_empty() && !self.is_full()
    }

    /// Brings back the constraint removed last.
    pub fn restore(&mut self) -> bool {
        if self.is_full() {
            return false;
        }
        let Some((at, draft)) = self.removed.pop() else {
            return false;
        };
        let at = at.min(self.constraints.len());
        self.constraints.insert(at, draft);
        self.constraint.select(at);
        true
    }

    /// Why it cannot be started, if so.
    pub fn problem(&self) -> Option<String> {
        if self.constraints.is_empty() {
            return Some("choose a unit first: type its name, then enter".to_owned());
        }
        if let Err(error) = self.encoder() {
            return Some(error.to_string());
        }
        self.constraints
            .iter()
            .find_map(|draft| Some(format!("{}: {}", draft.name, draft.problem()?)))
    }

    /// What is asked of the program. `manner` gives what has no setting on the screen.
    pub fn request(&self, bundle: &str, manner: &Manner, runs: &Path) -> Request {
        Request {
            bundle: bundle.to_owned(),
            query: self.constraints.iter().map(Draft::text).collect(),
            manner: self.manner(manner),
            out: match self.settings.value("out") {
                Some(Value::Text(path)) if path != AUTOMATIC => Some(PathBuf::from(path)),
                _ => None,
            },
            runs: runs.to_owned(),
        }
    }

    /// The encoder that is typed.
    fn encoder(&self) -> Result<EncoderChoice, EncoderError> {
        match self.settings.value("encoder") {
            Some(Value::Text(text)) => text.parse(),
            _ => Ok(EncoderChoice::Bundle),
        }
    }

    fn manner(&self, manner: &Manner) -> Manner {
        let mut manner = manner.clone();
        let text = |id| match self.settings.value(id) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let whole = |id, or| match self.settings.value(id) {
            Some(&Value::Whole(value)) => value,
            _ => or,
        };
        let number = |id, or| match self.settings.value(id) {
            Some(&Value::Number(value)) => value,
            _ => or,
        };
        let old = manner.settings.clone();
        let method: MethodKind = text("method").parse().unwrap_or(old.method);
        let n = whole("n", old.n as u64) as usize;
        let usual = Settings::new(method, n);
        manner.settings = Settings {
            method,
            n,
            k: whole("k", old.k as u64) as usize,
            seed: whole("seed", old.seed),
            step_size: number("step-size", old.step_size),
            plain_step: number("plain-step", old.plain_step),
            alpha: number("alpha", old.alpha),
            max_steps: whole("max-steps", usual.max_steps),
            stop: text("stop").parse().unwrap_or(old.stop),
            init: text("init"),
            // Nobody has chosen it: each method has its own number of chains.
            chain: if old.chain == Settings::new(old.method, old.n).chain {
                usual.chain
            } else {
                old.chain
            },
            ..old
        };
        manner.encoder = self.encoder().unwrap_or_default();
        // The range of the setting is that of a smoothness.
        manner.smoothness = match self.settings.value("smoothness") {
            Some(&Value::Number(sigma)) => Smoothness::new(sigma).ok(),
            _ => None,
        };
        manner.micro_batch = match self.settings.value("batch") {
            Some(&Value::Whole(batch)) => Some(batch as usize),
            _ => None,
        };
        if let Some(device) = DeviceChoice::ALL
            .into_iter()
            .find(|device| device.name() == text("device"))
        {
            manner.runtime.device = device;
        }
        manner
    }
}

/// How a setting that is left to the program is written where it is a text.
pub const AUTOMATIC: &str = "auto";

fn knobs(manner: &Manner) -> Vec<Knob> {
    let settings = &manner.settings;
    let usual = Settings::new(settings.method, settings.n);
    let choice = |names: Vec<&str>| Range::Choice(names.into_iter().map(str::to_owned).collect());
    let whole = |low, high| Range::Whole {
        low,
        high,
        automatic: false,
        by_ratio: true,
    };
    let automatic = |low, high| Range::Whole {
        low,
        high,
        automatic: true,
        by_ratio: true,
    };
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        Knob::new(
            "method",
            "method",
            "how samples are found",
            choice(MethodKind::ALL.iter().map(|kind| kind.name()).collect()),
            text(settings.method.name()),
        ),
        Knob::new(
            "n",
            "samples n",
            "samples wanted",
            whole(1, 10_000_000),
            Value::Whole(settings.n as u64),
        ),
        Knob::new(
            "k",
            "batch K",
            "samples in a batch of incremental",
            whole(1, 10_000_000),
            Value::Whole(settings.k as u64),
        ),
        Knob::new(
            "stop",
            "stop",
            "when joint ends",
            choice(Stop::ALL.iter().map(|stop| stop.name()).collect()),
            text(settings.stop.name()),
        ),
        Knob::new(
            "step-size",
            "step size",
            "Adam's step, in spreads of the code prior",
            Range::Positive { high: 100.0 },
            Value::Number(settings.step_size),
        ),
        Knob::new(
            "plain-step",
            "plain step",
            "step of incremental, in typical code lengths",
            Range::Positive { high: 100.0 },
            Value::Number(settings.plain_step),
        ),
        Knob::new(
            "alpha",
            "alpha",
            "share of the way to an end that one step may take",
            Range::Share,
            Value::Number(settings.alpha),
        ),
        Knob::new(
            "max-steps",
            "most steps",
            "steps after which the run ends with what it has",
            automatic(1, u64::MAX >> 1),
            if settings.max_steps == usual.max_steps {
                Value::Automatic
            } else {
                Value::Whole(settings.max_steps)
            },
        ),
        Knob::new(
            "seed",
            "seed",
            "the same seed gives the same samples",
            Range::Whole {
                low: 0,
                high: u64::MAX >> 1,
                automatic: false,
                by_ratio: false,
            },
            Value::Whole(settings.seed),
        ),
        Knob::new(
            "encoder",
            "encoder",
            "bundle, pixels, tensor:NAME or FILE.onnx",
            Range::Text,
            text(&manner.encoder.to_string()),
        ),
        Knob::new(
            "init",
            "starts",
            "random, images:DIR or run:RUN",
            Range::Text,
            text(&settings.init),
        ),
        Knob::new(
            "smoothness",
            "smoothness",
            "blur of images that are codes, in pixels",
            Range::Amount {
                high: Smoothness::MOST,
            },
            manner.smoothness.map_or(Value::Automatic, |smoothness| {
                Value::Number(smoothness.sigma())
            }),
        ),
        Knob::new(
            "batch",
            "micro-batch",
            "codes in one run of a network",
            automatic(1, 65_536),
            manner
                .micro_batch
                .map_or(Value::Automatic, |batch| Value::Whole(batch as u64)),
        ),
        Knob::new(
            "device",
            "device",
            "where networks run",
            choice(DeviceChoice::ALL.map(DeviceChoice::name).into()),
            text(manner.runtime.device.name()),
        ),
        Knob::new(
            "out",
            "folder",
            "where the run is written",
            Range::Text,
            text(AUTOMATIC),
        ),
    ]
}
