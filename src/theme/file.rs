//! The reading of one theme file: what is written, before inheritance and palette are applied.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};

use super::colour;
use super::role::Role;
use crate::toml_file::{Place, Problem, Reader, Value};

/// A word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) file: String,
    pub(super) place: Place,
}

/// A style as it is written: colours may be names of a palette.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) foreground: Option<Word>,
    pub(super) background: Option<Word>,
    pub(super) modifiers: Modifier,
}

/// The styles of a theme, or of its variant for sixteen colours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Styles {
    pub(super) roles: BTreeMap<Role, Written>,
    pub(super) series: Option<Vec<Written>>,
    pub(super) heat: Option<Vec<Word>>,
}

/// What one theme file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ThemeFile {
    /// The file's name in messages.
    pub(super) file: String,
    pub(super) inherits: Option<Word>,
    /// Something in the file could not be read, so that what is missing is not to be relied on.
    pub(super) flawed: bool,
    /// Made for a dark background.
    pub(super) dark: Option<bool>,
    pub(super) palette: BTreeMap<String, Color>,
    pub(super) styles: Styles,
    pub(super) ansi: Styles,
}

const KEYS: [&str; 7] = [
    "inherits",
    "background",
    "palette",
    "role",
    "series",
    "heat",
    "ansi",
];
const ANSI_KEYS: [&str; 3] = ["role", "series", "heat"];
const COLOUR_KEYS: [&str; 2] = ["fg", "bg"];
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

impl ThemeFile {
    /// As much of the text of a theme file as can be read, and everything that is wrong with it
    /// alone.
    pub(super) fn examine(file: &str, text: &str) -> (ThemeFile, Vec<Problem>) {
        let mut reader = Reader::new(file, text);
        let document = reader.document();
        let mut theme = ThemeFile {
            file: file.to_owned(),
            ..ThemeFile::default()
        };
        for (key, value) in &document {
            match &**key.get_ref() {
                "inherits" => theme.inherits = word(&mut reader, value),
                "background" => theme.dark = background(&mut reader, value),
                "palette" => theme.palette = palette(&mut reader, value),
                "ansi" => theme.ansi = ansi(&mut reader, value),
                name if ANSI_KEYS.contains(&name) => {
                    styles_key(&mut reader, &mut theme.styles, name, value);
                }
                name => reader.unknown(&key.span(), "key", name, KEYS),
            }
        }
        let problems = reader.finish();
        theme.flawed = !problems.is_empty();
        (theme, problems)
    }
}

fn word(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<Word> {
    Some(Word {
        text: reader.string(value)?.to_owned(),
        file: reader.file().to_owned(),
        place: reader.place(&value.span()),
    })
}

fn background(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<bool> {
    match reader.string(value)? {
        "dark" => Some(true),
        "light" => Some(false),
        other => {
            reader.unknown(&value.span(), "background", other, ["dark", "light"]);
            None
        }
    }
}

fn palette(reader: &mut Reader<'_>, value: &Value<'_>) -> BTreeMap<String, Color> {
    let mut palette = BTreeMap::new();
    for (name, value) in reader.table(value).into_iter().flatten() {
        let Some(spelt) = reader.string(value) else {
            continue;
        };
        match colour::parse(spelt) {
            Some(colour) => {
                palette.insert(name.get_ref().to_string(), colour);
            }
            None => {
                let remedy = colour::remedy(spelt, &[]);
                reader.report(
                    &value.span(),
                    format!("there is no colour '{spelt}'"),
                    remedy,
                );
            }
        }
    }
    palette
}

/// The variant for sixteen colours.
fn ansi(reader: &mut Reader<'_>, value: &Value<'_>) -> Styles {
    let mut styles = Styles::default();
    for (key, value) in reader.table(value).into_iter().flatten() {
        let name = &**key.get_ref();
        if ANSI_KEYS.contains(&name) {
            styles_key(reader, &mut styles, name, value);
        } else {
            reader.unknown(&key.span(), "key", name, ANSI_KEYS);
        }
    }
    styles
}

fn styles_key(reader: &mut Reader<'_>, styles: &mut Styles, key: &str, value: &Value<'_>) {
    match key {
        "role" => styles.roles = roles(reader, value),
        "series" => styles.series = series(reader, value),
        _ => styles.heat = heat(reader, value),
    }
}

fn roles(reader: &mut Reader<'_>, value: &Value<'_>) -> BTreeMap<Role, Written> {
    let mut roles = BTreeMap::new();
    for (key, value) in reader.table(value).into_iter().flatten() {
        let name = &**key.get_ref();
        let Some(role) = Role::named(name) else {
            reader.unknown(&key.span(), "role", name, Role::ALL.map(Role::name));
            continue;
        };
        roles.extend(style(reader, value).map(|style| (role, style)));
    }
    roles
}

fn series(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<Vec<Written>> {
    let list = reader.list(value)?;
    if list.is_empty() {
        reader.report(
            &value.span(),
            "no line could be drawn",
            "write one style or more",
        );
    }
    Some(
        list.iter()
            .filter_map(|value| style(reader, value))
            .collect(),
    )
}

fn heat(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<Vec<Word>> {
    let list = reader.list(value)?;
    Some(
        list.iter()
            .filter_map(|value| word(reader, value))
            .collect(),
    )
}

/// A colour, or a table of colours and modifiers.
fn style(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<Written> {
    if value.get_ref().is_str() {
        return Some(Written {
            foreground: word(reader, value),
            ..Written::default()
        });
    }
    let mut style = Written::default();
    for (key, value) in reader.table(value)? {
        let name = &**key.get_ref();
        let modifier = MODIFIERS.iter().find(|(known, _)| *known == name);
        match (name, modifier) {
            ("fg", _) => style.foreground = word(reader, value),
            ("bg", _) => style.background = word(reader, value),
            (_, Some((_, modifier))) => {
                style
                    .modifiers
                    .set(*modifier, reader.flag(value).unwrap_or(false));
            }
            (_, None) => {
                let known = COLOUR_KEYS
                    .into_iter()
                    .chain(MODIFIERS.map(|(known, _)| known));
                reader.unknown(&key.span(), "key", name, known);
            }
        }
    }
    Some(style)
}
