//! What a theme looks like once everything is taken over that it inherits, and every colour found.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};

use super::colour;
use super::file::{Styles, ThemeFile, Word, Written};
use super::role::Role;
use crate::toml_file::{Place, Problem, instead};

/// A style whose colours are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) foreground: Option<Color>,
    pub(super) background: Option<Color>,
    pub(super) modifiers: Modifier,
}

/// A theme before it is reduced to a depth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Complete {
    pub(super) dark: bool,
    pub(super) roles: BTreeMap<Role, Resolved>,
    pub(super) series: Vec<Resolved>,
    pub(super) heat: Vec<Color>,
    /// What differs where there are sixteen colours.
    pub(super) ansi_roles: BTreeMap<Role, Resolved>,
    pub(super) ansi_series: Option<Vec<Resolved>>,
    pub(super) ansi_heat: Option<Vec<Color>>,
}

impl Complete {
    /// Whether no colour is named anywhere.
    pub(super) fn is_colourless(&self) -> bool {
        let mut styles = self.roles.values().chain(&self.series);
        self.heat.is_empty()
            && styles.all(|style| style.foreground.is_none() && style.background.is_none())
    }
}

/// Completes one theme out of all files.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn complete(
    name: &str,
    files: &BTreeMap<String, ThemeFile>,
) -> Result<Complete, Vec<Problem>> {
    let lineage = lineage(name, files).map_err(|problem| vec![problem])?;
    let merged = merge(&lineage);
    let mut colours = Colours {
        palette: &merged.palette,
        problems: missing(&merged, &lineage).into_iter().collect(),
    };
    let complete = Complete {
        dark: merged.dark,
        roles: colours.roles(&merged.styles),
        series: colours.series(&merged.styles).unwrap_or_default(),
        heat: colours.heat(&merged.styles).unwrap_or_default(),
        ansi_roles: colours.roles(&merged.ansi),
        ansi_series: colours.series(&merged.ansi),
        ansi_heat: colours.heat(&merged.ansi),
    };
    if colours.problems.is_empty() {
        Ok(complete)
    } else {
        Err(colours.problems)
    }
}

/// A theme's file and those it inherits from, the oldest first.
fn lineage<'a>(
    name: &str,
    files: &'a BTreeMap<String, ThemeFile>,
) -> Result<Vec<&'a ThemeFile>, Problem> {
    let mut lineage: Vec<&ThemeFile> = files.get(name).into_iter().collect();
    let mut seen = vec![name];
    while let Some(parent) = lineage.last().and_then(|theme| theme.inherits.as_ref()) {
        let Some(theme) = files.get(&parent.text) else {
            let reason = format!("there is no theme '{}' to inherit from", parent.text);
            return Err(problem(parent, reason, instead(&parent.text, names(files))));
        };
        if seen.contains(&parent.text.as_str()) {
            seen.push(&parent.text);
            let reason = format!("themes inherit in a circle: {}", seen.join(" from "));
            return Err(problem(parent, reason, "let one of them stand alone"));
        }
        seen.push(&parent.text);
        lineage.push(theme);
    }
    lineage.reverse();
    Ok(lineage)
}

fn names(files: &BTreeMap<String, ThemeFile>) -> impl Iterator<Item = &str> {
    files.keys().map(String::as_str)
}

fn problem(word: &Word, reason: impl ToString, remedy: impl ToString) -> Problem {
    Problem::new(&word.file, word.place, reason, remedy)
}

/// Everything that a line of themes says, the youngest last.
#[derive(Default)]
struct Merged {
    dark: bool,
    palette: BTreeMap<String, Color>,
    styles: Styles,
    ansi: Styles,
}

fn merge(lineage: &[&ThemeFile]) -> Merged {
    let mut merged = Merged {
        dark: true,
        ..Merged::default()
    };
    for theme in lineage {
        merged.dark = theme.dark.unwrap_or(merged.dark);
        merged.palette.extend(theme.palette.clone());
        // What a theme says anew is not hidden behind what its parent said for sixteen colours.
        merged
            .ansi
            .roles
            .retain(|role, _| !theme.styles.roles.contains_key(role));
        if theme.styles.series.is_some() {
            merged.ansi.series = None;
        }
        if theme.styles.heat.is_some() {
            merged.ansi.heat = None;
        }
        take_over(&mut merged.styles, &theme.styles);
        take_over(&mut merged.ansi, &theme.ansi);
    }
    merged
}

fn take_over(styles: &mut Styles, younger: &Styles) {
    styles.roles.extend(younger.roles.clone());
    if younger.series.is_some() {
        styles.series.clone_from(&younger.series);
    }
    if younger.heat.is_some() {
        styles.heat.clone_from(&younger.heat);
    }
}

/// What a theme that inherits nothing has left out.
fn missing(merged: &Merged, lineage: &[&ThemeFile]) -> Option<Problem> {
    let oldest = lineage.first().filter(|theme| !theme.flawed)?;
    let absent = Role::ALL
        .into_iter()
        .filter(|role| !merged.styles.roles.contains_key(role))
        .map(|role| format!("role.{}", role.name()))
        .chain(merged.styles.series.is_none().then(|| "series".to_owned()))
        .chain(merged.styles.heat.is_none().then(|| "heat".to_owned()));
    let absent: Vec<String> = absent.collect();
    if absent.is_empty() {
        return None;
    }
    let start = Place { line: 1, column: 1 };
    let remedy = "write what is missing, or begin with inherits = \"night\"";
    let reason = format!("the theme lacks {}", absent.join(", "));
    Some(Problem::new(&oldest.file, start, reason, remedy))
}

/// Finds the colours that words mean.
struct Colours<'a> {
    palette: &'a BTreeMap<String, Color>,
    problems: Vec<Problem>,
}

impl Colours<'_> {
    fn roles(&mut self, styles: &Styles) -> BTreeMap<Role, Resolved> {
        let roles = styles.roles.iter();
        roles
            .map(|(role, style)| (*role, self.style(style)))
            .collect()
    }

    fn series(&mut self, styles: &Styles) -> Option<Vec<Resolved>> {
        let series = styles.series.as_ref()?;
        Some(series.iter().map(|style| self.style(style)).collect())
    }

    fn heat(&mut self, styles: &Styles) -> Option<Vec<Color>> {
        let heat = styles.heat.as_ref()?;
        Some(heat.iter().filter_map(|word| self.colour(word)).collect())
    }

    fn style(&mut self, style: &Written) -> Resolved {
        let mut colour = |word: &Option<Word>| word.as_ref().and_then(|word| self.colour(word));
        Resolved {
            foreground: colour(&style.foreground),
            background: colour(&style.background),
            modifiers: style.modifiers,
        }
    }

    fn colour(&mut self, word: &Word) -> Option<Color> {
        let found = self.palette.get(&word.text).copied();
        let found = found.or_else(|| colour::parse(&word.text));
        if found.is_none() {
            let palette: Vec<&str> = self.palette.keys().map(String::as_str).collect();
            let remedy = colour::remedy(&word.text, &palette);
            let reason = format!("there is no colour '{}'", word.text);
            self.problems.push(problem(word, reason, remedy));
        }
        found
    }
}
