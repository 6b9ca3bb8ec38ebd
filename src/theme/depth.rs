//! How many colours there are, chosen or found out.

use std::fmt;
use std::str::FromStr;

use crate::text;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The 256 of xterm, of which the upper 240 are the same everywhere.
    Indexed,
    /// The sixteen that the terminal's own settings choose.
    Ansi,
    /// None: bold, underlined and reversed text only.
    None,
}

/// How many colours the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DepthChoice {
    /// What the environment says.
    #[default]
    Auto,
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The terminal's own sixteen.
    Ansi,
    /// None.
    None,
}

/// Terminals that show 24 bits, by the beginning of `TERM`: over SSH nothing else reaches us.
const TRUE_COLOUR_TERMINALS: [&str; 7] = [
    "xterm-kitty",
    "xterm-ghostty",
    "ghostty",
    "alacritty",
    "foot",
    "wezterm",
    "contour",
];

/// Terminals without any colour, by the beginning of `TERM`.
const COLOURLESS_TERMINALS: [&str; 4] = ["dumb", "vt1", "vt2", "xterm-mono"];

impl Depth {
    /// Every depth, the richest first.
    pub const ALL: [Depth; 4] = [Depth::True, Depth::Indexed, Depth::Ansi, Depth::None];

    /// The depth's name, which is that of the choice for it.
    pub fn name(self) -> &'static str {
        DepthChoice::from(self).name()
    }

    /// The depth that a flag or the configuration asks for; left to us, the one that the
    /// environment variables tell: `NO_COLOR`, then `COLORTERM`, then `TERM`.
    pub fn detect(choice: DepthChoice, variable: impl Fn(&str) -> Option<String>) -> Depth {
        match choice {
            DepthChoice::Auto => Depth::of_environment(variable),
            DepthChoice::True => Depth::True,
            DepthChoice::Indexed => Depth::Indexed,
            DepthChoice::Ansi => Depth::Ansi,
            DepthChoice::None => Depth::None,
        }
    }

    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Depth {
        let value = |name| variable(name).unwrap_or_default();
        // An empty NO_COLOR means nothing: no-color.org.
        if !value("NO_COLOR").is_empty() {
            return Depth::None;
        }
        let term = value("TERM");
        let begins = |known: &&str| term.starts_with(known);
        if term.is_empty() || COLOURLESS_TERMINALS.iter().any(begins) {
            return Depth::None;
        }
        let promised = value("COLORTERM");
        if promised.contains("truecolor") || promised.contains("24bit") {
            return Depth::True;
        }
        if TRUE_COLOUR_TERMINALS.iter().any(begins) || term.ends_with("-direct") {
            Depth::True
        } else if term.contains("256color") {
            Depth::Indexed
        } else {
            Depth::Ansi
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl DepthChoice {
    /// Every choice.
    pub const ALL: [DepthChoice; 5] = [
        DepthChoice::Auto,
        DepthChoice::True,
        DepthChoice::Indexed,
        DepthChoice::Ansi,
        DepthChoice::None,
    ];

    /// The word for it on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            DepthChoice::Auto => "auto",
            DepthChoice::True => "true",
            DepthChoice::Indexed => "256",
            DepthChoice::Ansi => "16",
            DepthChoice::None => "none",
        }
    }
}

impl From<Depth> for DepthChoice {
    fn from(depth: Depth) -> Self {
        match depth {
            Depth::True => DepthChoice::True,
            Depth::Indexed => DepthChoice::Indexed,
            Depth::Ansi => DepthChoice::Ansi,
            Depth::None => DepthChoice::None,
        }
    }
}

impl fmt::Display for DepthChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A word that is no choice of colours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no colour depth '{}'; write auto, true, 256, 16 or none", text::clean(.0))]
pub struct DepthChoiceError(String);

impl FromStr for DepthChoice {
    type Err = DepthChoiceError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        DepthChoice::ALL
            .into_iter()
            .find(|choice| choice.name() == word)
            .ok_or_else(|| DepthChoiceError(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn depth(choice: DepthChoice, variables: &[(&str, &str)]) -> Depth {
        Depth::detect(choice, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const RICH: [(&str, &str); 2] = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];

    #[test]
    fn a_choice_wins_over_every_variable() {
        let silent = [RICH[0], RICH[1], ("NO_COLOR", "1")];
        assert_eq!(depth(DepthChoice::True, &silent), Depth::True);
        assert_eq!(depth(DepthChoice::Ansi, &RICH), Depth::Ansi);
        assert_eq!(depth(DepthChoice::None, &RICH), Depth::None);
        assert_eq!(depth(DepthChoice::Indexed, &[]), Depth::Indexed);
    }

    #[test]
    fn no_color_wins_over_the_terminal_unless_it_is_empty() {
        let with = |value| [RICH[0], RICH[1], ("NO_COLOR", value)];
        assert_eq!(depth(DepthChoice::Auto, &with("1")), Depth::None);
        assert_eq!(depth(DepthChoice::Auto, &with("")), Depth::True);
    }

    #[test]
    fn the_terminal_says_how_many_colours_it_has() {
        for (term, expected) in [
            ("xterm-256color", Depth::Indexed),
            ("tmux-256color", Depth::Indexed),
            ("xterm", Depth::Ansi),
            ("linux", Depth::Ansi),
            ("xterm-kitty", Depth::True),
            ("foot-extra", Depth::True),
            ("xterm-direct", Depth::True),
            ("vt220", Depth::None),
            ("dumb", Depth::None),
            ("", Depth::None),
        ] {
            assert_eq!(
                depth(DepthChoice::Auto, &[("TERM", term)]),
                expected,
                "{term}"
            );
        }
        assert_eq!(depth(DepthChoice::Auto, &[]), Depth::None);
        let promised = [("TERM", "xterm"), ("COLORTERM", "24bit")];
        assert_eq!(depth(DepthChoice::Auto, &promised), Depth::True);
        // A terminal that obeys no escape codes shows no colours, whatever was exported.
        let dumb = [("TERM", "dumb"), ("COLORTERM", "truecolor")];
        assert_eq!(depth(DepthChoice::Auto, &dumb), Depth::None);
    }

    #[test]
    fn every_choice_reads_back_and_others_are_refused() {
        for choice in DepthChoice::ALL {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        let refused = "24bit".parse::<DepthChoice>().unwrap_err().to_string();
        assert!(
            refused.contains("'24bit'") && refused.contains("256"),
            "{refused}"
        );
    }
}
