//! The state of the program: all that the screens are drawn from.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use super::action::{Place, Tab};
use super::keymap::Keymap;
use super::message::{OpenBundle, RunId};
use super::model::cursor::Cursor;
use super::model::gallery::GalleryView;
use super::model::line::Line;
use super::model::query::QueryForm;
use super::model::run_view::RunView;
use super::model::runs::RunsView;
use super::overlay::Overlay;
use super::target::Targets;
use crate::machine::Gpu;
use crate::query::Found;
use crate::run::{Manner, Request};
use crate::runtime::RuntimeRequest;
use crate::theme::{Depth, Symbols, Theme, Themes};

/// A line about what just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub text: String,
    /// Whether something went wrong.
    pub is_problem: bool,
}

/// The bundle that is asked.
#[derive(Clone)]
pub enum BundleState {
    /// It is being opened.
    Opening(String),
    /// It is ready.
    Open(Arc<OpenBundle>),
    /// It could not be opened.
    Failed {
        /// Its name.
        name: String,
        /// Why not.
        reason: String,
    },
}

impl BundleState {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            BundleState::Opening(name) | BundleState::Failed { name, .. } => name,
            BundleState::Open(open) => &open.name,
        }
    }

    /// The bundle, once it is ready.
    pub fn open(&self) -> Option<&OpenBundle> {
        match self {
            BundleState::Open(open) => Some(open),
            _ => None,
        }
    }
}

/// Everything.
pub struct App {
    /// The screen that is shown.
    pub tab: Tab,
    /// What lies over it; the last has the keys.
    pub overlays: Vec<Overlay>,
    /// Which chord does what.
    pub keymap: Keymap,
    /// All themes.
    pub themes: Themes,
    /// The one in use.
    pub theme: Theme,
    /// Colours that the terminal shows.
    pub depth: Depth,
    /// Characters that it shows.
    pub symbols: Symbols,
    /// How pictures are drawn, in words.
    pub graphics: String,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The bundle that is asked.
    pub bundle: BundleState,
    /// Names of the bundles that can be chosen.
    pub bundles: Vec<String>,
    /// The query.
    pub query: QueryForm,
    /// The units that answer its search.
    pub found: Vec<Found>,
    /// What the command line gave, for all that has no setting on the screen.
    pub manner: Manner,
    /// The open runs, in the order they were opened.
    pub runs: Vec<(RunId, RunView)>,
    /// The one that the run screen, the gallery and the map show.
    pub current: Option<RunId>,
    /// The runs that are compared.
    pub compared: Vec<RunId>,
    /// The runs whose scores are kept up to date.
    pub scored: Vec<RunId>,
    /// Where the comparison is scrolled to.
    pub compare: Cursor,
    /// The gallery's order and selection.
    pub gallery: GalleryView,
    /// The list of all runs.
    pub list: RunsView,
    /// Where runs are.
    pub root: PathBuf,
    /// The latest line about what happened.
    pub notice: Option<Notice>,
    /// The GPU, where there is one.
    pub gpu: Option<Gpu>,
    /// The search field of the help.
    pub help: Line,
    /// Where things stand in the latest frame, for the mouse.
    pub targets: RefCell<Targets>,
    /// Whether a run was asked for and is being made.
    pub is_starting: bool,
}

/// What an [`App`] starts with.
pub struct Start {
    /// Which chord does what.
    pub keymap: Keymap,
    /// All themes.
    pub themes: Themes,
    /// The one to begin with.
    pub theme: Theme,
    /// Characters that the terminal shows.
    pub symbols: Symbols,
    /// How pictures are drawn, in words.
    pub graphics: String,
    /// The bundle to begin with.
    pub bundle: String,
    /// Names of the bundles that can be chosen.
    pub bundles: Vec<String>,
    /// What the command line gave.
    pub manner: Manner,
    /// Where runs are.
    pub root: PathBuf,
    /// Columns and rows.
    pub size: (u16, u16),
}

impl App {
    /// The program at its start: the query screen, its bundle being opened.
    pub fn new(start: Start) -> App {
        App {
            tab: Tab::Query,
            overlays: Vec::new(),
            keymap: start.keymap,
            depth: start.theme.depth(),
            themes: start.themes,
            theme: start.theme,
            symbols: start.symbols,
            graphics: start.graphics,
            size: start.size,
            bundle: BundleState::Opening(start.bundle),
            bundles: start.bundles,
            query: QueryForm::new(&start.manner),
            found: Vec::new(),
            manner: start.manner,
            runs: Vec::new(),
            current: None,
            compared: Vec::new(),
            scored: Vec::new(),
            compare: Cursor::default(),
            gallery: GalleryView::default(),
            list: RunsView::default(),
            root: start.root,
            notice: None,
            gpu: None,
            help: Line::default(),
            targets: RefCell::default(),
            is_starting: false,
        }
    }

    /// What has the keys.
    pub fn place(&self) -> Place {
        if let Some(overlay) = self.overlays.last() {
            return overlay.place();
        }
        match self.tab {
            Tab::Query => self.query.place(),
            Tab::Run => Place::Run,
            Tab::Gallery => Place::Gallery,
            Tab::Map => Place::Map,
            Tab::Compare => Place::Compare,
            Tab::Runs if self.list.is_filtering => Place::Filter,
            Tab::Runs => Place::Runs,
        }
    }

    /// The run that is shown.
    pub fn run(&self) -> Option<&RunView> {
        self.run_of(self.current?)
    }

    /// The same, to be changed.
    pub fn run_mut(&mut self) -> Option<&mut RunView> {
        let current = self.current?;
        self.run_of_mut(current)
    }

    /// An open run.
    pub fn run_of(&self, id: RunId) -> Option<&RunView> {
        let found = self.runs.iter().find(|(known, _)| *known == id);
        found.map(|(_, run)| run)
    }

    /// The same, to be changed.
    pub fn run_of_mut(&mut self, id: RunId) -> Option<&mut RunView> {
        let found = self.runs.iter_mut().find(|(known, _)| *known == id);
        found.map(|(_, run)| run)
    }

    /// The query as it stands, as a request.
    pub fn request(&self) -> Request {
        self.query
            .request(self.bundle.name(), &self.manner, &self.root)
    }

    /// The request that does anew what a run did, where and on what the screens were started.
    pub fn repeating(&self, run: &RunView) -> Request {
        let mut request = Request::repeating(&run.file);
        // The numbers of another runtime would be others.
        if request.manner.runtime == RuntimeRequest::default() {
            request.manner.runtime = self.manner.runtime.clone();
        }
        request.runs.clone_from(&self.root);
        request
    }

    /// Says something in the line for it.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            is_problem: false,
        });
    }

    /// Says that something went wrong.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            is_problem: true,
        });
    }
}
