//! What the worker does when it is told to change something: settings, rows, marks. An order that
//! cannot be obeyed is an event; it never ends the run.

use super::RunError;
use super::control::{Command, Parameter};
use super::marks::Marks;
use super::snapshot::Observer;
use super::worker::Worker;
use crate::sampler::{Stop, Tunables};

impl Worker<'_> {
    /// Obeys an order that is not about when to step.
    pub(super) fn obey(
        &mut self,
        command: Command,
        observer: &mut dyn Observer,
    ) -> Result<(), RunError> {
        let outcome = match command {
            Command::Checkpoint => {
                self.must_save = true;
                Ok(None)
            }
            Command::Set { parameter, value } => self.set(parameter, value),
            Command::SetStop { stop } => self.set_stop(stop),
            Command::Reseed { row } => self.reseed(row),
            Command::Mark { sample, marked } => {
                self.change_marks(sample, |marks| marks.mark(sample, marked))
            }
            Command::Drop { sample, dropped } => {
                self.change_marks(sample, |marks| marks.drop_sample(sample, dropped))
            }
            // Control has taken these: they say when to step.
            Command::Pause | Command::Resume | Command::Step | Command::Stop => Ok(None),
        };
        match outcome {
            Ok(None) => Ok(()),
            Ok(Some(tweak)) => {
                // What follows depends on it, so it must not be lost.
                self.must_save = true;
                self.forget_marks_of_unsaved_samples();
                self.event(&tweak, observer)
            }
            Err(reason) => self.refuse(&reason, observer),
        }
    }

    /// Notes that an order was not obeyed.
    pub(super) fn refuse(
        &mut self,
        reason: &str,
        observer: &mut dyn Observer,
    ) -> Result<(), RunError> {
        self.event(&format!("order refused: {reason}"), observer)
    }

    /// Gives what changed; none where the value is in force already.
    fn set(&mut self, parameter: Parameter, value: f64) -> Result<Option<String>, String> {
        let before = self.method.tunables();
        let after = before
            .with(parameter, value)
            .map_err(|error| error.to_string())?;
        let name = parameter.name().replace('-', " ");
        let (from, to) = (before.value(parameter), after.value(parameter));
        self.tune(&after, format!("{name} {from} -> {to}"))
    }

    fn set_stop(&mut self, stop: Stop) -> Result<Option<String>, String> {
        let before = self.method.tunables();
        let after = Tunables { stop, ..before };
        self.tune(&after, format!("stop {} -> {stop}", before.stop))
    }

    fn tune(&mut self, after: &Tunables, event: String) -> Result<Option<String>, String> {
        if *after == self.method.tunables() {
            return Ok(None);
        }
        self.method.tune(after).map_err(|error| error.to_string())?;
        Ok(Some(event))
    }

    fn reseed(&mut self, row: u64) -> Result<Option<String>, String> {
        // What no machine can count is no row either.
        let number = usize::try_from(row).unwrap_or(usize::MAX);
        self.method
            .reseed(number)
            .map_err(|error| error.to_string())?;
        Ok(Some(format!("row {row} starts anew")))
    }

    fn change_marks(
        &mut self,
        sample: u64,
        change: impl FnOnce(&mut Marks),
    ) -> Result<Option<String>, String> {
        let n = self.progress.recorded;
        if sample >= n {
            return Err(RunError::NoSample { sample, n }.to_string());
        }
        let mut marks = self.marks.clone();
        change(&mut marks);
        if marks != self.marks {
            marks
                .write(&self.run.folder)
                .map_err(|error| error.to_string())?;
            self.marks = marks;
            // A kill must not make another sample of a marked one.
            self.must_save |= sample >= self.saved;
        }
        Ok(None)
    }

    /// Marks may stand on samples that a kill cut off and that the replay has not reached again: after
    /// a change they will be others.
    fn forget_marks_of_unsaved_samples(&mut self) {
        if self.marks.forget_from(self.progress.recorded)
            && let Err(error) = self.marks.write(&self.run.folder)
        {
            tracing::warn!("{error}");
        }
    }
}
