//! The themes there are, and one of them at one depth.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Style};

use super::built_in::{BUILT_IN, COLOURLESS};
use super::colour::{ramp, reduce};
use super::depth::Depth;
use super::error::ThemeError;
use super::file::ThemeFile;
use super::inherit::{Complete, Resolved, complete};
use super::role::Role;
use crate::toml_file::Problem;

/// Steps of a heat gradient between colours that are given by their values: more than an eye tells
/// apart in a strip.
const HEAT_STEPS: usize = 32;

/// Every theme by name: the built-in ones and those of the user.
#[derive(Debug, Clone)]
pub struct Themes {
    names: Vec<String>,
    themes: BTreeMap<String, Complete>,
}

impl Themes {
    /// The themes in the binary.
    ///
    /// # Errors
    /// Never: a test reads them all.
    pub fn built_in() -> Result<Themes, ThemeError> {
        Themes::load(None)
    }

    /// The themes in the binary, and those of the files `NAME.toml` in the user's folder (which need
    /// not exist), which add themes and replace those of the same name.
    ///
    /// # Errors
    /// The folder or a file cannot be read, or something is wrong in a file; everything that is
    /// wrong in any of them is listed.
    pub fn load(user_folder: Option<&Path>) -> Result<Themes, ThemeError> {
        let mut names: Vec<String> = BUILT_IN.map(|(name, _)| name.to_owned()).into();
        let mut files = BTreeMap::new();
        let mut problems: Vec<Problem> = Vec::new();
        let built_in =
            BUILT_IN.map(|(name, text)| (name.to_owned(), format!("{name}.toml"), text.to_owned()));
        for (name, file, text) in built_in.into_iter().chain(read_folder(user_folder)?) {
            let (theme, found) = ThemeFile::examine(&file, &text);
            problems.extend(found);
            if !names.contains(&name) {
                names.push(name.clone());
            }
            files.insert(name, theme);
        }
        let mut themes = BTreeMap::new();
        for name in &names {
            match complete(name, &files) {
                Ok(theme) => {
                    themes.insert(name.clone(), theme);
                }
                Err(found) => problems.extend(found),
            }
        }
        problems.sort_by(|a, b| a.file.cmp(&b.file).then(a.place.cmp(&b.place)));
        // A theme that inherits from a broken one has the same problems.
        problems.dedup();
        if problems.is_empty() {
            Ok(Themes { names, themes })
        } else {
            Err(ThemeError::Invalid { problems })
        }
    }

    /// The names: the built-in themes, then those that the user added, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// The theme to take where none is asked for; `dark` is the terminal's background, as far as it
    /// is known.
    pub fn automatic(dark: Option<bool>) -> &'static str {
        if dark == Some(false) { "day" } else { "night" }
    }

    /// A theme at a depth.
    pub fn get(&self, name: &str, depth: Depth) -> Option<Theme> {
        let theme = self.themes.get(name)?;
        let depth = if theme.is_colourless() {
            Depth::None
        } else {
            depth
        };
        let shown = if depth == Depth::None {
            self.themes.get(COLOURLESS)?
        } else {
            theme
        };
        Some(Theme::new(name, theme.dark, shown, depth))
    }

    /// A theme at a depth, or which name was probably meant.
    ///
    /// # Errors
    /// No theme has that name.
    pub fn find(&self, name: &str, depth: Depth) -> Result<Theme, ThemeError> {
        self.get(name, depth).ok_or_else(|| ThemeError::Unknown {
            name: name.to_owned(),
            known: self.names.clone(),
        })
    }
}

/// Name, path and text of each theme file of a folder, in alphabetical order.
fn read_folder(folder: Option<&Path>) -> Result<Vec<(String, String, String)>, ThemeError> {
    let read_error = |path: &Path| {
        let path = path.to_owned();
        move |source| ThemeError::Read { path, source }
    };
    let Some(folder) = folder else {
        return Ok(Vec::new());
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(read_error(folder))?,
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(read_error(folder))?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    paths.sort();
    let files = paths.iter().map(|path| {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(path).map_err(read_error(path))?;
        Ok((name, path.display().to_string(), text))
    });
    files.collect()
}

/// One theme at one depth: what a screen draws with.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    dark: bool,
    depth: Depth,
    roles: [Style; Role::ALL.len()],
    series: Vec<Style>,
    heat: Vec<Color>,
}

impl Theme {
    fn new(name: &str, dark: bool, complete: &Complete, depth: Depth) -> Theme {
        let is_ansi = depth == Depth::Ansi;
        let ansi_role = |role| complete.ansi_roles.get(&role).filter(|_| is_ansi);
        let role = |role: Role| {
            let style = ansi_role(role).or_else(|| complete.roles.get(&role));
            style.map(|style| reduced(style, depth)).unwrap_or_default()
        };
        let series = complete.ansi_series.as_ref().filter(|_| is_ansi);
        let series = series.unwrap_or(&complete.series);
        let heat = complete.ansi_heat.as_ref().filter(|_| is_ansi);
        Theme {
            name: name.to_owned(),
            dark,
            depth,
            roles: Role::ALL.map(role),
            series: series.iter().map(|style| reduced(style, depth)).collect(),
            heat: ramp(heat.unwrap_or(&complete.heat), HEAT_STEPS, depth),
        }
    }

    /// The theme's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many colours it is drawn with: none for a theme that names none.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Whether it is made for a dark background.
    pub fn is_dark(&self) -> bool {
        self.dark
    }

    /// The style of a role. Fill the screen with that of [`Role::Text`] first: a theme may give it a
    /// background, on which all other roles then stand.
    pub fn style(&self, role: Role) -> Style {
        self.roles[role as usize]
    }

    /// The style of one line of several, and of its name in the legend; after the last comes the
    /// first again.
    pub fn series(&self, index: usize) -> Style {
        let count = self.series_len().max(1);
        self.series.get(index % count).copied().unwrap_or_default()
    }

    /// How many lines have a style of their own.
    pub fn series_len(&self) -> usize {
        self.series.len()
    }

    /// The background of a cell that stands for a share between 0 and 1. Without colours it is
    /// empty: draw a character of [`Symbols::ramp`](super::Symbols::ramp) there.
    pub fn heat(&self, share: f64) -> Style {
        let last = self.heat.len().saturating_sub(1);
        // A share that is no number, from a value that is none, stands at the bottom.
        let step = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        match self.heat.get(step.min(last)) {
            Some(&colour) => Style::new().bg(colour),
            None => Style::new(),
        }
    }
}

fn reduced(style: &Resolved, depth: Depth) -> Style {
    let mut reduced_style = Style::new().add_modifier(style.modifiers);
    reduced_style.fg = style.foreground.map(|colour| reduce(colour, depth));
    reduced_style.bg = style.background.map(|colour| reduce(colour, depth));
    reduced_style
}
