//! Everything that the screens must know about the terminal before they take it over.

use super::assure::viuer_agrees;
use super::environment::Environment;
use super::probe::{self, Reply};
use super::terminal::{
    Background, Colours, Decision, GraphicsChoice, Medium, confirmed, decide_in,
};

/// What the terminal is and can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// How pictures are shown at first.
    pub decision: Decision,
    /// All ways that work here, the best first. Characters are always among them, unless output is
    /// no terminal.
    pub media: Vec<Medium>,
    /// What it draws on.
    pub background: Background,
    /// Its name and version, as it says.
    pub terminal: Option<String>,
    /// Colours of characters.
    pub colours: Colours,
    /// tmux, screen or zellij is in between.
    pub multiplexer: bool,
    /// It is at the other end of a network.
    pub remote: bool,
}

impl Facts {
    /// What holds before the terminal is asked, or where it is not: characters with these colours.
    pub fn of_characters(colours: Colours) -> Facts {
        Facts {
            decision: Decision {
                medium: Some(Medium::Cells(colours)),
                cell: None,
                note: None,
            },
            media: vec![Medium::Cells(colours)],
            background: Background::Unknown,
            terminal: None,
            colours,
            multiplexer: false,
            remote: false,
        }
    }
}

/// The facts for this process. Asks the terminal and prepares viuer; both may read standard input,
/// so this comes before any thread that reads keys. Nothing is asked a second time.
pub fn terminal_facts(choice: GraphicsChoice) -> Facts {
    let environment = Environment::detect();
    let can_answer =
        environment.stdout_is_terminal && environment.stdin_is_terminal && !environment.dumb;
    let reply = if can_answer {
        probe::ask(environment.patience())
    } else {
        None
    };
    facts_of(
        choice,
        &environment,
        &reply.unwrap_or_default(),
        viuer_agrees,
    )
}

fn facts_of(
    choice: GraphicsChoice,
    environment: &Environment,
    reply: &Reply,
    agrees: impl Fn(Medium) -> bool,
) -> Facts {
    let colours = environment.colours(reply);
    let mut decision = decide_in(choice, environment, || Some(reply.clone()));
    decision.cell = reply.cell;
    if let Some(medium) = decision.medium.filter(|&medium| !agrees(medium)) {
        decision.medium = Some(Medium::Cells(colours));
        decision.note = Some(format!(
            "{} cannot be used; showing characters",
            medium.name()
        ));
    }
    if let Some(Medium::Cells(found)) = &mut decision.medium {
        *found = colours;
    }
    let media = if environment.stdout_is_terminal {
        confirmed(environment, reply)
    } else {
        Vec::new()
    };
    Facts {
        media: media.into_iter().filter(|&medium| agrees(medium)).collect(),
        decision,
        background: environment.background(reply),
        terminal: reply.terminal.clone(),
        colours,
        multiplexer: environment.is_multiplexed(reply),
        remote: environment.remote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::terminal::CellSize;

    fn environment() -> Environment {
        Environment {
            stdout_is_terminal: true,
            stdin_is_terminal: true,
            ..Environment::default()
        }
    }

    fn kitty() -> Reply {
        Reply {
            kitty: true,
            sixel: true,
            cell: Some(CellSize::USUAL),
            terminal: Some("kitty(0.42)".to_owned()),
            background: Some([0, 0, 0]),
        }
    }

    #[test]
    fn everything_that_works_is_listed_and_the_best_is_taken() {
        let facts = facts_of(GraphicsChoice::Auto, &environment(), &kitty(), |_| true);
        let cells = Medium::Cells(Colours::True);
        assert_eq!(facts.media, [Medium::Kitty, Medium::Sixel, cells]);
        assert_eq!(facts.decision.medium, Some(Medium::Kitty));
        assert_eq!(facts.background, Background::Dark);
        assert_eq!((facts.multiplexer, facts.remote), (false, false));
    }

    #[test]
    fn what_viuer_would_not_print_is_not_used() {
        let agrees = |medium| matches!(medium, Medium::Cells(_));
        let facts = facts_of(GraphicsChoice::Auto, &environment(), &kitty(), agrees);
        assert_eq!(facts.media, [Medium::Cells(Colours::True)]);
        assert_eq!(facts.decision.medium, Some(Medium::Cells(Colours::True)));
        assert!(
            facts
                .decision
                .note
                .is_some_and(|note| note.contains("kitty"))
        );
    }

    #[test]
    fn a_choice_of_characters_keeps_the_other_ways_at_hand() {
        let facts = facts_of(GraphicsChoice::Blocks, &environment(), &kitty(), |_| true);
        assert_eq!(facts.decision.medium, Some(Medium::Cells(Colours::True)));
        assert_eq!(facts.decision.cell, Some(CellSize::USUAL));
        assert_eq!(facts.media[0], Medium::Kitty);
    }

    #[test]
    fn without_a_terminal_there_is_no_way() {
        let facts = facts_of(
            GraphicsChoice::Auto,
            &Environment::default(),
            &Reply::default(),
            |_| true,
        );
        assert_eq!((facts.decision.medium, facts.media), (None, Vec::new()));
    }
}
