//! The settings that may change between two steps of a method.

use super::settings::{Settings, SettingsError, Stop, choice};
use super::state::{State, StateError};
use serde::{Deserialize, Serialize};

/// Whole numbers up to here are exact as floats, and so are counts given as one.
const LARGEST_COUNT: f64 = (1_u64 << 53) as f64;

/// The settings that may change between two steps; each means what it means in [`Settings`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tunables {
    /// Adam's step, in spreads of the code prior.
    pub step_size: f64,
    /// Length of the plain step of `incremental`, in typical code lengths.
    pub plain_step: f64,
    /// Share of the distance to an end of the interval that one step may take, in (0, 1].
    pub alpha: f64,
    /// Steps after which the run ends with what is feasible.
    pub max_steps: u64,
    /// Steps without coming nearer after which a start is drawn anew.
    pub give_up_after: u64,
    /// When `joint` ends.
    pub stop: Stop,
}

choice!(
    /// A tunable that is a number.
    Parameter {
        /// [`Tunables::step_size`].
        StepSize = "step-size",
        /// [`Tunables::plain_step`].
        PlainStep = "plain-step",
        /// [`Tunables::alpha`].
        Alpha = "alpha",
        /// [`Tunables::max_steps`].
        MaxSteps = "max-steps",
        /// [`Tunables::give_up_after`].
        GiveUpAfter = "give-up-after",
    }
);

impl Parameter {
    /// Whether its values are whole numbers.
    pub fn is_count(self) -> bool {
        matches!(self, Parameter::MaxSteps | Parameter::GiveUpAfter)
    }
}

impl Tunables {
    /// Those of a run at its start.
    pub fn of(settings: &Settings) -> Self {
        Tunables {
            step_size: settings.step_size,
            plain_step: settings.plain_step,
            alpha: settings.alpha,
            max_steps: settings.max_steps,
            give_up_after: settings.give_up_after,
            stop: settings.stop,
        }
    }

    /// The value of one of them.
    pub fn value(&self, parameter: Parameter) -> f64 {
        match parameter {
            Parameter::StepSize => self.step_size,
            Parameter::PlainStep => self.plain_step,
            Parameter::Alpha => self.alpha,
            Parameter::MaxSteps => self.max_steps as f64,
            Parameter::GiveUpAfter => self.give_up_after as f64,
        }
    }

    /// The same with another value of one of them.
    ///
    /// # Errors
    /// The value makes no sense.
    pub fn with(self, parameter: Parameter, value: f64) -> Result<Self, SettingsError> {
        let mut tunables = self;
        match parameter {
            Parameter::StepSize => tunables.step_size = value,
            Parameter::PlainStep => tunables.plain_step = value,
            Parameter::Alpha => tunables.alpha = value,
            Parameter::MaxSteps => tunables.max_steps = count(parameter, value)?,
            Parameter::GiveUpAfter => tunables.give_up_after = count(parameter, value)?,
        }
        tunables.check()?;
        Ok(tunables)
    }

    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        for (name, value) in [
            ("max_steps", self.max_steps),
            ("give_up_after", self.give_up_after),
        ] {
            if value == 0 {
                return Err(SettingsError::Zero { name });
            }
        }
        for (name, value) in [
            ("step_size", self.step_size),
            ("plain_step", self.plain_step),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(SettingsError::NotPositive { name, value });
            }
        }
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            return Err(SettingsError::Alpha(self.alpha));
        }
        Ok(())
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put_f64("tunables", &[self.step_size, self.plain_step, self.alpha]);
        state.put_integer("max_steps", self.max_steps);
        state.put_integer("give_up_after", self.give_up_after);
        let stop = Stop::ALL.iter().position(|&choice| choice == self.stop);
        state.put_integer("stop", stop.unwrap_or(0) as u64);
    }

    /// Those of a state.
    pub(super) fn load(state: &State) -> Result<Self, StateError> {
        let wrong = |name: &str| StateError::Value {
            name: name.to_owned(),
        };
        let numbers = state.f64("tunables", Some(3))?;
        let stop = usize::try_from(state.integer("stop")?).ok();
        let stop = stop.and_then(|stop| Stop::ALL.get(stop));
        let tunables = Tunables {
            step_size: numbers[0],
            plain_step: numbers[1],
            alpha: numbers[2],
            max_steps: state.integer("max_steps")?,
            give_up_after: state.integer("give_up_after")?,
            stop: *stop.ok_or_else(|| wrong("stop"))?,
        };
        tunables.check().map_err(|_| wrong("tunables"))?;
        Ok(tunables)
    }
}

/// A count given as a float; zero is left to [`Tunables::check`].
fn count(parameter: Parameter, value: f64) -> Result<u64, SettingsError> {
    if value.fract() == 0.0 && (0.0..=LARGEST_COUNT).contains(&value) {
        Ok(value as u64)
    } else {
        Err(SettingsError::NotWhole {
            name: parameter.name(),
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::sampler::MethodKind;

    fn tunables() -> Tunables {
        Tunables::of(&Settings::new(MethodKind::Joint, 4))
    }

    #[test]
    fn each_parameter_sets_what_it_names_and_nothing_else() {
        for &parameter in Parameter::ALL {
            let value = if parameter.is_count() { 7.0 } else { 0.25 };
            let set = tunables().with(parameter, value).unwrap();
            for &other in Parameter::ALL {
                let expected = if other == parameter {
                    value
                } else {
                    tunables().value(other)
                };
                assert_eq!(set.value(other), expected, "{parameter} {other}");
            }
            assert_eq!(parameter.name().parse::<Parameter>().unwrap(), parameter);
        }
    }

    #[test]
    fn senseless_values_are_refused() {
        for (parameter, value) in [
            (Parameter::StepSize, 0.0),
            (Parameter::StepSize, f64::NAN),
            (Parameter::PlainStep, -1.0),
            (Parameter::Alpha, 1.5),
            (Parameter::Alpha, 0.0),
            (Parameter::MaxSteps, 0.0),
            (Parameter::MaxSteps, 2.5),
            (Parameter::MaxSteps, 1e300),
            (Parameter::GiveUpAfter, -3.0),
            (Parameter::GiveUpAfter, f64::NAN),
        ] {
            assert!(
                tunables().with(parameter, value).is_err(),
                "{parameter} {value}"
            );
        }
        let error = tunables().with(Parameter::MaxSteps, 2.5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "max-steps is 2.5: it must be a whole number"
        );
    }

    #[test]
    fn tunables_of_a_damaged_state_are_refused() {
        let mut state = State::default();
        let tuned = Tunables {
            stop: Stop::Feasible,
            ..tunables().with(Parameter::Alpha, 0.3).unwrap()
        };
        tuned.save(&mut state);
        assert_eq!(Tunables::load(&state).unwrap(), tuned);
        state.put_integer("stop", 9);
        assert!(Tunables::load(&state).is_err());
        state.put_integer("stop", 0);
        state.put_f64("tunables", &[0.1, f64::NAN, 0.5]);
        assert!(Tunables::load(&state).is_err());
    }
}
