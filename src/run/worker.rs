//! The worker: steps the method, records what it accepts, and keeps the folder resumable.

use std::time::{Duration, Instant};

use ndarray::Array2;

use super::checkpoint::{Checkpoint, Progress};
use super::control::{Control, Next};
use super::diversity_now::DiversityNow;
use super::from_start::{self, Origin};
use super::history::{self, History, HistoryLine};
use super::marks::Marks;
use super::picture::Depiction;
use super::record::Recorder;
use super::show::Shown;
use super::snapshot::{Observer, Phase};
use super::socket::Socket;
use super::{Nearest, Run, RunError};
use crate::metrics::Bandwidth;
use crate::sampler::{Accepted, Finish, Method, Reached, StepReport};

/// Time between two checkpoints. Reading the clock decides only when a checkpoint is written, never
/// what is in a sample.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Shortest time between two snapshots of steps to those who watch.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(20);

/// How a run's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The method has ended.
    Finished(Finish),
    /// The run had ended before; nothing was left to do.
    Already,
    /// Told to stop; the run can be resumed.
    Interrupted,
}

/// The moving parts of a run at work.
pub(super) struct Worker<'a> {
    pub run: &'a mut Run,
    pub method: Box<dyn Method>,
    pub recorder: Recorder,
    pub history: History,
    pub socket: Option<Socket>,
    pub progress: Progress,
    pub marks: Marks,
    pub finish: Option<Finish>,
    /// Latest scores of the rows, and the bandwidth of their kernel where the bundle states one.
    pub diversity: Option<DiversityNow>,
    pub bandwidth: Option<Bandwidth>,
    /// Samples in the last checkpoint.
    pub saved: u64,
    /// Whether something happened that a kill must not undo.
    pub must_save: bool,
    pub last_checkpoint: Instant,
    pub shown: Option<Shown>,
}

