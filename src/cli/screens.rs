//! `invset` without a command, and `invset attach RUN`: the screens.

use std::path::PathBuf;

use clap::Args;

use super::Global;
use super::exit::Status;
use crate::config::{self, Config};
use crate::preview::GraphicsChoice;
use crate::run::{RunFolder, defaults};
use crate::tui::{self, Ended, Options};

/// Flags of the screens. In the help their heading holds for all that follows, so they stand after
/// all others.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Screens")]
pub struct ScreenArgs {
    /// The bundle to begin with; INVSET_BUNDLE names another default
    #[arg(long, value_name = "NAME|DIR")]
    bundle: Option<String>,
    /// How pictures are shown
    #[arg(long, value_enum, value_name = "HOW")]
    graphics: Option<GraphicsChoice>,
    /// night, day, contrast, ansi, mono or one of yours (default: by the terminal's background)
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Frames a second at most (default: 10, over SSH 4)
    #[arg(long, value_name = "N", value_parser = frames)]
    fps: Option<f64>,
    /// Take the mouse; the terminal then selects no text
    #[arg(long)]
    mouse: bool,
    /// Note the time and the size of every frame, for measurements
    #[arg(long, value_name = "FILE", hide = true)]
    frame_log: Option<PathBuf>,
    /// The folder of runs (default: runs)
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
}

fn frames(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fps) if (0.1..=60.0).contains(&fps) => Ok(fps),
        _ => Err("a number from 0.1 to 60".to_owned()),
    }
}

/// Arguments of `attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// A run folder; its worker may be at work, or the run may have ended
    run: PathBuf,
    #[command(flatten)]
    screens: ScreenArgs,
}

impl ScreenArgs {
    /// The first flag that was given, for commands that have no screens.
    pub(super) fn given(&self) -> Option<&'static str> {
        [
            (self.bundle.is_some(), "--bundle"),
            (self.graphics.is_some(), "--graphics"),
            (self.theme.is_some(), "--theme"),
            (self.fps.is_some(), "--fps"),
            (self.mouse, "--mouse"),
            (self.runs.is_some(), "--runs"),
            (self.frame_log.is_some(), "--frame-log"),
        ]
        .into_iter()
        .find_map(|(given, flag)| given.then_some(flag))
    }
}

/// Shows the screens.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &ScreenArgs, global: &Global) -> anyhow::Result<Status> {
    show(args, global, None)
}

/// Shows a run.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn attach(args: &AttachArgs, global: &Global) -> anyhow::Result<Status> {
    // What is no run is said before the screens come up.
    let folder = RunFolder::open(&args.run)?;
    show(&args.screens, global, Some(folder.path().to_owned()))
}

fn show(args: &ScreenArgs, global: &Global, attach: Option<PathBuf>) -> anyhow::Result<Status> {
    let config = config::load(global.config.as_deref())?;
    let Config {
        graphics,
        mouse,
        runs,
        ..
    } = &config;
    let options = Options {
        bundle: args.bundle.clone().unwrap_or_else(defaults::bundle),
        manner: defaults::manner(global.runtime_request()),
        graphics: args.graphics.or(*graphics).unwrap_or_default(),
        theme: args.theme.clone(),
        fps: args.fps,
        mouse: args.mouse || mouse.unwrap_or(false),
        attach,
        frame_log: args.frame_log.clone(),
        root: args
            .runs
            .clone()
            .or_else(|| runs.clone())
            .unwrap_or_else(|| PathBuf::from(defaults::RUNS)),
        themes: config::themes_folder(global.config.as_deref()),
        config,
    };
    Ok(match tui::run(options)? {
        Ended::Left => Status::Success,
        Ended::Interrupted => Status::Interrupted,
    })
}
