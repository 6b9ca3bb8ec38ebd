//! Values on keys: a list of settings that are chosen, stepped, typed, reset and undone.

use super::cursor::Cursor;

/// One setting: what it is called and which values it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Knob {
    /// As on the command line, without dashes: `step-size`.
    pub id: &'static str,
    /// On the screen.
    pub title: &'static str,
    /// One line about it.
    pub help: &'static str,
    /// Its values.
    pub range: Range,
    value: Value,
    initial: Value,
}

/// The values of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Range {
    /// One of these.
    Choice(Vec<String>),
    /// Whole numbers between two ends, and whether none (`auto`) is one of them.
    Whole {
        /// Least.
        low: u64,
        /// Greatest.
        high: u64,
        /// Whether it may be left to the program.
        automatic: bool,
        /// Whether a step is a factor rather than one more.
        by_ratio: bool,
    },
    /// Positive numbers up to an end, stepped by a factor.
    Positive {
        /// Greatest.
        high: f64,
    },
    /// Left to the program (`auto`), or a number from 0 up to an end.
    Amount {
        /// Greatest.
        high: f64,
    },
    /// A share in (0, 1].
    Share,
    /// Any text.
    Text,
}

/// A value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Left to the program.
    Automatic,
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f64),
    /// A choice or a text.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Automatic => formatter.write_str("auto"),
            Value::Whole(value) => write!(formatter, "{value}"),
            Value::Number(value) => write!(formatter, "{value}"),
            Value::Text(text) => formatter.write_str(text),
        }
    }
}

/// One step of a positive number.
const RATIO: f64 = 1.25;
/// One step of an amount.
const AMOUNT: f64 = 0.25;
/// One step of a share.
const SHARE: f64 = 0.05;

impl Knob {
    /// A setting at its first value.
    pub fn new(
        id: &'static str,
        title: &'static str,
        help: &'static str,
        range: Range,
        value: Value,
    ) -> Knob {
        Knob {
            id,
            title,
            help,
            range,
            initial: value.clone(),
            value,
        }
    }

    /// Its value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether it differs from its first value.
    pub fn is_changed(&self) -> bool {
        self.value != self.initial
    }

    /// The value `steps` away.
    fn stepped(&self, steps: i32) -> Value {
        match (&self.range, &self.value) {
            (Range::Choice(choices), Value::Text(text)) => {
                let at = choices
                    .iter()
                    .position(|choice| choice == text)
                    .unwrap_or(0);
                let length = choices.len().max(1) as i32;
                let to = (at as i32 + steps).rem_euclid(length) as usize;
                Value::Text(choices.get(to).unwrap_or(text).clone())
            }
            (
                &Range::Whole {
                    low,
                    high,
                    automatic,
                    by_ratio,
                },
                value,
            ) => {
                let from = match value {
                    Value::Whole(value) => Some(*value),
                    _ => None,
                };
                let to = match from {
                    None => (steps > 0).then_some(low),
                    Some(from) if by_ratio => Some(stepped_by_ratio(from, steps)),
                    Some(from) => from.checked_add_signed(i64::from(steps)),
                };
                match to {
                    Some(to) if to >= low => Value::Whole(to.min(high)),
                    _ if automatic => Value::Automatic,
                    _ => Value::Whole(low),
                }
            }
            (&Range::Positive { high }, &Value::Number(value)) => {
                Value::Number(two_digits(value * RATIO.powi(steps)).clamp(f64::MIN_POSITIVE, high))
            }
            (&Range::Amount { high }, value) => {
                let from = match value {
                    // One step below 0.
                    Value::Automatic => -1.0,
                    Value::Number(value) => (value / AMOUNT).round(),
                    _ => 0.0,
                };
                let to = (from + f64::from(steps)) * AMOUNT;
                if to < 0.0 {
                    Value::Automatic
                } else {
                    Value::Number(to.min(high))
                }
            }
            (Range::Share, &Value::Number(value)) => {
                let to = (value / SHARE).round() * SHARE + SHARE * f64::from(steps);
                Value::Number(two_digits(to.clamp(SHARE, 1.0)))
            }
            _ => self.value.clone(),
        }
    }

