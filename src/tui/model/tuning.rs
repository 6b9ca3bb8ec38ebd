//! The settings of a run that may change while it works: wanted, and in force.

use super::applies::{Scene, Takes};
use super::knob::{Knob, Range, Value};
use super::knobs::Knobs;
use crate::run::control::{Command, Parameter};
use crate::sampler::{MethodKind, Tunables};

/// Settings on keys, each pending until the worker has taken it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// What the user wants.
    pub knobs: Knobs,
    in_force: Tunables,
}

impl Tuning {
    /// The settings of a run of a method as it was started.
    pub fn new(tunables: Tunables, method: MethodKind) -> Tuning {
        let scene = Scene {
            method,
            bundle: Takes::default(),
        };
        Tuning {
            knobs: Knobs::new(
                Parameter::ALL
                    .iter()
                    .map(|&parameter| knob(parameter, value(parameter, &tunables)))
                    .collect(),
                scene,
            ),
            in_force: tunables,
        }
    }

    /// The worker says what is in force: what the user has not touched follows it.
    pub fn acknowledge(&mut self, tunables: &Tunables) {
        for &parameter in Parameter::ALL {
            let before = value(parameter, &self.in_force);
            let now = value(parameter, tunables);
            if before != now && self.knobs.value(parameter.name()) == Some(&before) {
                self.knobs.set(parameter.name(), now);
            }
        }
        self.in_force = *tunables;
    }

    /// What is pending will not be taken: what is in force is what the user sees.
    pub fn give_up(&mut self) {
        for &parameter in Parameter::ALL {
            self.knobs
                .set(parameter.name(), value(parameter, &self.in_force));
        }
    }

    /// What is in force of one setting.
    pub fn in_force(&self, parameter: Parameter) -> Value {
        value(parameter, &self.in_force)
    }

    /// Whether the worker has yet to take it.
    pub fn is_pending(&self, parameter: Parameter) -> bool {
        self.knobs
            .value(parameter.name())
            .is_some_and(|wanted| *wanted != value(parameter, &self.in_force))
    }

    /// The setting that the keys turn.
    pub fn selected(&self) -> Option<Parameter> {
        self.knobs.selected()?.id.parse().ok()
    }

    /// The order for the worker that sets the selected setting as wanted.
    pub fn order(&self) -> Option<Command> {
        let parameter = self.selected()?;
        let value = match self.knobs.selected()?.value() {
            Value::Whole(value) => *value as f64,
            Value::Number(value) => *value,
            Value::Automatic | Value::Text(_) => return None,
        };
        Some(Command::Set { parameter, value })
    }
}

fn value(parameter: Parameter, tunables: &Tunables) -> Value {
    match parameter {
        Parameter::StepSize => Value::Number(tunables.step_size),
        Parameter::PlainStep => Value::Number(tunables.plain_step),
        Parameter::Alpha => Value::Number(tunables.alpha),
        Parameter::MaxSteps => Value::Whole(tunables.max_steps),
        Parameter::GiveUpAfter => Value::Whole(tunables.give_up_after),
    }
}

fn knob(parameter: Parameter, value: Value) -> Knob {
    let whole = Range::Whole {
        low: 1,
        high: u64::MAX >> 11,
        automatic: false,
        by_ratio: true,
    };
    let positive = Range::Positive { high: 100.0 };
    let (title, help, range) = match parameter {
        Parameter::StepSize => (
            "step size",
            "Adam's step, in spreads of the code prior",
            positive,
        ),
        Parameter::PlainStep => (
            "plain step",
            "step of incremental, in typical code lengths",
            positive,
        ),
        Parameter::Alpha => (
            "alpha",
            "share of the way to an end that one step may take",
            Range::Share,
        ),
        Parameter::MaxSteps => ("most steps", "steps after which the run ends", whole),
        Parameter::GiveUpAfter => (
            "give up after",
            "steps without coming nearer after which a start is given up",
            whole,
        ),
    };
    Knob::new(parameter.name(), title, help, range, value)
}
