//! One setting on keys: a value that is stepped, typed and put back.

use crate::bundle::EncoderChoice;
use crate::engine::Transforms;
use crate::run::init;

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
    pub(super) value: Value,
    pub(super) initial: Value,
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
    /// A number from 0 up to an end, stepped evenly.
    Amount {
        /// Greatest.
        high: f64,
        /// How far a step goes.
        step: f64,
        /// Whether it may be left to the program (`auto`).
        automatic: bool,
    },
    /// A share in (0, 1].
    Share,
    /// Any text.
    Text,
    /// What a flag of the command line takes.
    Written(Form),
}

/// A flag whose values are written in words of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `--encoder`.
    Encoder,
    /// `--init`.
    Start,
    /// `--transform`, which may be left out (`auto`).
    Transforms,
}

impl Form {
    /// What one goes through by keys; more can be typed.
    fn offered(self) -> &'static [&'static str] {
        match self {
            Form::Encoder => &["bundle", "pixels"],
            Form::Start => &["random"],
            Form::Transforms => &[
                AUTOMATIC,
                "shift:2",
                "noise:0.05",
                "scale:5",
                "shift:2,noise:0.05,scale:5",
            ],
        }
    }

    /// Reads it as the flag does.
    fn parse(self, text: &str) -> Result<Value, String> {
        let written = match self {
            Form::Transforms if text == AUTOMATIC || text.is_empty() => {
                return Ok(Value::Automatic);
            }
            Form::Transforms => text
                .parse::<Transforms>()
                .map(|read| read.to_string())
                .map_err(|error| error.to_string()),
            Form::Encoder => text
                .parse::<EncoderChoice>()
                .map(|read| read.to_string())
                .map_err(|error| error.to_string()),
            Form::Start => init::Start::parse(text)
                .map(|_| text.to_owned())
                .map_err(|error| error.to_string()),
        };
        written.map(Value::Text)
    }
}

/// How a setting that is left to the program is written.
pub const AUTOMATIC: &str = "auto";

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
            Value::Automatic => formatter.write_str(AUTOMATIC),
            Value::Whole(value) => write!(formatter, "{value}"),
            Value::Number(value) => write!(formatter, "{value}"),
            Value::Text(text) => formatter.write_str(text),
        }
    }
}

/// One step of a positive number.
const RATIO: f64 = 1.25;
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
    pub(super) fn stepped(&self, steps: i32) -> Value {
        match (&self.range, &self.value) {
            (Range::Choice(choices), Value::Text(text)) => {
                let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
                Value::Text(next(&choices, text, steps).to_owned())
            }
            (Range::Written(form), value) => {
                let to = next(form.offered(), &value.to_string(), steps);
                // What is offered can be read.
                form.parse(to).unwrap_or_else(|_| value.clone())
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
            (
                &Range::Amount {
                    high,
                    step,
                    automatic,
                },
                value,
            ) => {
                let from = match value {
                    // One step below 0.
                    Value::Automatic => -1.0,
                    Value::Number(value) => (value / step).round(),
                    _ => 0.0,
                };
                let to = (from + f64::from(steps)) * step;
                if to < 0.0 && automatic {
                    Value::Automatic
                } else {
                    Value::Number(six_digits(to).clamp(0.0, high))
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
    pub(super) fn parse(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match &self.range {
            Range::Choice(choices) => choices
                .iter()
                .find(|choice| *choice == text)
                .map(|choice| Value::Text(choice.clone()))
                .ok_or_else(|| format!("{}: one of {}", self.title, choices.join(", "))),
            Range::Whole {
                automatic: true, ..
            } if text == AUTOMATIC || text.is_empty() => Ok(Value::Automatic),
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
            Range::Amount {
                automatic: true, ..
            } if text == AUTOMATIC || text.is_empty() => Ok(Value::Automatic),
            Range::Amount {
                high, automatic, ..
            } => text
                .parse()
                .ok()
                .filter(|value: &f64| (0.0..=*high).contains(value))
                .map(Value::Number)
                .ok_or_else(|| {
                    let or = if *automatic { "auto, or " } else { "" };
                    format!("{}: {or}a number from 0 to {high}", self.title)
                }),
            Range::Written(form) => form.parse(text),
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

/// The choice `steps` on from one, round and round; the first where it is none of them.
fn next<'a>(choices: &[&'a str], from: &str, steps: i32) -> &'a str {
    let length = choices.len().max(1) as i32;
    let at = choices.iter().position(|choice| *choice == from);
    let to = at.map_or(0, |at| (at as i32 + steps).rem_euclid(length) as usize);
    choices.get(to).copied().unwrap_or_default()
}

/// Without what rounding leaves of a sum of steps.
fn six_digits(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Rounded to two significant digits, so that stepped values stay short.
fn two_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.1e}").parse().unwrap_or(value)
}