    /// Reads a typed value.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    fn parse(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match &self.range {
            Range::Choice(choices) => choices
                .iter()
                .find(|choice| *choice == text)
                .map(|choice| Value::Text(choice.clone()))
                .ok_or_else(|| format!("{}: one of {}", self.title, choices.join(", "))),
            Range::Whole {
                automatic: true, ..
            } if text == "auto" || text.is_empty() => Ok(Value::Automatic),
            Range::Whole { low, high, .. } => text
                .parse()
                .ok()
                .filter(|value| (low..=high).contains(&value))
                .map(Value::Whole)
                .ok_or_else(|| format!("{}: a whole number from {low} to {high}", self.title)),
            Range::Positive { high } => text
                .parse()
                .ok()
                .filter(|&value: &f64| value > 0.0 && value <= *high)
                .map(Value::Number)
                .ok_or_else(|| format!("{}: a number above 0, at most {high}", self.title)),
            Range::Amount { .. } if text == "auto" || text.is_empty() => Ok(Value::Automatic),
            Range::Amount { high } => text
                .parse()
                .ok()
                .filter(|value: &f64| (0.0..=*high).contains(value))
                .map(Value::Number)
                .ok_or_else(|| format!("{}: auto, or a number from 0 to {high}", self.title)),
            Range::Share => text
                .parse()
                .ok()
                .filter(|&value: &f64| value > 0.0 && value <= 1.0)
                .map(Value::Number)
                .ok_or_else(|| format!("{}: a number above 0, at most 1", self.title)),
            Range::Text if text.is_empty() => Err(format!("{}: it cannot be empty", self.title)),
            Range::Text => Ok(Value::Text(text.to_owned())),
        }
    }
}

fn stepped_by_ratio(from: u64, steps: i32) -> u64 {
    let to = two_digits(from.max(1) as f64 * RATIO.powi(steps)).round() as u64;
    // Small numbers would stay where they are.
    if steps > 0 {
        to.max(from.saturating_add(u64::from(steps.unsigned_abs().min(8))))
    } else {
        to.min(from.saturating_sub(u64::from(steps.unsigned_abs().min(8))))
    }
}

/// Rounded to two significant digits, so that stepped values stay short.
fn two_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.1e}").parse().unwrap_or(value)
}

/// The settings of a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Knobs {
    knobs: Vec<Knob>,
    /// Which one the keys turn.
    pub cursor: Cursor,
    undo: Vec<(usize, Value)>,
}

/// Changes that can be taken back.
const UNDO_DEPTH: usize = 200;

impl Knobs {
    /// Settings at their first values.
    pub fn new(knobs: Vec<Knob>) -> Knobs {
        Knobs {
            knobs,
            cursor: Cursor::default(),
            undo: Vec::new(),
        }
    }

    /// All, in order.
    pub fn all(&self) -> &[Knob] {
        &self.knobs
    }

    /// The value of one.
    pub fn value(&self, id: &str) -> Option<&Value> {
        self.knobs
            .iter()
            .find(|knob| knob.id == id)
            .map(Knob::value)
    }

    /// The one that the keys turn.
    pub fn selected(&self) -> Option<&Knob> {
        self.knobs.get(self.cursor.selected(self.knobs.len())?)
    }

    /// Selects another.
    pub fn select(&mut self, lines: isize) {
        self.cursor.step(lines, self.knobs.len());
    }

    /// Steps the selected one; says whether it changed.
    pub fn step(&mut self, steps: i32) -> bool {
        let value = self.selected().map(|knob| knob.stepped(steps));
        self.change(value)
    }

