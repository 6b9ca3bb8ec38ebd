//! Answers of the terminal that come when nobody waits for them any more: they look like keys.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Longest pause within an answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Tells answers from keys. An answer is read as alt-], alt-P or alt-_, its text, and alt-\ or ctrl-g.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// When the latest part of an answer came that has not ended.
    last: Option<Instant>,
}

impl Answers {
    /// Whether a key is part of an answer. What begins one is a key like others where nothing comes
    /// with it (`more_follows`): nobody types so fast.
    pub(super) fn take(&mut self, key: &KeyEvent, more_follows: bool, now: Instant) -> bool {
        let is_inside = self.last.is_some_and(|last| now - last < PAUSE);
        let has_alt = key.modifiers.contains(KeyModifiers::ALT);
        let begins = has_alt && more_follows && matches!(key.code, KeyCode::Char(']' | 'P' | '_'));
        let has_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let ends = match key.code {
            KeyCode::Char('\\') => has_alt,
            KeyCode::Char('g') => has_ctrl,
            _ => false,
        };
        self.last = (begins || is_inside && !ends).then_some(now);
        begins || is_inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(answers: &mut Answers, keys: &[(char, KeyModifiers)], now: Instant) -> Vec<bool> {
        let last = keys.len() - 1;
        let keys = keys.iter().enumerate();
        keys.map(|(at, &(character, modifiers))| {
            let key = KeyEvent::new(KeyCode::Char(character), modifiers);
            answers.take(&key, at < last, now)
        })
        .collect()
    }

    const ALT: KeyModifiers = KeyModifiers::ALT;
    const NONE: KeyModifiers = KeyModifiers::NONE;

    #[test]
    fn an_answer_is_taken_from_its_beginning_to_its_end() {
        let now = Instant::now();
        for end in [('\\', ALT), ('g', KeyModifiers::CONTROL)] {
            let keys = [('a', NONE), (']', ALT), ('1', NONE), end, ('b', NONE)];
            let taken = take(&mut Answers::default(), &keys, now);
            assert_eq!(taken, [false, true, true, true, false]);
        }
    }

    #[test]
    fn the_rest_of_an_answer_may_come_a_little_later() {
        let (mut answers, now) = (Answers::default(), Instant::now());
        take(&mut answers, &[('P', ALT), ('>', NONE)], now);
        let soon = now + PAUSE / 2;
        assert_eq!(take(&mut answers, &[('x', NONE)], soon), [true]);
        assert_eq!(take(&mut answers, &[('x', NONE)], soon + PAUSE), [false]);
    }

    #[test]
    fn a_key_that_might_begin_an_answer_is_a_key_where_it_comes_alone() {
        let now = Instant::now();
        let mut answers = Answers::default();
        assert_eq!(take(&mut answers, &[('P', ALT)], now), [false]);
        assert_eq!(take(&mut answers, &[('x', NONE)], now), [false]);
    }
}
