//! Every theme at every depth of colour: complete, legible, and readable without seeing colours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "theme/broken.rs"]
mod broken;
#[path = "theme/sight.rs"]
mod sight;

use std::fmt::Write as _;

use invset::theme::{Depth, Marker, Role, Symbols, Theme, Themes};
use ratatui::style::{Color, Modifier, Style};
use sight::{Sight, assumed_backgrounds, contrast, distance, luminance, over, values};

/// WCAG 2.2: text, and what is not text.
const TEXT_CONTRAST: f64 = 4.5;
const OTHER_CONTRAST: f64 = 3.0;

/// Least distance of two colours that must not be taken for each other, in hundredths of Oklab
/// (black and white are 100 apart), for full and for colour-blind sight.
const APART: f64 = 7.0;

/// What must never be taken for each other, with colours or without.
const STATES: [Role; 5] = [
    Role::Good,
    Role::Warn,
    Role::Bad,
    Role::Select,
    Role::Pending,
];

fn every_theme() -> Vec<Theme> {
    let themes = Themes::built_in().unwrap();
    let names = themes.names();
    assert_eq!(names, ["night", "day", "contrast", "ansi", "mono"]);
    let at_every_depth = |name: &&str| Depth::ALL.map(|depth| themes.get(name, depth).unwrap());
    names.iter().flat_map(at_every_depth).collect()
}

fn place(theme: &Theme) -> String {
    format!("{} at {}", theme.name(), theme.depth())
}

/// Shares along a heat strip.
fn shares() -> impl Iterator<Item = f64> {
    (0..=20).map(|step| f64::from(step) / 20.0)
}

#[test]
fn the_built_in_themes_keep_their_names_and_their_backgrounds() {
    let dark: Vec<(String, bool)> = every_theme()
        .iter()
        .map(|theme| (theme.name().to_owned(), theme.is_dark()))
        .collect();
    assert!(dark.iter().all(|(name, dark)| *dark == (name != "day")));
    assert_eq!(Themes::automatic(None), "night");
    assert_eq!(Themes::automatic(Some(true)), "night");
    assert_eq!(Themes::automatic(Some(false)), "day");
}

#[test]
fn without_colours_every_theme_has_modifiers_only() {
    for theme in every_theme() {
        if theme.depth() != Depth::None {
            continue;
        }
        let series = (0..theme.series_len()).map(|index| theme.series(index));
        let styles = Role::ALL
            .map(|role| theme.style(role))
            .into_iter()
            .chain(series);
        for style in styles.chain(shares().map(|share| theme.heat(share))) {
            for colour in [style.fg, style.bg] {
                assert!(matches!(colour, None | Some(Color::Reset)), "{style:?}");
            }
        }
        assert!(theme.style(Role::Select).has_modifier(Modifier::REVERSED));
        assert!(theme.style(Role::Title).has_modifier(Modifier::BOLD));
        assert!(theme.style(Role::BorderFocus).has_modifier(Modifier::BOLD));
        assert!(theme.style(Role::Key).has_modifier(Modifier::UNDERLINED));
    }
    let mono = Themes::built_in()
        .unwrap()
        .get("mono", Depth::True)
        .unwrap();
    assert_eq!(mono.depth(), Depth::None);
}

#[test]
fn no_depth_shows_colours_that_it_does_not_have() {
    for theme in every_theme() {
        let series = (0..theme.series_len()).map(|index| theme.series(index));
        let styles = Role::ALL
            .map(|role| theme.style(role))
            .into_iter()
            .chain(series);
        for style in styles.chain(shares().map(|share| theme.heat(share))) {
            for colour in [style.fg, style.bg].into_iter().flatten() {
                let shown = match colour {
                    Color::Rgb(..) => theme.depth() == Depth::True,
                    Color::Indexed(_) => theme.depth() == Depth::Indexed,
                    _ => true,
                };
                assert!(shown, "{}: {colour:?}", place(&theme));
            }
        }
    }
}

