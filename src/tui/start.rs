//! From the command line to the first frame, and what can be wrong before it.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use super::app::{App, Start};
use super::effect::Effect;
use super::frame_log::FrameLog;
use super::keymap::{Keymap, KeymapError};
use super::main_loop::Loop;
use super::signals::Signals;
use super::terminal::Screen;
use super::{Ended, panic};
use crate::bundle::Bundle;
use crate::config::Config;
use crate::preview::{self, Background, Blocks, Environment, Facts, GraphicsChoice, Painters};
use crate::run::Manner;
use crate::theme::{Depth, DepthChoice, Marker, Symbols, ThemeError, Themes, is_unicode};

/// What the screens are started with.
pub struct Options {
    /// The bundle to begin with.
    pub bundle: String,
    /// What the command line says about sampling; the screens change it.
    pub manner: Manner,
    /// The user's configuration.
    pub config: Config,
    /// Where the user's themes are.
    pub themes: Option<PathBuf>,
    /// How pictures are shown.
    pub graphics: GraphicsChoice,
    /// A theme by name; by the terminal's background where absent.
    pub theme: Option<String>,
    /// Frames a second; by the distance of the terminal where absent.
    pub fps: Option<f64>,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// A run to show at once.
    pub attach: Option<PathBuf>,
    /// Where runs are.
    pub root: PathBuf,
    /// Where the time and the size of every frame are noted, for measurements.
    pub frame_log: Option<PathBuf>,
}

/// The screens cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// Standard input or output is no terminal.
    #[error(
        "the screens need a terminal on standard input and output; without one: invset sample --where 'UNIT in A..B'"
    )]
    NoTerminal,
    /// The terminal can only print lines, as its environment says.
    #[error(
        "the screens need a terminal that can place text: TERM is empty or 'dumb', which says that this one cannot; without one: invset sample --where 'UNIT in A..B'"
    )]
    DumbTerminal,
    /// The user's keys cannot be used.
    #[error(transparent)]
    Keymap(#[from] KeymapError),
    /// A theme cannot be used.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The terminal refuses.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
}

/// Shows the screens until the user leaves.
///
/// # Errors
/// Something is wrong with the configuration (before the terminal is touched) or with the terminal.
pub fn run(options: Options) -> Result<Ended, ScreenError> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(ScreenError::NoTerminal);
    }
    if Environment::detect().dumb {
        return Err(ScreenError::DumbTerminal);
    }
    let keymap = Keymap::new(&options.config.keys)?;
    let themes = Themes::load(options.themes.as_deref())?;
    let depth = Depth::detect(options.config.depth.unwrap_or(DepthChoice::Auto), variable);
    let named = options.theme.clone().or(options.config.theme.clone());
    let usual = Themes::automatic(None);
    let theme = themes.find(named.as_deref().unwrap_or(usual), depth)?;
    let unicode = is_unicode(variable);
    let marker = options
        .config
        .markers
        .unwrap_or_else(|| Marker::detect(unicode, variable));

    let mut frame_log = options
        .frame_log
        .as_deref()
        .map(FrameLog::create)
        .transpose()?;

    panic::install();
    let signals = Signals::catch()?;
    let mut screen = Screen::enter(options.mouse)?;
    let size = screen.terminal.size()?;
    let mut app = App::new(Start {
        keymap,
        themes,
        theme,
        symbols: Symbols::new(marker, unicode),
        graphics: String::new(),
        bundle: options.bundle.clone(),
        bundles: Bundle::known(),
        manner: options.manner.clone(),
        root: options.root.clone(),
        size: (size.width, size.height),
    });
    // The first frame comes before the terminal is asked anything: asking may take a moment.
    let mut painters = Painters::new(
        &Facts::of_characters(Environment::detect().plain_colours()),
        Blocks::Half,
    );
    screen.frame(|terminal| {
        terminal.draw(|frame| super::view::draw(&mut app, frame, &mut painters))?;
        Ok(())
    })?;

    if let Some(log) = &mut frame_log {
        log.note(screen.bytes_written(), None)?;
    }

    let facts = preview::terminal_facts(options.graphics);
    let is_dark = match facts.background {
        Background::Dark => Some(true),
        Background::Light => Some(false),
        Background::Unknown => None,
    };
    if named.is_none()
        && let Some(theme) = app.themes.get(Themes::automatic(is_dark), depth)
    {
        app.theme = theme;
    }
    let painters = Painters::new(&facts, Blocks::Half);
    app.graphics = painters.way().name().to_owned();
    if let Some(note) = &facts.decision.note {
        app.complain(note.clone());
    }
    let mut first = vec![Effect::OpenBundle(options.bundle.clone())];
    if let Some(path) = &options.attach {
        first.push(Effect::Watch {
            path: path.clone(),
            shown: true,
        });
    }
    let main_loop = Loop::new(
        screen,
        app,
        painters,
        &options,
        facts.remote,
        frame_log,
        signals,
    );
    main_loop.run(first)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
