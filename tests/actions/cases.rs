//! An action in a place, and what has to come of it.

use std::path::{Path, PathBuf};

use invset::run::record::SampleLine;
use invset::run::run_file::RunFile;
use invset::run::{Seen, WorkerState};
use invset::tui::action::{Place, TABLE, Tab};
use invset::tui::app::App;
use invset::tui::effect::Effect;
use invset::tui::message::{Message, RunId};
use invset::tui::overlay::{Menu, Overlay, Prompt};

use crate::story::{Story, press, type_text};

/// The run of the story, and the one beside it.
pub const RUN: RunId = RunId(0);
pub const OTHER: RunId = RunId(1);

pub const SAMPLES: u64 = 12;

#[derive(Clone, Copy)]
pub struct Case {
    pub place: Place,
    pub id: &'static str,
    check: fn(&mut Told),
}

/// The same check in several places.
pub fn in_all(places: &[Place], id: &'static str, check: fn(&mut Told)) -> Vec<Case> {
    let case = |&place| Case { place, id, check };
    places.iter().map(case).collect()
}

pub fn case(place: Place, id: &'static str, check: fn(&mut Told)) -> Vec<Case> {
    in_all(&[place], id, check)
}

impl Case {
    pub fn check(&self) {
        let mut told = Told {
            story: at(self.place),
            id: self.id,
            place: self.place,
            has_acted: false,
        };
        (self.check)(&mut told);
        assert!(told.has_acted, "the case has to act");
    }
}

/// A story in the place of a case.
pub struct Told {
    pub story: Story,
    pub place: Place,
    id: &'static str,
    has_acted: bool,
}

impl Told {
    /// Presses the key of the action; gives the effects of that alone.
    pub fn act(&mut self) -> Vec<Effect> {
        self.has_acted = true;
        let place = self.app().place();
        if self.place != Place::Everywhere {
            assert_eq!(place, self.place, "where the case begins");
        }
        let entry = TABLE.iter().find(|entry| entry.id == self.id);
        let action = entry.unwrap().action;
        let chord = self.app().keymap.shown(place, action);
        let chord = chord.expect("a key").to_string();
        self.press(&chord)
    }

    /// Presses a key; gives the effects of that alone.
    pub fn press(&mut self, chord: &str) -> Vec<Effect> {
        self.story.effects.clear();
        press(&mut self.story, chord);
        std::mem::take(&mut self.story.effects)
    }

    pub fn app(&self) -> &App {
        &self.story.app
    }

    pub fn menu(&self) -> &Menu {
        menu(self.app())
    }

    pub fn prompt(&self) -> &Prompt {
        match self.app().overlays.last() {
            Some(Overlay::Prompt(prompt)) => prompt,
            other => panic!("no prompt: {other:?}"),
        }
    }

    /// The complaint of the latest key.
    pub fn complaint(&self) -> &str {
        complaint(self.app())
    }

    /// The number of the selected sample.
    pub fn sample(&self) -> u64 {
        self.app().run().unwrap().selected().unwrap().index
    }
}

pub fn menu(app: &App) -> &Menu {
    match app.overlays.last() {
        Some(Overlay::Menu(menu)) => menu,
        other => panic!("no menu: {other:?}"),
    }
}

pub fn complaint(app: &App) -> &str {
    match &app.notice {
        Some(notice) if notice.is_problem => &notice.text,
        other => panic!("no complaint: {other:?}"),
    }
}

pub fn path() -> PathBuf {
    PathBuf::from("runs/20261127T101500Z-ankle_boot-0")
}

/// The run.toml of the story with two constraints.
pub fn two_constraints() -> RunFile {
    let mut file: RunFile = toml::from_str(include_str!("../screens/run.toml")).unwrap();
    file.query = vec!["ankle boot in p95..p99.9".into(), "Sneaker in ..4".into()];
    let mut second = file.constraint[0].clone();
    second.unit = "Sneaker".into();
    second.label = Some("Sneaker".into());
    second.index = Some(7);
    (second.low, second.high) = (None, Some(4.0));
    file.constraint.push(second);
    file
}

