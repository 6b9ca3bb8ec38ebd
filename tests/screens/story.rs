//! A program whose threads are played by hand: keys are pressed, runs and bundles are told of.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use image::{Rgb, RgbImage};
use invset::bundle::Bundle;
use invset::metrics::{Bandwidth, PairDistances, Scores};
use invset::preview::{Blocks, Colours, Facts, Painters, Picture};
use invset::query::UnitIndex;
use invset::run::history::HistoryLine;
use invset::run::measure::ScoresSoFar;
use invset::run::record::SampleLine;
use invset::run::run_file::RunFile;
use invset::run::snapshot::{Phase, Snapshot};
use invset::run::{DiversityNow, Listed, Marks, RunState, Seen, Standing, WorkerState, defaults};
use invset::runtime::RuntimeRequest;
use invset::sampler::{Finish, RowStatus, Tunables};
use invset::theme::{Depth, Marker, Symbols, Themes};
use invset::tui::app::{App, Start};
use invset::tui::effect::Effect;
use invset::tui::keymap::Keymap;
use invset::tui::message::{Message, OpenBundle, RunId};
use invset::tui::model::measuring::Measuring;
use invset::tui::model::run_view::{EmbeddingMap, Portrait};
use invset::tui::{update, view};
use ndarray::Array2;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

pub const DEPTHS: [Depth; 4] = [Depth::True, Depth::Indexed, Depth::Ansi, Depth::None];

const RUN: RunId = RunId(0);

pub struct Story {
    pub app: App,
    pub effects: Vec<Effect>,
    painters: Painters,
    size: (u16, u16),
}

pub fn themes() -> Vec<String> {
    let themes = Themes::built_in().unwrap();
    themes.names().into_iter().map(str::to_owned).collect()
}

pub fn press(story: &mut Story, chord: &str) {
    story.tell(Message::Key(chord.parse().unwrap()));
}

pub fn type_text(story: &mut Story, text: &str) {
    for character in text.chars() {
        let chord = match character {
            ' ' => "space".to_owned(),
            character => character.to_string(),
        };
        press(story, &chord);
    }
}

impl Story {
    pub fn new(width: u16, height: u16) -> Story {
        let themes = Themes::built_in().unwrap();
        let app = App::new(Start {
            keymap: Keymap::new(&BTreeMap::new()).unwrap(),
            theme: themes.get("night", Depth::True).unwrap(),
            themes,
            symbols: Symbols::new(Marker::Braille, true),
            graphics: "half blocks".to_owned(),
            bundle: "fashion".to_owned(),
            bundles: vec!["scenes64".to_owned(), "fashion".to_owned()],
            manner: defaults::manner(RuntimeRequest::default()),
            root: PathBuf::from("runs"),
            size: (width, height),
        });
        let mut story = Story {
            app,
            effects: Vec::new(),
            painters: Painters::new(&Facts::of_characters(Colours::True), Blocks::Half),
            size: (width, height),
        };
        let bundle = Bundle::open("fashion").unwrap();
        let units = UnitIndex::of(&bundle).unwrap();
        let open = OpenBundle {
            name: "fashion".to_owned(),
            bundle,
            units,
        };
        story.tell(Message::Bundle {
            name: "fashion".to_owned(),
            opened: Ok(Arc::new(open)),
        });
        story
    }

    pub fn tell(&mut self, message: Message) {
        let effects = update(&mut self.app, message);
        self.effects.extend(effects);
    }

    pub fn take_theme(&mut self, name: &str, depth: Depth) {
        self.app.depth = depth;
        self.app.theme = self.app.themes.get(name, depth).unwrap();
    }

    pub fn choose_unit(&mut self, label: &str) {
        type_text(self, label);
        press(self, "enter");
    }

    pub fn run(&mut self) {
        self.run_of("ankle boot");
    }

    pub fn run_of(&mut self, label: &str) {
        let path = PathBuf::from("runs/20261127T101500Z-ankle_boot-0");
        self.tell(Message::Run {
            id: RUN,
            path,
            file: Box::new(run_file(label)),
            shown: true,
        });
        self.seen(Seen::Worker(WorkerState::Working {
            pid: 4711,
            writable: true,
        }));
    }