#[test]
fn everything_can_be_read_on_the_backgrounds_it_is_made_for() {
    let mut faint = String::new();
    for theme in every_theme() {
        let base = theme.style(Role::Text);
        // The terminal's own sixteen colours are made for its own background.
        let grounds = if theme.depth() == Depth::Ansi { 1 } else { 2 };
        for background in assumed_backgrounds(theme.is_dark())
            .into_iter()
            .take(grounds)
        {
            for role in Role::ALL {
                let least = if role == Role::Text {
                    TEXT_CONTRAST
                } else {
                    OTHER_CONTRAST
                };
                let (ink, ground) =
                    over(base.patch(theme.style(role)), background, theme.is_dark());
                let found = contrast(ink, ground);
                if found < least {
                    writeln!(faint, "{}: {} has {found:.2}", place(&theme), role.name()).unwrap();
                }
            }
            for index in 0..theme.series_len() {
                let style = base.patch(theme.series(index));
                let (ink, ground) = over(style, background, theme.is_dark());
                let found = contrast(ink, ground);
                if found < OTHER_CONTRAST {
                    writeln!(faint, "{}: series {index} has {found:.2}", place(&theme)).unwrap();
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint}");
}

#[test]
fn the_theme_for_contrast_has_the_enhanced_contrast_in_all_roles() {
    let themes = Themes::built_in().unwrap();
    for depth in [Depth::True, Depth::Indexed] {
        let theme = themes.get("contrast", depth).unwrap();
        let base = theme.style(Role::Text);
        assert!(base.bg.is_some());
        for role in Role::ALL {
            // Its own background covers the terminal's, whatever that is.
            let (ink, ground) = over(base.patch(theme.style(role)), [255; 3], true);
            assert!(contrast(ink, ground) >= 7.0, "{} at {depth}", role.name());
        }
    }
}

#[test]
fn only_the_theme_for_contrast_covers_the_terminals_background() {
    for theme in every_theme() {
        if theme.name() != "contrast" {
            let uncovered = Role::ALL.into_iter().filter(|role| *role != Role::Select);
            for role in uncovered {
                assert_eq!(theme.style(role).bg, None, "{}", place(&theme));
            }
        }
    }
}

#[test]
fn heat_grows_or_falls_in_brightness_without_turning_back() {
    for theme in every_theme() {
        if theme.depth() == Depth::None {
            assert_eq!(theme.heat(0.7), Style::new());
            continue;
        }
        let colour = |share| theme.heat(share).bg.map(values).unwrap();
        let mut brightness: Vec<f64> = shares().map(|share| luminance(colour(share))).collect();
        // On a light background more is darker.
        if !theme.is_dark() {
            brightness.reverse();
        }
        assert!(brightness.is_sorted(), "{}: {brightness:?}", place(&theme));
        brightness.dedup();
        assert!(brightness.len() >= 4, "{}: {brightness:?}", place(&theme));
        assert_eq!(theme.heat(-1.0), theme.heat(0.0));
        assert_eq!(theme.heat(2.0), theme.heat(1.0));
        assert_eq!(theme.heat(f64::NAN), theme.heat(0.0));
    }
}

#[test]
fn lines_and_states_stay_apart_for_colour_blind_eyes() {
    let mut alike = String::new();
    for theme in every_theme() {
        if theme.depth() == Depth::None {
            continue;
        }
        let ink = |style: Style| style.fg.map(values).unwrap();
        let lines: Vec<_> = (0..theme.series_len())
            .map(|index| ink(theme.series(index)))
            .collect();
        let states = [Role::Good, Role::Warn, Role::Bad].map(|role| ink(theme.style(role)));
        for sight in Sight::ALL {
            for (what, colours) in [("lines", lines.as_slice()), ("states", &states)] {
                for (index, one) in colours.iter().enumerate() {
                    for other in &colours[..index] {
                        let found = 100.0 * distance(*one, *other, sight);
                        if found < APART {
                            let place = place(&theme);
                            writeln!(
                                alike,
                                "{place}: {what} {one:02x?} {other:02x?} {sight:?} {found:.1}"
                            )
                            .unwrap();
                        }
                    }
                }
            }
        }
    }
    assert!(alike.is_empty(), "{alike}");
}

#[test]
fn states_differ_in_style_at_every_depth_and_in_their_marks() {
    for theme in every_theme() {
        for (index, one) in STATES.into_iter().enumerate() {
            for other in &STATES[..index] {
                assert_ne!(theme.style(one), theme.style(*other), "{}", place(&theme));
            }
        }
        let series: Vec<Style> = (0..theme.series_len())
            .map(|index| theme.series(index))
            .collect();
        for (index, style) in series.iter().enumerate() {
            assert!(!series[..index].contains(style), "{}", place(&theme));
        }
        assert_eq!(theme.series(theme.series_len()), theme.series(0));
    }
    let symbols = Symbols::new(Marker::Braille, true);
    assert_ne!(symbols.mark(Role::Good), symbols.mark(Role::Bad));
}

#[test]
fn the_styles_of_every_theme_are_those_that_were_looked_at() {
    let mut table = String::new();
    for theme in every_theme() {
        writeln!(table, "{}", place(&theme)).unwrap();
        for role in Role::ALL {
            writeln!(
                table,
                "  {:<13} {}",
                role.name(),
                described(theme.style(role))
            )
            .unwrap();
        }
        for index in 0..theme.series_len() {
            writeln!(
                table,
                "  series {index:<6} {}",
                described(theme.series(index))
            )
            .unwrap();
        }
        let heat = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| described(theme.heat(share)));
        writeln!(table, "  heat          {}", heat.join(", ")).unwrap();
    }
    insta::assert_snapshot!("theme_styles", table);
}

fn described(style: Style) -> String {
    let mut parts = Vec::new();
    parts.extend(style.fg.map(|colour| colour.to_string()));
    parts.extend(style.bg.map(|colour| format!("on {colour}")));
    parts.extend(
        style
            .add_modifier
            .iter_names()
            .map(|(name, _)| name.to_lowercase()),
    );
    if parts.is_empty() {
        parts.push("plain".to_owned());
    }
    parts.join(" ")
}
