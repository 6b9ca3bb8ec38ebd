//! What this terminal can show, decided once and with a dead-line.
//!
//! The decision is ours, not viuer's: its own questions wait for ever on a terminal that does not
//! answer. viuer is asked only for what [`super::probe`] has just seen confirmed.

use std::io::IsTerminal;
use std::time::Duration;

use super::probe::{self, Reply};

/// How pictures are shown, as chosen by the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum GraphicsChoice {
    /// The best that the terminal confirms.
    #[default]
    Auto,
    /// The kitty graphics protocol.
    Kitty,
    /// The iTerm2 inline image protocol.
    Iterm,
    /// Sixel graphics.
    Sixel,
    /// Half-block characters.
    Blocks,
    /// No pictures, only where the files are.
    None,
}

/// Width and height of a character cell in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSize {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl CellSize {
    /// What most terminals have, where the size is not known.
    pub const USUAL: CellSize = CellSize {
        width: 8,
        height: 16,
    };
}

/// The way pictures reach the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// The kitty graphics protocol.
    Kitty,
    /// The iTerm2 inline image protocol.
    Iterm,
    /// Sixel graphics.
    Sixel,
    /// Characters.
    Cells(Colours),
}

/// Colours that characters may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// None: brightness becomes characters.
    None,
}

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
            ..Environment::default()
        }
    }

    /// Colours for pictures out of characters.
    pub fn colours(&self) -> Colours {
        if self.no_color || self.dumb {
            Colours::None
        } else if self.true_color {
            Colours::True
        } else {
            Colours::Indexed
        }
    }

    /// How long a terminal has to answer.
    fn patience(&self) -> Duration {
        Duration::from_millis(if self.remote { 1000 } else { 300 })
    }
}

/// What is used, and what the user should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The way pictures reach the screen; none: not at all.
    pub medium: Option<Medium>,
    /// Size of a cell, where the terminal told it.
    pub cell: Option<CellSize>,
    /// Why a choice could not be followed.
    pub note: Option<String>,
}

/// Decides for this process. Asks the terminal at most once.
pub fn decide(choice: GraphicsChoice) -> Decision {
    let environment = Environment::detect();
    let patience = environment.patience();
    decide_in(choice, &environment, || probe::ask(patience))
}