    pub fn seen(&mut self, seen: Seen) {
        self.tell(Message::Seen { run: RUN, seen });
    }

    /// Steps in which eight rows rise into their interval one after the other.
    pub fn steps(&mut self, steps: RangeInclusive<u64>) {
        let last = *steps.end();
        let lines: Vec<HistoryLine> = steps.map(history_line).collect();
        self.seen(Seen::History(lines));
        self.seen(Seen::Snapshot(Box::new(snapshot(last))));
    }

    pub fn samples(&mut self, count: u64) {
        let lines = (0..count).map(sample_line).collect();
        self.seen(Seen::Samples(lines));
        for sample in 0..count {
            let picture = Arc::new(picture(sample));
            self.tell(Message::Picture {
                run: RUN,
                sample,
                picture,
            });
        }
    }

    pub fn portrait(&mut self, sample: u64) {
        let classes = [
            ("Ankle boot", 0.81),
            ("Sneaker", 0.12),
            ("Sandal", 0.05),
            ("Bag", 0.02),
        ];
        let portrait = Portrait {
            sample,
            classes: classes
                .map(|(label, share)| (label.to_owned(), share))
                .into(),
            channels: (0..64).map(|channel| (channel * 7 % 13) as f32).collect(),
            tensor: "features".to_owned(),
        };
        self.tell(Message::Portrait {
            run: RUN,
            portrait: Arc::new(portrait),
        });
    }

    pub fn map(&mut self, count: u64) {
        let angle = |at: u64| at as f64 * 2.4;
        let points =
            (0..count).map(|at| (at as f64 * angle(at).cos(), at as f64 * angle(at).sin()));
        let map = EmbeddingMap {
            points: points.collect(),
            explained: [0.5, 0.25],
            nearest: (0..count).map(|at| (at * 5 % 7) as f64).collect(),
        };
        self.tell(Message::Map {
            run: RUN,
            map: Arc::new(map),
        });
    }

    /// Scores of the first samples of the run.
    pub fn scores(&mut self, saved: usize) {
        self.scores_of(RUN, saved);
    }

    pub fn scores_of(&mut self, run: RunId, saved: usize) {
        let rows = Array2::from_shape_fn((saved, 4), |(i, j)| ((i * 7 + j * 11) % 13) as f32);
        let pairs = PairDistances::of(rows.view());
        let bandwidth = Some(Bandwidth::of_statistics(9.0));
        let scores = Scores::without_intervals("encoder", rows.view(), &pairs, bandwidth);
        let scores = Ok(Arc::new(ScoresSoFar { saved, scores }));
        self.tell(Message::Scores { run, scores });
    }

    /// What `invset metrics` says of the run.
    pub fn measured(&mut self, measuring: Measuring) {
        self.tell(Message::Measuring {
            run: RUN,
            measuring,
        });
    }

    pub fn compare_with_another(&mut self) {
        let other = RunId(1);
        self.app.compared.push(RUN);
        self.tell(Message::Run {
            id: other,
            path: PathBuf::from("runs/20261126T080000Z-sneaker-0"),
            file: Box::new(run_file("Sneaker")),
            shown: false,
        });
        let lines = (0..3).map(sample_line).collect();
        self.tell(Message::Seen {
            run: other,
            seen: Seen::Samples(lines),
        });
        for sample in 0..3 {
            let picture = Arc::new(picture(sample + 9));
            self.tell(Message::Picture {
                run: other,
                sample,
                picture,
            });
        }
    }

    pub fn catalogue(&mut self) {
        let listed = |name: &str, label: &str, state, n_feasible| Listed {
            path: PathBuf::from("runs").join(name),
            sweep: None,
            file: Some(run_file(label)),
            standing: Standing {
                n_feasible,
                ..Standing::default()
            },
            state,
        };
        let runs = vec![
            listed(
                "20261127T101500Z-ankle_boot-0",
                "ankle boot",
                RunState::Working(4711),
                5,
            ),
            listed(
                "20261126T080000Z-sneaker-0",
                "Sneaker",
                RunState::Ended(Finish::Complete),
                48,
            ),
            listed("20261125T170000Z-bag-3", "Bag", RunState::Resumable, 12),
            listed(
                "broken",
                "Bag",
                RunState::Damaged("run.toml: expected a value".into()),
                0,
            ),
        ];
        self.tell(Message::Catalogue(runs));
    }

