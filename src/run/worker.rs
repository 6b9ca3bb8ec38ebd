//! The worker: steps the method, records what it accepts, and keeps the folder resumable.

use std::time::{Duration, Instant};

use ndarray::Array2;

use super::checkpoint::{Checkpoint, Progress};
use super::control::{Control, Next};
use super::history::{History, HistoryLine};
use super::record::Recorder;
use super::snapshot::{Observer, Phase, Snapshot};
use super::socket::Socket;
use super::{Run, RunError};
use crate::sampler::{Finish, Method, StepReport};

/// Time between two checkpoints. Reading the clock decides only when a checkpoint is written, never
/// what is in a sample.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Shortest time between two snapshots to those who watch.
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
    pub best: Vec<Option<f32>>,
}

impl Worker<'_> {
    /// Steps until the method ends or an order stops it. Whatever happens, the folder is left so
    /// that the run can be resumed.
    pub(super) fn work(
        &mut self,
        control: &mut Control,
        observer: &mut dyn Observer,
    ) -> Result<Ending, RunError> {
        let runtime_before = self.progress.seconds_in_runtime;
        let in_runtime = self.run.engine.time_in_runtime();
        let mut last_checkpoint = Instant::now();
        let mut shown: Option<(Instant, Snapshot)> = None;
        loop {
            match control.next() {
                Next::Stop => {
                    self.event("stopped; the run can be resumed", observer)?;
                    self.checkpoint()?;
                    return Ok(Ending::Interrupted);
                }
                Next::Checkpoint => {
                    self.checkpoint()?;
                    continue;
                }
                Next::Wait => {
                    if let Some((_, snapshot)) = &mut shown
                        && snapshot.phase == Phase::Running
                    {
                        snapshot.phase = Phase::Paused;
                        self.publish(snapshot, observer);
                    }
                    continue;
                }
                Next::Step => {}
            }
            let step_started = Instant::now();
            let report = self.method.step(&mut self.run.engine)?;
            for notice in self.run.engine.take_notices() {
                self.event(&notice, observer)?;
            }
            self.accept(&report)?;
            self.progress.step = report.step;
            self.progress.counts = self.run.engine.counts();
            self.progress.seconds += step_started.elapsed().as_secs_f64();
            self.progress.seconds_in_runtime =
                runtime_before + (self.run.engine.time_in_runtime() - in_runtime).as_secs_f64();
            self.best.clone_from(&report.best_activations);
            self.history.append(&HistoryLine::Step {
                step: report.step,
                forwards: self.progress.counts.forwards,
                n_feasible: report.feasible as u64,
                objective: report.objective.is_finite().then_some(report.objective),
                seconds: self.progress.seconds,
            })?;
            let ended = report.finish;
            let due = shown
                .as_ref()
                .is_none_or(|(at, _)| at.elapsed() >= SNAPSHOT_EVERY);
            if due || ended.is_some() || control.is_paused() {
                let phase = match (ended, control.is_paused()) {
                    (Some(_), _) => Phase::Ended,
                    (None, true) => Phase::Paused,
                    (None, false) => Phase::Running,
                };
                let snapshot = self.snapshot(&report, phase);
                self.publish(&snapshot, observer);
                shown = Some((Instant::now(), snapshot));
            }
            if let Some(finish) = ended {
                self.progress.finished = true;
                self.checkpoint()?;
                return Ok(Ending::Finished(finish));
            }
            if last_checkpoint.elapsed() >= CHECKPOINT_EVERY {
                self.checkpoint()?;
                last_checkpoint = Instant::now();
            }
        }
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
        let channels = self.run.bundle.manifest().generator.channels;
        for (sample, image) in report.accepted.iter().zip(&images) {
            self.recorder.record(sample, image, &shape, channels)?;
        }
        self.progress.recorded = self.recorder.tensors().len() as u64;
        Ok(())
    }

    /// Writes the samples first, then the checkpoint that counts them: a kill between the two
    /// leaves more samples than counted, which the resume cuts off.
    pub(super) fn checkpoint(&mut self) -> Result<(), RunError> {
        self.progress.samples_length = self.recorder.save()?;
        let (history, log) = self.history.sync()?;
        self.progress.history_length = history;
        self.progress.log_length = log;
        Checkpoint {
            progress: self.progress.clone(),
            state: self.method.state(),
        }
        .write(&self.run.folder)
    }

    fn event(&mut self, text: &str, observer: &mut dyn Observer) -> Result<(), RunError> {
        observer.event(text);
        self.history.append(&HistoryLine::Event {
            step: self.progress.step,
            event: text.to_owned(),
        })
    }

    /// The run after a step.
    fn snapshot(&self, report: &StepReport, phase: Phase) -> Snapshot {
        Snapshot {
            phase,
            step: self.progress.step,
            max_steps: self.run.file.settings.max_steps,
            n: self.run.file.settings.n as u64,
            n_accepted: self.progress.recorded,
            n_feasible: report.feasible as u64,
            objective: report.objective.is_finite().then_some(report.objective),
            activations: report
                .activations
                .rows()
                .into_iter()
                .map(|row| row.to_vec())
                .collect(),
            forwards: self.progress.counts.forwards,
            gradients: self.progress.counts.gradients,
            seconds: self.progress.seconds,
            seconds_in_runtime: self.progress.seconds_in_runtime,
        }
    }

    /// Shows a snapshot to the observer and to the socket's clients.
    fn publish(&self, snapshot: &Snapshot, observer: &mut dyn Observer) {
        observer.step(snapshot);
        if let Some(socket) = &self.socket {
            socket.publish(snapshot);
        }
    }
}
