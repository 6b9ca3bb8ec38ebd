//! Facts about the machine, the terminal and the folders in use.

use std::env;
use std::io::IsTerminal;
use std::path::Path;

use etcetera::BaseStrategy;
use serde::Serialize;

use crate::config;
use crate::files;
use crate::runtime::onnxruntime::find;
use crate::theme::Themes;

/// What computes.
#[derive(Serialize)]
pub(super) struct Machine {
    system: &'static str,
    architecture: &'static str,
    /// Cores that this process may use.
    cores: Option<usize>,
}

impl Machine {
    pub(super) fn look() -> Self {
        Machine {
            system: env::consts::OS,
            architecture: env::consts::ARCH,
            cores: std::thread::available_parallelism().ok().map(usize::from),
        }
    }

    pub(super) fn describe(&self) -> String {
        let cores = self
            .cores
            .map_or("cores unknown".to_owned(), |cores| format!("{cores} cores"));
        format!("{} {}, {cores}", self.system, self.architecture)
    }
}

/// What shows.
#[derive(Serialize)]
pub(super) struct Terminal {
    /// Whether stdout is one.
    is_terminal: bool,
    /// `TERM`.
    term: Option<String>,
    /// `COLORTERM`.
    colorterm: Option<String>,
    /// `TERM_PROGRAM`.
    program: Option<String>,
    /// Whether `NO_COLOR` forbids colours.
    no_color: bool,
    /// Columns and rows.
    size: Option<(u16, u16)>,
    /// Width and height of the window in pixels, where the terminal tells.
    pixels: Option<(u16, u16)>,
    /// `tmux`, `screen` or `zellij`.
    multiplexer: Option<&'static str>,
    /// Whether the session came over SSH.
    ssh: bool,
}

impl Terminal {
    pub(super) fn look() -> Self {
        let window = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
        let pair = |width, height| (width > 0 && height > 0).then_some((width, height));
        Terminal {
            is_terminal: std::io::stdout().is_terminal(),
            term: variable("TERM"),
            colorterm: variable("COLORTERM"),
            program: variable("TERM_PROGRAM"),
            no_color: variable("NO_COLOR").is_some(),
            size: window.and_then(|window| pair(window.ws_col, window.ws_row)),
            pixels: window.and_then(|window| pair(window.ws_xpixel, window.ws_ypixel)),
            multiplexer: [("TMUX", "tmux"), ("STY", "screen"), ("ZELLIJ", "zellij")]
                .into_iter()
                .find(|(name, _)| variable(name).is_some())
                .map(|(_, multiplexer)| multiplexer),
            ssh: variable("SSH_CONNECTION").is_some(),
        }
    }

    pub(super) fn describe(&self) -> String {
        let mut facts = vec![self.term.clone().unwrap_or("TERM is not set".to_owned())];
        if !self.is_terminal {
            facts.push("output is no terminal".to_owned());
        }
        if let Some((columns, rows)) = self.size {
            facts.push(format!("{columns}x{rows}"));
        }
        if let Some((width, height)) = self.pixels {
            facts.push(format!("{width}x{height} pixels"));
        }
        let colours = self.colorterm.as_ref();
        facts.extend(colours.map(|colours| format!("COLORTERM={colours}")));
        facts.extend(self.program.clone());
        if self.no_color {
            facts.push("NO_COLOR".to_owned());
        }
        facts.extend(self.multiplexer.map(ToOwned::to_owned));
        if self.ssh {
            facts.push("over SSH".to_owned());
        }
        facts.join(", ")
    }
}

/// Where files lie.
#[derive(Serialize)]
pub(super) struct Folders {
    runtime: Option<String>,
    data: Option<String>,
    cache: Option<String>,
    config: Option<String>,
}

impl Folders {
    pub(super) fn look() -> Self {
        let strategy = etcetera::choose_base_strategy().ok();
        let under = |folder: std::path::PathBuf| folder.join("invset").display().to_string();
        Folders {
            runtime: find::install_folder().map(|folder| folder.display().to_string()),
            data: strategy.as_ref().map(|folders| under(folders.data_dir())),
            cache: files::cache_folder().map(|folder| folder.display().to_string()),
            config: strategy.as_ref().map(|folders| under(folders.config_dir())),
        }
    }

    pub(super) fn named(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("runtimes", self.runtime.as_deref()),
            ("data", self.data.as_deref()),
            ("cache", self.cache.as_deref()),
            ("config", self.config.as_deref()),
        ]
    }
}

/// What the user has set, and whether it can be used.
#[derive(Serialize)]
pub(super) struct Configuration {
    /// The file, where there is one.
    file: Option<String>,
    /// The themes, those of the user among them.
    themes: Vec<String>,
    /// Everything that is wrong with it or with the themes.
    problems: Vec<String>,
}

impl Configuration {
    pub(super) fn look(named: Option<&Path>) -> Self {
        let file = config::file(named).filter(|file| named.is_some() || file.exists());
        let themes = Themes::load(config::themes_folder(named).as_deref());
        let mut problems = Vec::new();
        problems.extend(config::load(named).err().map(|error| error.to_string()));
        problems.extend(themes.as_ref().err().map(ToString::to_string));
        let themes = themes.as_ref().map(Themes::names).unwrap_or_default();
        Configuration {
            file: file.map(|file| file.display().to_string()),
            themes: themes.into_iter().map(ToOwned::to_owned).collect(),
            problems,
        }
    }

    pub(super) fn describe(&self) -> String {
        let file = self.file.as_deref().unwrap_or("none");
        format!("{file}; themes {}", self.themes.join(", "))
    }

    pub(super) fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

fn variable(name: &str) -> Option<String> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(|value| value.to_string_lossy().into_owned())
}