impl Worker<'_> {
    /// Steps until the method ends or an order stops it. Whatever happens, the folder is left so
    /// that the run can be resumed, and those who watch see how it ended.
    pub(super) fn work(
        &mut self,
        control: &mut Control,
        observer: &mut dyn Observer,
    ) -> Result<Ending, RunError> {
        let ending = self.carry_on(control, observer);
        if let Err(error) = &ending {
            // The disk may be what failed.
            let _ = self.note(&format!("failed: {error}"));
        }
        self.show(Phase::Ended, control, observer);
        ending
    }

    fn carry_on(
        &mut self,
        control: &mut Control,
        observer: &mut dyn Observer,
    ) -> Result<Ending, RunError> {
        if self.progress.finished {
            return Ok(Ending::Already);
        }
        let before = self.progress.seconds_in_runtime;
        let clock = self.run.engine.time_in_runtime();
        loop {
            let next = control.next();
            match &next {
                Next::Stop => {
                    self.event("stopped; the run can be resumed", observer)?;
                    self.checkpoint()?;
                    return Ok(Ending::Interrupted);
                }
                Next::Obey(command) => self.obey(*command, observer)?,
                Next::Complain(reason) => self.refuse(reason, observer)?,
                Next::Wait | Next::Step => {}
            }
            let is_step = next == Next::Step;
            if !is_step && control.has_waiting() {
                continue;
            }
            self.settle(is_step, control, observer)?;
            if !is_step {
                continue;
            }
            self.step(observer)?;
            self.progress.seconds_in_runtime =
                before + (self.run.engine.time_in_runtime() - clock).as_secs_f64();
            if let Some(finish) = self.finish {
                self.progress.finished = true;
                if let Some(nearest) = self.nearest() {
                    self.note(&nearest.line())?;
                }
                self.checkpoint()?;
                return Ok(Ending::Finished(finish));
            }
            let due = self
                .shown
                .is_none_or(|shown| shown.at.elapsed() >= SNAPSHOT_EVERY);
            if due || control.is_paused() {
                self.show(phase(control), control, observer);
            }
            if self.last_checkpoint.elapsed() >= CHECKPOINT_EVERY {
                self.checkpoint()?;
            }
        }
    }

    /// Makes orders last before those who watch learn of them: who has seen one in force may kill the
    /// worker, and a resumed run still obeys it.
    fn settle(
        &mut self,
        is_step: bool,
        control: &Control,
        observer: &mut dyn Observer,
    ) -> Result<(), RunError> {
        if self.must_save {
            self.checkpoint()?;
        }
        let phase = phase(control);
        let is_news = self.shown.is_none_or(|shown| {
            // An order to step is told with its step.
            let has_obeyed = shown.orders != control.taken() && !is_step;
            shown.phase != phase || shown.events != self.progress.events || has_obeyed
        });
        if is_news {
            self.show(phase, control, observer);
        }
        Ok(())
    }

    /// What was reached in place of the intervals, once the run has ended short of its samples.
    pub(super) fn nearest(&self) -> Option<Nearest> {
        let is_short = self.progress.recorded < self.run.file.settings.n as u64;
        if !(self.progress.finished && is_short) {
            return None;
        }
        let reached = Reached::of(&self.method.state()).ok()?;
        Nearest::of(&self.run.file.constraint, &reached)
    }

    /// One step, and all that is kept of it.
    fn step(&mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        let started = Instant::now();
        self.run.engine.begin_step(self.progress.step + 1);
        let report = self.method.step(&mut self.run.engine)?;
        let notices = self.run.engine.take_notices().into_iter();
        for notice in notices.chain(report.notices.iter().cloned()) {
            self.event(&notice, observer)?;
        }
        self.accept(&report)?;
        let rows = report.activations.nrows();
        let is_scored = report.finish.is_some() || DiversityNow::is_due(report.step, rows);
        if is_scored {
            self.diversity = DiversityNow::of(&self.method.rows(), self.bandwidth);
        }
        self.finish = report.finish;
        self.progress.step = report.step;
        self.progress.counts = self.run.engine.counts();
        self.progress.objective = report.objective.is_finite().then_some(report.objective);
        self.progress.seconds += started.elapsed().as_secs_f64();
        self.history.append(&HistoryLine::Step {
            step: report.step,
            forwards: self.progress.counts.forwards,
            n_feasible: report.feasible as u64,
            objective: self.progress.objective,
            seconds: self.progress.seconds,
            activations: Some(history::first_rows(&report.activations)),
            diversity: self.diversity.filter(|_| is_scored),
        })
    }

    /// Renders and records the samples of a step.
    fn accept(&mut self, report: &StepReport) -> Result<(), RunError> {
        if report.accepted.is_empty() {
            return Ok(());
        }
        let width = self.run.engine.shapes().code_length;
        let codes: Vec<f32> = report
            .accepted
            .iter()
            .flat_map(|sample| sample.code.iter().copied())
            .collect();
        let codes = Array2::from_shape_vec((report.accepted.len(), width), codes)
            .map_err(|error| crate::engine::EngineError::Internal(error.to_string()))?;
        let images = self.run.engine.render(codes.view())?;
        let shape = self.run.engine.shapes().image.clone();
        let depiction = Depiction::of(&self.run.bundle);
        let origins = self.origins(&report.accepted, &images)?;
        for ((sample, image), origin) in report.accepted.iter().zip(&images).zip(origins) {
            self.recorder
                .record(sample, origin, image, &shape, &depiction)?;
        }
        self.progress.recorded = self.recorder.tensors().len() as u64;
        Ok(())
    }

    /// Where accepted samples started, one for each.
    fn origins(
        &mut self,
        samples: &[Accepted],
        images: &[Vec<f32>],
    ) -> Result<Vec<Origin>, RunError> {
        let rows = self.method.rows().status.len();
        let Run {
            file,
            given,
            problem,
            engine,
            ..
        } = &mut *self.run;
        Ok(match given {
            Some(given) if file.dataset.is_some() => from_start::images(samples, given),
            Some(given) => {
                from_start::origins(samples, images, given, rows, &problem.prior, engine)?
            }
            None => vec![Origin::default(); samples.len()],
        })
    }

    /// Writes the samples first, then the checkpoint that counts them: a kill between the two
    /// leaves more samples than counted, which the resume cuts off.
    fn checkpoint(&mut self) -> Result<(), RunError> {
        self.progress.samples_length = self.recorder.save()?;
        let (history, log) = self.history.sync()?;
        self.progress.history_length = history;
        self.progress.log_length = log;
        Checkpoint {
            progress: self.progress.clone(),
            state: self.method.state(),
        }
        .write(&self.run.folder)?;
        self.saved = self.progress.recorded;
        self.must_save = false;
        self.last_checkpoint = Instant::now();
        Ok(())
    }

    /// Tells and notes an event.
    pub(super) fn event(
        &mut self,
        text: &str,
        observer: &mut dyn Observer,
    ) -> Result<(), RunError> {
        observer.event(text);
        self.note(text)
    }

    fn note(&mut self, text: &str) -> Result<(), RunError> {
        self.progress.events += 1;
        self.progress.last_event = Some(text.to_owned());
        self.history.append(&HistoryLine::Event {
            step: self.progress.step,
            event: text.to_owned(),
        })
    }
}

fn phase(control: &Control) -> Phase {
    if control.is_paused() {
        Phase::Paused
    } else {
        Phase::Running
    }
}
