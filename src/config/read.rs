//! The reading of the text of a configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::ConfigError;
use super::{Config, OnHangup};
use crate::preview::GraphicsChoice;
use crate::theme::{DepthChoice, Marker};
use crate::toml_file::{Reader, Value};

/// Every key.
pub(super) const KEYS: [&str; 9] = [
    "theme",
    "depth",
    "graphics",
    "fps",
    "markers",
    "mouse",
    "runs",
    "on_hangup",
    "keys",
];

/// The word for what is left to the program.
const AUTO: &str = "auto";

const GRAPHICS: [(&str, GraphicsChoice); 6] = [
    (AUTO, GraphicsChoice::Auto),
    ("kitty", GraphicsChoice::Kitty),
    ("iterm", GraphicsChoice::Iterm),
    ("sixel", GraphicsChoice::Sixel),
    ("blocks", GraphicsChoice::Blocks),
    ("none", GraphicsChoice::None),
];

const HANGUPS: [(&str, OnHangup); 2] = [("continue", OnHangup::Continue), ("stop", OnHangup::Stop)];

/// Fewer frames than one in ten seconds would look dead; no terminal over a network keeps up with
/// more than sixty in one.
const FRAMES: std::ops::RangeInclusive<f64> = 0.1..=60.0;

pub(super) fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
    let mut reader = Reader::new(file, text);
    let document = reader.document();
    let mut config = Config::default();
    for (key, value) in &document {
        match &**key.get_ref() {
            "theme" => config.theme = theme(&mut reader, value),
            "depth" => {
                let words = DepthChoice::ALL.map(|choice| (choice.name(), choice));
                config.depth = word(&mut reader, value, "depth", &words);
            }
            "graphics" => config.graphics = word(&mut reader, value, "graphics", &GRAPHICS),
            "fps" => config.fps = frames(&mut reader, value),
            "markers" => config.markers = markers(&mut reader, value),
            "mouse" => config.mouse = reader.flag(value),
            "runs" => config.runs = runs(&mut reader, value),
            "on_hangup" => config.on_hangup = word(&mut reader, value, "on_hangup", &HANGUPS),
            "keys" => config.keys = keys(&mut reader, value),
            name => reader.unknown(&key.span(), "setting", name, KEYS),
        }
    }
    let problems = reader.finish();
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(ConfigError::Invalid { problems })
    }
}

/// One of the words that a setting can be.
fn word<T: Copy>(
    reader: &mut Reader<'_>,
    value: &Value<'_>,
    setting: &str,
    words: &[(&str, T)],
) -> Option<T> {
    let written = reader.string(value)?;
    let found = words.iter().find(|(known, _)| *known == written);
    if found.is_none() {
        let known = words.iter().map(|(known, _)| *known);
        let what = format!("value of {setting} called");
        reader.unknown(&value.span(), &what, written, known);
    }
    found.map(|(_, meant)| *meant)
}