/// Decides for given surroundings; `ask` puts the questions to the terminal.
fn decide_in(
    choice: GraphicsChoice,
    environment: &Environment,
    ask: impl FnOnce() -> Option<Reply>,
) -> Decision {
    let plain = |medium| Decision {
        medium,
        cell: None,
        note: None,
    };
    let cells = Medium::Cells(environment.colours());
    if !environment.stdout_is_terminal || choice == GraphicsChoice::None {
        return plain(None);
    }
    let no_graphics = environment.dumb
        || !environment.stdin_is_terminal
        || (environment.multiplexer && choice == GraphicsChoice::Auto);
    if choice == GraphicsChoice::Blocks || (no_graphics && choice == GraphicsChoice::Auto) {
        return plain(Some(cells));
    }
    let reply = if no_graphics { None } else { ask() }.unwrap_or_default();
    let sixel = reply.sixel && reply.cell.is_some();
    let (medium, missing) = match choice {
        GraphicsChoice::Kitty => (reply.kitty.then_some(Medium::Kitty), "kitty graphics"),
        GraphicsChoice::Sixel => (
            sixel.then_some(Medium::Sixel),
            "sixel graphics and its cell size",
        ),
        GraphicsChoice::Iterm => (
            environment.iterm.then_some(Medium::Iterm),
            "iTerm2 pictures",
        ),
        GraphicsChoice::Auto | GraphicsChoice::Blocks | GraphicsChoice::None => {
            let best = if reply.kitty {
                Medium::Kitty
            } else if environment.iterm {
                Medium::Iterm
            } else if sixel {
                Medium::Sixel
            } else {
                cells
            };
            (Some(best), "")
        }
    };
    let note = medium
        .is_none()
        .then(|| format!("the terminal does not confirm {missing}; showing characters"));
    Decision {
        medium: Some(medium.unwrap_or(cells)),
        cell: reply.cell,
        note,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    fn local() -> Environment {
        Environment {
            stdout_is_terminal: true,
            stdin_is_terminal: true,
            true_color: true,
            ..Environment::default()
        }
    }

    fn everything() -> Option<Reply> {
        Some(Reply {
            kitty: true,
            sixel: true,
            cell: Some(CellSize::USUAL),
        })
    }

    fn never() -> Option<Reply> {
        panic!("the terminal must not be asked")
    }

    #[test]
    fn nothing_is_drawn_or_asked_where_output_is_no_terminal() {
        let environment = Environment {
            stdout_is_terminal: false,
            ..local()
        };
        for choice in [
            GraphicsChoice::Auto,
            GraphicsChoice::Kitty,
            GraphicsChoice::Blocks,
        ] {
            assert_eq!(decide_in(choice, &environment, never).medium, None);
        }
        assert_eq!(
            decide_in(GraphicsChoice::None, &local(), never).medium,
            None
        );
    }

    #[test]
    fn multiplexers_and_piped_input_get_blocks_unasked() {
        for environment in [
            Environment {
                multiplexer: true,
                ..local()
            },
            Environment {
                stdin_is_terminal: false,
                ..local()
            },
        ] {
            let decision = decide_in(GraphicsChoice::Auto, &environment, never);
            assert_eq!(decision.medium, Some(Medium::Cells(Colours::True)));
        }
    }

    #[test]
    fn the_best_confirmed_way_is_taken() {
        let medium = |environment: &Environment, reply| {
            decide_in(GraphicsChoice::Auto, environment, || reply).medium
        };
        let iterm = Environment {
            iterm: true,
            ..local()
        };
        let no_kitty = everything().map(|reply| Reply {
            kitty: false,
            ..reply
        });
        let no_cell = no_kitty.map(|reply| Reply {
            cell: None,
            ..reply
        });
        assert_eq!(medium(&iterm, everything()), Some(Medium::Kitty));
        assert_eq!(medium(&iterm, no_kitty), Some(Medium::Iterm));
        assert_eq!(medium(&local(), no_kitty), Some(Medium::Sixel));
        assert_eq!(
            medium(&local(), no_cell),
            Some(Medium::Cells(Colours::True))
        );
        assert_eq!(medium(&local(), None), Some(Medium::Cells(Colours::True)));
    }

    #[test]
    fn a_choice_that_the_terminal_does_not_confirm_falls_back_and_says_so() {
        let decision = decide_in(GraphicsChoice::Kitty, &local(), || None);
        assert_eq!(decision.medium, Some(Medium::Cells(Colours::True)));
        assert!(decision.note.is_some_and(|note| note.contains("kitty")));
        let decision = decide_in(GraphicsChoice::Kitty, &local(), everything);
        assert_eq!(
            (decision.medium, decision.note),
            (Some(Medium::Kitty), None)
        );
    }

    #[test]
    fn variables_decide_colours_and_multiplexers() {
        let environment = |variables: &[(&str, &str)]| {
            Environment::from_variables(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.to_string())
            })
        };
        let term = ("TERM", "xterm-256color");
        assert_eq!(environment(&[term]).colours(), Colours::Indexed);
        assert_eq!(
            environment(&[term, ("COLORTERM", "truecolor")]).colours(),
            Colours::True
        );
        assert_eq!(
            environment(&[term, ("NO_COLOR", "1")]).colours(),
            Colours::None
        );
        assert_eq!(environment(&[("TERM", "dumb")]).colours(), Colours::None);
        assert!(environment(&[("TERM", "screen-256color")]).multiplexer);
        assert!(environment(&[term, ("ZELLIJ", "0")]).multiplexer);
        assert!(!environment(&[term]).multiplexer);
    }
}
