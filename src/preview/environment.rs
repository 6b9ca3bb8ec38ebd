//! What the surroundings say without being asked, and what it means beside the terminal's answers.

use std::io::IsTerminal;
use std::time::Duration;

use super::colour::luminance;
use super::probe::Reply;
use super::terminal::{Background, Colours};

/// How terminals with 24-bit colours name themselves, in lower case.
const TRUE_COLOUR: [&str; 10] = [
    "kitty", "ghostty", "wezterm", "iterm2", "foot", "konsole", "contour", "mintty", "rio", "vte",
];
/// How those name themselves that speak iTerm2's protocol.
const ITERM_SPEAKERS: [&str; 6] = ["iterm", "wezterm", "mintty", "rio", "warp", "konsole"];
/// How those name themselves that drop graphics.
const MULTIPLEXERS: [&str; 3] = ["tmux", "screen", "zellij"];

/// What the surroundings say without being asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Standard input is a terminal, so that answers can be read.
    pub stdin_is_terminal: bool,
    /// tmux, screen or zellij is in between, which drop graphics.
    pub multiplexer: bool,
    /// The terminal is at the other end of a network.
    pub remote: bool,
    /// The terminal says that it is iTerm2 or speaks its protocol.
    pub iterm: bool,
    /// `TERM` is `dumb` or missing: no escape codes.
    pub dumb: bool,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// `COLORTERM` promises 24 bits.
    pub true_color: bool,
    /// Last number of `COLORFGBG`.
    pub background_index: Option<u8>,
}

impl Environment {
    /// Of this process.
    pub fn detect() -> Environment {
        let mut environment =
            Environment::from_variables(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        environment.stdout_is_terminal = std::io::stdout().is_terminal();
        environment.stdin_is_terminal = std::io::stdin().is_terminal();
        // viuer must agree, or it would print something else; it reads variables only.
        environment.iterm = viuer::is_iterm_supported();
        environment
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Environment {
        let set = |name: &str| variable(name).is_some();
        let term = variable("TERM").unwrap_or_default();
        let color = variable("COLORTERM").unwrap_or_default();
        Environment {
            multiplexer: set("TMUX")
                || set("STY")
                || set("ZELLIJ")
                || term.starts_with("screen")
                || term.starts_with("tmux"),
            remote: set("SSH_CONNECTION") || set("SSH_TTY"),
            dumb: term.is_empty() || term == "dumb",
            no_color: set("NO_COLOR"),
            true_color: color.contains("truecolor") || color.contains("24bit"),
            background_index: variable("COLORFGBG")
                .and_then(|colours| colours.rsplit(';').next()?.parse().ok()),
            ..Environment::default()
        }
    }

    /// Colours for pictures out of characters, where the terminal is not asked.
    pub fn plain_colours(&self) -> Colours {
        self.colours(&Reply::default())
    }

    /// Colours for pictures out of characters. `COLORTERM` does not reach the other end of an SSH
    /// connection; the terminal's name does.
    pub(super) fn colours(&self, reply: &Reply) -> Colours {
        if self.no_color || self.dumb {
            Colours::None
        } else if self.true_color || is_any_of(reply, &TRUE_COLOUR) {
            Colours::True
        } else {
            Colours::Indexed
        }
    }

    /// How long a terminal has to answer.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_millis(if self.remote { 1000 } else { 300 })
    }

    /// tmux, screen or zellij is in between, as the variables or the terminal's name say.
    pub(super) fn is_multiplexed(&self, reply: &Reply) -> bool {
        self.multiplexer || is_any_of(reply, &MULTIPLEXERS)
    }

    /// The variables say so and the terminal, if it names itself, is not another one: variables
    /// reach programs in terminals that were started from there.
    pub(super) fn speaks_iterm(&self, reply: &Reply) -> bool {
        self.iterm && (reply.terminal.is_none() || is_any_of(reply, &ITERM_SPEAKERS))
    }

    /// `COLORFGBG` ends with the background's index among the first sixteen colours.
    pub(super) fn background(&self, reply: &Reply) -> Background {
        match (reply.background, self.background_index) {
            (Some(colour), _) if luminance(colour) < 0.5 => Background::Dark,
            (Some(_), _) | (None, Some(7 | 15)) => Background::Light,
            (None, Some(0..=6 | 8)) => Background::Dark,
            (None, _) => Background::Unknown,
        }
    }
}

impl Reply {
    /// The terminal is iTerm2, whatever the variables say.
    pub(super) fn is_named_iterm(&self) -> bool {
        is_any_of(self, &["iterm"])
    }
}

fn is_any_of(reply: &Reply, names: &[&str]) -> bool {
    let terminal = reply.terminal.as_deref().unwrap_or_default().to_lowercase();
    names.iter().any(|name| terminal.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_decide_colours_and_multiplexers() {
        let environment = |variables: &[(&str, &str)]| {
            Environment::from_variables(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.to_string())
            })
        };
        let term = ("TERM", "xterm-256color");
        assert_eq!(
            environment(&[term]).colours(&Reply::default()),
            Colours::Indexed
        );
        assert_eq!(
            environment(&[term, ("COLORTERM", "truecolor")]).colours(&Reply::default()),
            Colours::True
        );
        assert_eq!(
            environment(&[term, ("NO_COLOR", "1")]).colours(&Reply::default()),
            Colours::None
        );
        assert_eq!(
            environment(&[("TERM", "dumb")]).colours(&Reply::default()),
            Colours::None
        );
        assert!(environment(&[("TERM", "screen-256color")]).multiplexer);
        assert!(environment(&[term, ("ZELLIJ", "0")]).multiplexer);
        assert!(!environment(&[term]).multiplexer);
    }

    #[test]
    fn a_name_tells_colours_where_no_variable_does() {
        let term = Environment::from_variables(|name| {
            (name == "TERM").then(|| "xterm-256color".to_owned())
        });
        let named = |name: &str| Reply {
            terminal: Some(name.to_owned()),
            ..Reply::default()
        };
        assert_eq!(term.colours(&named("kitty(0.42.2)")), Colours::True);
        assert_eq!(term.colours(&named("tmux 3.4")), Colours::Indexed);
    }

    #[test]
    fn the_answer_decides_the_background_and_else_the_variable() {
        let environment = |index| Environment {
            background_index: index,
            ..Environment::default()
        };
        let answer = |background| Reply {
            background,
            ..Reply::default()
        };
        let background = |index, colour| environment(index).background(&answer(colour));
        assert_eq!(background(Some(15), Some([30, 30, 46])), Background::Dark);
        assert_eq!(background(None, Some([253, 246, 227])), Background::Light);
        assert_eq!(background(Some(15), None), Background::Light);
        assert_eq!(background(Some(0), None), Background::Dark);
        assert_eq!(background(None, None), Background::Unknown);
    }
}
