//! Themes of the user: what they may leave out, and what is said about broken ones.

use std::fs;

use invset::theme::{Depth, Role, ThemeError, Themes};
use ratatui::style::Color;

/// The themes of a folder that holds these files.
fn load(files: &[(&str, &str)]) -> Result<Themes, ThemeError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Themes::load(Some(folder.path()))
}

/// The problems of one broken file, without the folder.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let Err(ThemeError::Invalid { problems }) = load(files) else {
        panic!("these themes are not refused: {files:?}");
    };
    let short = |problem: &invset::toml_file::Problem| {
        let text = problem.to_string();
        let file = files.iter().find_map(|(name, _)| text.find(name));
        text[file.unwrap_or(0)..].to_owned()
    };
    problems.iter().map(short).collect()
}

#[test]
fn a_theme_may_change_one_colour_and_keep_the_rest() {
    let text = "inherits = \"night\"\n[palette]\nice = \"#ff0000\"\n[role]\ngood = \"ice\"";
    let themes = load(&[("rose.toml", text), ("README", "not a theme")]).unwrap();
    assert_eq!(
        themes.names(),
        ["night", "day", "contrast", "ansi", "mono", "rose"]
    );
    let rose = themes.get("rose", Depth::True).unwrap();
    let night = themes.get("night", Depth::True).unwrap();
    let red = Some(Color::Rgb(255, 0, 0));
    // The palette reaches what is inherited too.
    assert_eq!(
        (rose.style(Role::Accent).fg, rose.style(Role::Good).fg),
        (red, red)
    );
    assert_eq!(rose.style(Role::Warn), night.style(Role::Warn));
    // What is said anew is not hidden behind the parent's sixteen colours.
    let rose = themes.get("rose", Depth::Ansi).unwrap();
    assert_eq!(rose.style(Role::Good).fg, Some(Color::LightRed));
    assert_eq!(rose.style(Role::Warn).fg, Some(Color::LightYellow));
}

#[test]
fn a_theme_of_a_built_in_name_takes_its_place() {
    let text = "inherits = \"day\"\n[role]\naccent = \"#123456\"";
    let themes = load(&[("night.toml", text)]).unwrap();
    let night = themes.get("night", Depth::True).unwrap();
    assert_eq!(
        night.style(Role::Accent).fg,
        Some(Color::Rgb(0x12, 0x34, 0x56))
    );
    assert!(!night.is_dark());
    assert_eq!(themes.names().len(), 5);
}

#[test]
fn a_folder_that_is_not_there_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let themes = Themes::load(Some(&folder.path().join("none"))).unwrap();
    assert_eq!(themes.names().len(), 5);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = Themes::load(Some(&file)).unwrap_err();
    assert!(matches!(refused, ThemeError::Read { .. }), "{refused}");
}

#[test]
fn unknown_words_are_told_with_their_place_and_the_nearest_known_one() {
    let text = "inherits = \"night\"\nserie = []\n\n[role]\nacent = \"ice\"\ngood = \"icy\"\n\
                warn = { fg = \"jade\", blod = true }\n[ansi]\nroles = {}\n";
    assert_eq!(
        problems(&[("x.toml", text)]),
        [
            "x.toml:2:1: there is no key 'serie'; did you mean 'series'?",
            "x.toml:5:1: there is no role 'acent'; did you mean 'accent'?",
            "x.toml:6:8: there is no colour 'icy'; did you mean 'ice'?",
            "x.toml:7:23: there is no key 'blod'; did you mean 'bold'?",
            "x.toml:9:1: there is no key 'roles'; did you mean 'role'?",
        ]
    );
    let text = "inherits = \"night\"\nheat = [\"ice\", \"#zzzzzz\"]\n[role]\ngood = \"qqqqq\"";
    assert_eq!(
        problems(&[("x.toml", text)]),
        [
            "x.toml:2:16: there is no colour '#zzzzzz'; write # and six digits from 0 to f",
            "x.toml:4:8: there is no colour 'qqqqq'; write #rrggbb, a name of the palette or one of \
             the sixteen of terminals",
        ]
    );
    let text = "inherits = \"nihgt\"";
    assert_eq!(
        problems(&[("x.toml", text)]),
        ["x.toml:1:12: there is no theme 'nihgt' to inherit from; did you mean 'night'?"]
    );
}

#[test]
fn values_of_the_wrong_kind_are_refused_where_they_stand() {
    let text = "inherits = 3\nbackground = \"darkish\"\nseries = []\nheat = 1\n[palette]\n\
                a = \"ice\"\n[role]\ngood = 7\nbad = { bold = 1 }";
    assert_eq!(
        problems(&[("x.toml", text)]),
        [
            "x.toml:1:12: this value cannot stand here; write a text in quotes",
            "x.toml:2:14: there is no background 'darkish'; did you mean 'dark'?",
            "x.toml:3:10: no line could be drawn; write one style or more",
            "x.toml:4:8: this value cannot stand here; write a list in brackets",
            "x.toml:6:5: there is no colour 'ice'; write #rrggbb, a name of the palette or one of \
             the sixteen of terminals",
            "x.toml:8:8: this value cannot stand here; write a table of keys and values",
            "x.toml:9:16: this value cannot stand here; write true or false",
        ]
    );
    let found = problems(&[("x.toml", "[role\ngood = 1")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("x.toml:1:"), "{found:?}");
    assert!(found[0].ends_with("; correct that line"), "{found:?}");
}

#[test]
fn a_theme_that_inherits_nothing_must_be_complete() {
    let found = problems(&[("x.toml", "heat = []\n[role]\ntext = \"default\"")]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("x.toml:1:1: the theme lacks role.dim, role.title, "),
        "{found:?}"
    );
    assert!(found[0].contains("series"), "{found:?}");
    assert!(!found[0].contains("heat"), "{found:?}");
}

#[test]
fn themes_that_inherit_in_a_circle_are_refused() {
    let found = problems(&[
        ("a.toml", "inherits = \"b\""),
        ("b.toml", "inherits = \"a\""),
    ]);
    assert!(
        found[0]
            .ends_with("themes inherit in a circle: b from a from b; let one of them stand alone"),
        "{found:?}"
    );
    let found = problems(&[("night.toml", "inherits = \"night\"")]);
    assert!(found[0].contains("circle: night from night"), "{found:?}");
}

#[test]
fn a_broken_parent_is_told_once() {
    let found = problems(&[
        ("child.toml", "inherits = \"parent\""),
        (
            "parent.toml",
            "inherits = \"night\"\n[role]\ngood = \"nothing\"",
        ),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    let found = problems(&[
        ("child.toml", "inherits = \"parent\""),
        ("parent.toml", "zzzzzzzz = 1"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_message() {
    let error = load(&[("x.toml", "inherits = \"\\u001b[31mnight\"")]).unwrap_err();
    let message = error.to_string();
    assert!(
        !message.replace('\n', "").chars().any(char::is_control),
        "{message:?}"
    );
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let themes = Themes::built_in().unwrap();
    let message = themes.find("nigth", Depth::True).unwrap_err().to_string();
    assert_eq!(message, "there is no theme 'nigth'; did you mean 'night'?");
    assert!(themes.find("day", Depth::True).is_ok());
}
