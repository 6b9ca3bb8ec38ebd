//! What `docs/configuration.md` says is what the program does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use invset::config::Config;
use invset::theme::{Depth, Role, Themes};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    fs::read_to_string(path).unwrap()
}

/// The examples of the page, in their order.
fn examples(page: &str) -> Vec<&str> {
    let blocks = page.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_page_shows_the_template() {
    assert_eq!(examples(&page())[0], Config::template());
}

#[test]
fn the_theme_on_the_page_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rose.toml"), examples(&page())[1]).unwrap();
    let themes = Themes::load(Some(folder.path())).unwrap();
    let rose = themes.find("rose", Depth::True).unwrap();
    let night = themes.find("night", Depth::True).unwrap();
    assert_ne!(rose.style(Role::Accent), night.style(Role::Accent));
    assert_eq!(rose.style(Role::Good), night.style(Role::Good));
    assert_eq!(rose.series_len(), 3);
}

#[test]
fn the_page_lists_every_role_and_every_theme_and_no_others() {
    let page = page();
    let (before, roles) = page.split_once("| role | marks |\n|---|---|\n").unwrap();
    let rows: Vec<String> = roles.lines().map(ToOwned::to_owned).collect();
    let expected = Role::ALL.map(|role| format!("| `{}` | {} |", role.name(), role.meaning()));
    assert_eq!(rows, expected);
    let (_, themes) = before.split_once("| theme | for |\n|---|---|\n").unwrap();
    let rows = themes.lines().map_while(|line| line.strip_prefix("| `"));
    let names: Vec<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();
    assert_eq!(names, Themes::built_in().unwrap().names());
}

#[test]
fn every_colour_name_on_the_page_is_understood() {
    let page = page();
    let (_, colours) = page.split_once("one of the terminal's\nsixteen: ").unwrap();
    let (colours, _) = colours.split_once('.').unwrap();
    let names: Vec<&str> = colours.split('`').skip(1).step_by(2).collect();
    assert_eq!(names.len(), 16, "{names:?}");
    let folder = tempfile::tempdir().unwrap();
    let text = format!("inherits = \"night\"\nheat = {names:?}\n");
    fs::write(folder.path().join("x.toml"), text).unwrap();
    Themes::load(Some(folder.path())).unwrap();
}