pub fn sample_line(index: u64) -> SampleLine {
    SampleLine {
        index,
        seed: 1000 + index,
        // Later samples were accepted earlier, so that the order by step is another.
        step: 40_000 - index,
        start: index,
        activations: vec![9.0 + (index * 5 % 7) as f32 * 0.25, 1.0],
        image: format!("images/{index:05}.png"),
        source: None,
        from_start: None,
    }
}

pub fn open_run(story: &mut Story, id: RunId, path: &Path, file: RunFile, shown: bool) {
    story.tell(Message::Run {
        id,
        path: path.to_owned(),
        file: Box::new(file),
        shown,
    });
}

pub fn gone(finished: bool) -> Seen {
    Seen::Worker(WorkerState::Gone { finished })
}

/// A query of two constraints, a run at work with two constraints and twelve samples on a map, another
/// run beside it, and a list of runs.
pub fn rich() -> Story {
    let mut story = Story::new(120, 40);
    story.choose_unit("ankle boot");
    press(&mut story, "/");
    press(&mut story, "ctrl-u");
    type_text(&mut story, "Sneaker");
    press(&mut story, "ctrl-a");
    open_run(&mut story, RUN, &path(), two_constraints(), true);
    story.seen(Seen::Worker(WorkerState::Working {
        pid: 4711,
        writable: true,
    }));
    story.steps(1..=40);
    let lines = (0..SAMPLES).map(sample_line).collect();
    story.seen(Seen::Samples(lines));
    story.map(SAMPLES);
    story.compare_with_another();
    story.catalogue();
    story
}

/// A rich story in a place.
pub fn at(place: Place) -> Story {
    let mut story = rich();
    let keys: &[&str] = match place {
        Place::Search => &["1", "/", "ctrl-u"],
        Place::Units | Place::Everywhere => &["1", "/", "ctrl-u", "esc"],
        Place::Interval => &["1"],
        Place::Constraints => &["1", "tab"],
        Place::Settings => &["1", "tab", "tab"],
        Place::Run => &["2"],
        Place::Gallery => &["3"],
        Place::Map => &["4"],
        Place::Compare => &["5"],
        Place::Runs => &["6"],
        Place::Filter => &["6", "/"],
        Place::Large => &["3", "enter"],
        Place::Help => &["2", "?"],
        Place::Palette => &["2", ":"],
        Place::Question => &["2", "q"],
        Place::Prompt => &["2", "="],
        Place::Themes => &["2", "T"],
        Place::Scores => &["2", "M"],
    };
    for key in keys {
        press(&mut story, key);
    }
    story.app.gallery.across = 4;
    story.app.gallery.down = 2;
    if place != Place::Everywhere {
        assert_eq!(story.app.place(), place);
    }
    story
}

/// Goes to the query screen whatever is open.
pub fn to_tab(story: &mut Story, tab: Tab) {
    story.app.overlays.clear();
    story.app.tab = tab;
}

/// Where the selection of a place stands.
pub fn position(app: &App, place: Place) -> Option<usize> {
    let query = &app.query;
    match place {
        Place::Search | Place::Units => query.found.selected(app.found.len()),
        Place::Interval => Some(query.draft()?.side as usize),
        Place::Constraints => query.constraint.selected(query.constraints.len()),
        Place::Settings => query.settings.cursor.selected(query.settings.shown().len()),
        Place::Run => {
            let knobs = &app.run()?.tuning.knobs;
            knobs.cursor.selected(knobs.shown().len())
        }
        Place::Gallery | Place::Map | Place::Large => app.run()?.selected_place(),
        Place::Compare => app.compare.selected(app.compared.len()),
        Place::Runs | Place::Filter => app.list.cursor.selected(app.list.shown().len()),
        Place::Help | Place::Scores => match app.overlays.last()? {
            Overlay::Help { scroll, .. } | Overlay::Scores { scroll, .. } => Some(*scroll),
            _ => None,
        },
        Place::Palette | Place::Question | Place::Themes => {
            let menu = menu(app);
            menu.cursor.selected(menu.shown().len())
        }
        Place::Everywhere | Place::Prompt => None,
    }
}