    /// Sets the selected one to what was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set_text(&mut self, text: &str) -> Result<bool, String> {
        let value = self.selected().map(|knob| knob.parse(text)).transpose()?;
        Ok(self.change(value))
    }

    /// Puts the selected one back to its first value.
    pub fn reset(&mut self) -> bool {
        let value = self.selected().map(|knob| knob.initial.clone());
        self.change(value)
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Takes back the last change, and selects what it changes.
    pub fn undo(&mut self) -> bool {
        let Some((at, value)) = self.undo.pop() else {
            return false;
        };
        self.cursor.select(at);
        self.knobs[at].value = value;
        true
    }

    /// Sets one from outside: it is no change of the user's.
    pub fn set(&mut self, id: &str, value: Value) {
        if let Some(knob) = self.knobs.iter_mut().find(|knob| knob.id == id) {
            knob.value = value;
        }
    }

    /// Takes the values as first ones.
    pub fn settle(&mut self) {
        for knob in &mut self.knobs {
            knob.initial = knob.value.clone();
        }
        self.undo.clear();
    }

    fn change(&mut self, value: Option<Value>) -> bool {
        let Some((at, value)) = self.cursor.selected(self.knobs.len()).zip(value) else {
            return false;
        };
        if self.knobs[at].value == value {
            return false;
        }
        let before = std::mem::replace(&mut self.knobs[at].value, value);
        if self.undo.len() == UNDO_DEPTH {
            self.undo.remove(0);
        }
        self.undo.push((at, before));
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn knobs() -> Knobs {
        let whole = |automatic| Range::Whole {
            low: 1,
            high: 1000,
            automatic,
            by_ratio: true,
        };
        Knobs::new(vec![
            Knob::new(
                "step-size",
                "step size",
                "",
                Range::Positive { high: 10.0 },
                Value::Number(0.05),
            ),
            Knob::new("n", "n", "", whole(false), Value::Whole(48)),
            Knob::new("batch", "batch", "", whole(true), Value::Automatic),
            Knob::new(
                "method",
                "method",
                "",
                Range::Choice(vec!["incremental".into(), "joint".into()]),
                Value::Text("joint".into()),
            ),
        ])
    }

    #[test]
    fn numbers_step_by_a_factor_and_stay_short() {
        let mut knobs = knobs();
        assert!(knobs.step(1));
        assert_eq!(knobs.value("step-size"), Some(&Value::Number(0.062)));
        assert!(knobs.step(10));
        assert_eq!(knobs.value("step-size"), Some(&Value::Number(0.58)));
        assert!(knobs.reset());
        assert_eq!(knobs.value("step-size"), Some(&Value::Number(0.05)));
    }

    #[test]
    fn every_change_can_be_undone_in_turn() {
        let mut knobs = knobs();
        let first = knobs.clone();
        knobs.step(1);
        knobs.select(1);
        knobs.step(-1);
        knobs.set_text("7").unwrap();
        assert_eq!(knobs.value("n"), Some(&Value::Whole(7)));
        while knobs.undo() {}
        for (now, before) in knobs.all().iter().zip(first.all()) {
            assert_eq!(now.value(), before.value());
        }
    }

    #[test]
    fn automatic_lies_below_the_least_number() {
        let mut knobs = knobs();
        knobs.select(2);
        knobs.step(1);
        assert_eq!(knobs.value("batch"), Some(&Value::Whole(1)));
        knobs.step(-1);
        assert_eq!(knobs.value("batch"), Some(&Value::Automatic));
    }

    #[test]
    fn small_whole_numbers_move_too() {
        let mut knobs = knobs();
        knobs.select(1);
        knobs.set_text("2").unwrap();
        knobs.step(1);
        assert_eq!(knobs.value("n"), Some(&Value::Whole(3)));
        knobs.step(-10);
        assert_eq!(knobs.value("n"), Some(&Value::Whole(1)));
    }

    #[test]
    fn an_amount_may_be_none_or_left_to_the_program() {
        let amount = Range::Amount { high: 10.0 };
        let mut knobs = Knobs::new(vec![Knob::new("s", "s", "", amount, Value::Automatic)]);
        for (steps, value) in [(1, 0.0), (6, 1.5), (-2, 1.0), (100, 10.0), (-40, 0.0)] {
            knobs.step(steps);
            assert_eq!(knobs.value("s"), Some(&Value::Number(value)));
        }
        knobs.step(-1);
        assert_eq!(knobs.value("s"), Some(&Value::Automatic));
        knobs.set_text("0.7").unwrap();
        assert_eq!(knobs.value("s"), Some(&Value::Number(0.7)));
        knobs.set_text("auto").unwrap();
        assert_eq!(knobs.value("s"), Some(&Value::Automatic));
        assert!(knobs.set_text("-1").unwrap_err().contains("from 0 to 10"));
    }

    #[test]
    fn choices_go_round() {
        let mut knobs = knobs();
        knobs.select(3);
        knobs.step(1);
        assert_eq!(
            knobs.value("method"),
            Some(&Value::Text("incremental".into()))
        );
    }

    #[test]
    fn a_typed_value_out_of_range_says_what_is_right() {
        let mut knobs = knobs();
        let error = knobs.set_text("-3").unwrap_err();
        assert!(error.contains("above 0"), "{error}");
        knobs.select(1);
        let error = knobs.set_text("2000").unwrap_err();
        assert!(error.contains("1 to 1000"), "{error}");
    }
}