    /// Draws the screen.
    pub fn buffer(&mut self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        let (app, painters) = (&mut self.app, &mut self.painters);
        terminal
            .draw(|frame| view::draw(app, frame, painters))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text.
    pub fn text(&mut self) -> String {
        let buffer = self.buffer();
        let area = buffer.area;
        let line = |y| {
            let cells = (area.left()..area.right()).map(|x| buffer[(x, y)].symbol());
            cells.collect::<String>().trim_end().to_owned()
        };
        (area.top()..area.bottom())
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn run_file(label: &str) -> RunFile {
    let mut file: RunFile = toml::from_str(include_str!("run.toml")).unwrap();
    file.constraint[0].label = Some(label.to_owned());
    file.query = vec![format!("{label} in p95..p99.9")];
    file
}

fn value(row: u64, step: u64) -> f32 {
    let target = 9.0 + row as f32 * 0.4;
    target * (1.0 - (-(step as f32) / (6.0 + row as f32)).exp())
}

fn activations(step: u64) -> Vec<Vec<f32>> {
    (0..8).map(|row| vec![value(row, step)]).collect()
}

fn diversity(step: u64) -> DiversityNow {
    let share = 1.0 - (-(step as f64) / 15.0).exp();
    DiversityNow {
        sum_sq: 900.0 * share,
        mean_pairwise: 4.0 * share,
        min_pairwise: 1.5 * share,
        vendi: 1.0 + 5.0 * share,
        rke: 1.0 + 4.0 * share,
        distinct: Some(step.min(7)),
        log_det: -3.0 - 4.0 * share,
        riesz_energy: 0.5 / share,
        n: 8,
    }
}

fn history_line(step: u64) -> HistoryLine {
    if step == 20 {
        return HistoryLine::Event {
            step,
            event: "step size 0.05 -> 0.02".to_owned(),
        };
    }
    HistoryLine::Step {
        step,
        forwards: step * 8,
        n_feasible: step.min(8),
        objective: Some(step as f64),
        seconds: step as f64 * 0.1,
        activations: Some(activations(step)),
        diversity: step.is_multiple_of(5).then(|| diversity(step)),
    }
}

fn snapshot(step: u64) -> Snapshot {
    let file = run_file("ankle boot");
    Snapshot {
        phase: Phase::Running,
        step,
        max_steps: file.settings.max_steps,
        n: file.settings.n as u64,
        n_accepted: 5,
        n_feasible: 6,
        objective: Some(step as f64),
        activations: activations(step),
        rows: vec![RowStatus::Visited; 8],
        best: vec![Some(9.5)],
        redraws: 0,
        tunables: Tunables::of(&file.settings),
        orders: 0,
        diversity: Some(diversity(step)),
        marks: Marks::default(),
        events: 1,
        last_event: None,
        finish: None,
        forwards: step * 8,
        gradients: step * 8,
        seconds: step as f64 * 0.1,
        seconds_in_runtime: step as f64 * 0.095,
    }
}

fn sample_line(index: u64) -> SampleLine {
    SampleLine {
        index,
        seed: 1000 + index,
        step: 20 + index,
        start: index,
        activations: vec![9.0 + (index * 5 % 7) as f32 * 0.25],
        image: format!("images/{index:05}.png"),
        source: None,
        from_start: None,
    }
}

fn picture(sample: u64) -> Picture {
    let level = |value: u64| (value % 256) as u8;
    Picture::Rgb(RgbImage::from_fn(28, 28, |x, y| {
        let (x, y) = (u64::from(x), u64::from(y));
        Rgb([level(x * 9), level(y * 9), level(sample * 40)])
    }))
}
