//! What this terminal can show, decided once and with a dead-line.
//!
//! The decision is ours, not viuer's: its own questions wait for ever on a terminal that does not
//! answer. viuer is told what [`super::probe`] has seen confirmed.

use super::environment::Environment;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colours {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// None: brightness becomes characters.
    None,
}

/// What the terminal draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Background {
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
    /// The terminal does not tell.
    #[default]
    Unknown,
}

impl Medium {
    /// What users call it.
    pub fn name(self) -> &'static str {
        match self {
            Medium::Kitty => "kitty graphics",
            Medium::Iterm => "iTerm2 pictures",
            Medium::Sixel => "sixel graphics",
            Medium::Cells(Colours::None) => "characters without colour",
            Medium::Cells(_) => "coloured characters",
        }
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
pub(super) fn decide_in(
    choice: GraphicsChoice,
    environment: &Environment,
    ask: impl FnOnce() -> Option<Reply>,
) -> Decision {
    if !environment.stdout_is_terminal || choice == GraphicsChoice::None {
        return Decision::unasked(None);
    }
    let cannot_answer = environment.dumb || !environment.stdin_is_terminal;
    let no_use_asking = cannot_answer || environment.multiplexer;
    if choice == GraphicsChoice::Blocks || (no_use_asking && choice == GraphicsChoice::Auto) {
        return Decision::unasked(Some(Medium::Cells(environment.plain_colours())));
    }
    let reply = if cannot_answer { None } else { ask() }.unwrap_or_default();
    let confirmed = confirmed(environment, &reply);
    let wanted = |medium: &Medium| match choice {
        GraphicsChoice::Kitty => *medium == Medium::Kitty,
        GraphicsChoice::Sixel => *medium == Medium::Sixel,
        GraphicsChoice::Iterm => *medium == Medium::Iterm,
        // Sixel graphics of a multiplexer are used by those who know that theirs can.
        GraphicsChoice::Auto => {
            matches!(medium, Medium::Cells(_)) || !environment.is_multiplexed(&reply)
        }
        GraphicsChoice::Blocks | GraphicsChoice::None => matches!(medium, Medium::Cells(_)),
    };
    let medium = confirmed.into_iter().find(wanted);
    Decision {
        note: medium
            .is_none()
            .then(|| refusal(choice, environment, &reply)),
        medium: Some(medium.unwrap_or(Medium::Cells(environment.colours(&reply)))),
        cell: reply.cell,
    }
}

/// Everything that works here, the best first; characters always do.
pub(super) fn confirmed(environment: &Environment, reply: &Reply) -> Vec<Medium> {
    let multiplexed = environment.is_multiplexed(reply);
    let ways = [
        (reply.kitty && !multiplexed, Medium::Kitty),
        (
            environment.speaks_iterm(reply) && !multiplexed,
            Medium::Iterm,
        ),
        (reply.sixel && reply.cell.is_some(), Medium::Sixel),
        (true, Medium::Cells(environment.colours(reply))),
    ];
    let works = ways.into_iter().filter(|(works, _)| *works);
    works.map(|(_, medium)| medium).collect()
}

fn refusal(choice: GraphicsChoice, environment: &Environment, reply: &Reply) -> String {
    let missing = match choice {
        GraphicsChoice::Sixel => "sixel graphics and its cell size",
        GraphicsChoice::Iterm => "iTerm2 pictures",
        _ => "kitty graphics",
    };
    if environment.is_multiplexed(reply) {
        return format!("{missing} do not pass through the multiplexer; showing characters");
    }
    if choice == GraphicsChoice::Iterm && reply.is_named_iterm() {
        return "iTerm2 pictures need LC_TERMINAL=iTerm2 in the environment; showing characters"
            .to_owned();
    }
    format!("the terminal does not confirm {missing}; showing characters")
}

impl Decision {
    fn unasked(medium: Option<Medium>) -> Decision {
        Decision {
            medium,
            cell: None,
            note: None,
        }
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
            ..Reply::default()
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
        let no_cell = no_kitty.clone().map(|reply| Reply {
            cell: None,
            ..reply
        });
        assert_eq!(medium(&iterm, everything()), Some(Medium::Kitty));
        assert_eq!(medium(&iterm, no_kitty.clone()), Some(Medium::Iterm));
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
    fn through_a_multiplexer_only_sixel_that_was_asked_for_is_used() {
        let inside = [
            Environment {
                multiplexer: true,
                iterm: true,
                ..local()
            },
            Environment {
                iterm: true,
                ..local()
            },
        ];
        for (environment, name) in inside.iter().zip([None, Some("tmux 3.4")]) {
            let reply = || {
                everything().map(|reply| Reply {
                    terminal: name.map(str::to_owned),
                    ..reply
                })
            };
            let medium = |choice| decide_in(choice, environment, reply).medium;
            let cells = Some(Medium::Cells(Colours::True));
            assert_eq!(medium(GraphicsChoice::Auto), cells);
            assert_eq!(medium(GraphicsChoice::Kitty), cells);
            assert_eq!(medium(GraphicsChoice::Iterm), cells);
            assert_eq!(medium(GraphicsChoice::Sixel), Some(Medium::Sixel));
            let note = decide_in(GraphicsChoice::Iterm, environment, reply).note;
            assert!(note.is_some_and(|note| note.contains("multiplexer")));
        }
    }

    #[test]
    fn a_terminal_that_names_itself_otherwise_is_no_iterm_whatever_the_variables_say() {
        let environment = Environment {
            iterm: true,
            ..local()
        };
        let named = |name: &str| {
            let reply = Reply {
                terminal: Some(name.to_owned()),
                ..Reply::default()
            };
            decide_in(GraphicsChoice::Auto, &environment, || Some(reply)).medium
        };
        assert_eq!(named("iTerm2 3.5.0"), Some(Medium::Iterm));
        assert_eq!(named("WezTerm 20240203"), Some(Medium::Iterm));
        assert_eq!(named("XTerm(379)"), Some(Medium::Cells(Colours::True)));
    }

    #[test]
    fn iterm_that_viuer_does_not_know_is_told_what_is_missing() {
        let reply = Reply {
            terminal: Some("iTerm2 3.5.0".to_owned()),
            ..Reply::default()
        };
        let decision = decide_in(GraphicsChoice::Iterm, &local(), || Some(reply));
        assert!(
            decision
                .note
                .is_some_and(|note| note.contains("LC_TERMINAL=iTerm2"))
        );
    }
}