/// The name of a theme; whether there is one of that name is known only with the user's themes.
fn theme(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<String> {
    let name = reader.string(value)?;
    (name != AUTO).then(|| name.to_owned())
}

fn frames(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<f64> {
    if value.get_ref().as_str() == Some(AUTO) {
        return None;
    }
    reader.number(value, FRAMES)
}

fn markers(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<Marker> {
    let named = Marker::ALL.map(|marker| (marker.name(), Some(marker)));
    let words: Vec<(&str, Option<Marker>)> = [(AUTO, None)].into_iter().chain(named).collect();
    word(reader, value, "markers", &words).flatten()
}

/// A folder, in which a leading `~/` is the home of the user.
fn runs(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<PathBuf> {
    let folder = reader.string(value)?;
    if folder.is_empty() {
        reader.report(&value.span(), "this folder has no name", "name one");
        return None;
    }
    match (folder.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(below), Ok(home)) => Some(home.join(below)),
        _ => Some(PathBuf::from(folder)),
    }
}

/// Actions and their keys: one, several, or, with an empty list, none.
fn keys(reader: &mut Reader<'_>, value: &Value<'_>) -> BTreeMap<String, Vec<String>> {
    let mut keys = BTreeMap::new();
    for (action, value) in reader.table(value).into_iter().flatten() {
        let values = match value.get_ref().as_array() {
            Some(list) => &**list,
            None => std::slice::from_ref(value),
        };
        let chords = values.iter().filter_map(|value| reader.string(value));
        let chords = chords.map(ToOwned::to_owned).collect();
        keys.insert(action.get_ref().to_string(), chords);
    }
    keys
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let Err(ConfigError::Invalid { problems }) = parse("config.toml", text) else {
            panic!("this is not refused: {text}");
        };
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_setting_is_read() {
        let text = "theme = \"day\"\ndepth = \"256\"\ngraphics = \"blocks\"\nfps = 4\n\
                    markers = \"dot\"\nmouse = true\nruns = \"/data/runs\"\non_hangup = \"stop\"\n\
                    [keys]\npause = \"space\"\nquit = [\"q\", \"ctrl-q\"]\nhelp = []\n";
        let key = |text: &str| text.to_owned();
        let expected = Config {
            theme: Some("day".to_owned()),
            depth: Some(DepthChoice::Indexed),
            graphics: Some(GraphicsChoice::Blocks),
            fps: Some(4.0),
            markers: Some(Marker::Dot),
            mouse: Some(true),
            runs: Some(PathBuf::from("/data/runs")),
            on_hangup: Some(OnHangup::Stop),
            keys: BTreeMap::from([
                (key("pause"), vec![key("space")]),
                (key("quit"), vec![key("q"), key("ctrl-q")]),
                (key("help"), vec![]),
            ]),
        };
        assert_eq!(parse("config.toml", text).unwrap(), expected);
    }

    #[test]
    fn every_way_of_showing_pictures_has_a_word() {
        use clap::ValueEnum;
        let words: Vec<&str> = GRAPHICS.iter().map(|(word, _)| *word).collect();
        for choice in GraphicsChoice::value_variants() {
            let name = choice.to_possible_value().unwrap().get_name().to_owned();
            assert!(words.contains(&name.as_str()), "{name}");
            assert!(GRAPHICS.contains(&(name.as_str(), *choice)), "{name}");
        }
    }

    #[test]
    fn unknown_settings_and_words_are_told_with_their_place_and_the_nearest() {
        let text = "them = \"day\"\n  depth = \"255\"\ngraphics = \"kity\"\n[key]\nq = 1\n";
        assert_eq!(
            problems(text),
            [
                "config.toml:1:1: there is no setting 'them'; did you mean 'theme'?",
                "config.toml:2:11: there is no value of depth called '255'; did you mean '256'?",
                "config.toml:3:12: there is no value of graphics called 'kity'; did you mean 'kitty'?",
                "config.toml:4:2: there is no setting 'key'; did you mean 'keys'?",
            ]
        );
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused_where_they_stand() {
        let text = "theme = 1\nfps = 0\nmouse = \"yes\"\nruns = \"\"\non_hangup = \"wait\"\n\
                    markers = []\n[keys]\npause = 1\nquit = [\"q\", 2]\n";
        let refused = problems(text);
        let places: Vec<&str> = refused
            .iter()
            .map(|problem| problem.split(": ").next().unwrap())
            .collect();
        assert_eq!(
            places,
            [
                "config.toml:1:9",
                "config.toml:2:7",
                "config.toml:3:9",
                "config.toml:4:8",
                "config.toml:5:13",
                "config.toml:6:11",
                "config.toml:8:9",
                "config.toml:9:14",
            ]
        );
        assert!(
            refused[1].ends_with("write a number from 0.1 to 60"),
            "{refused:?}"
        );
        assert!(
            refused[4].ends_with("write one of continue, stop"),
            "{refused:?}"
        );
    }

    #[test]
    fn a_home_folder_is_found() {
        let config = parse("config.toml", "runs = \"~/runs\"").unwrap();
        assert_eq!(
            config.runs,
            Some(etcetera::home_dir().unwrap().join("runs"))
        );
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_line() {
        let refused = problems("theme = \"day\"\nfps = = 4\n");
        assert_eq!(refused.len(), 1);
        assert!(refused[0].starts_with("config.toml:2:"), "{refused:?}");
    }
}
