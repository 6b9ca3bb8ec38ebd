//! A run: query, settings and engine, the folder it owns, and the worker that carries it on.
//!
//! The worker writes the folder; whoever watches is a client. A run that was stopped, killed or
//! out of disk goes on from its last checkpoint and ends with the same bytes.

pub mod catalogue;
mod checkpoint;
mod checkpoint_head;
mod command_line;
pub mod control;
pub mod dataset;
pub mod defaults;
pub mod detach;
pub mod diversity_now;
pub mod error;
pub mod export;
pub mod folder;
pub mod from_start;
mod given;
mod ground;
pub mod history;
pub mod init;
pub mod lock;
pub mod marks;
pub mod measure;
mod method_name;
mod names;
pub mod nearest;
mod no_number;
mod orders;
pub mod picture;
pub mod record;
mod remove;
mod request;
pub mod run_file;
mod score;
mod series;
mod show;
pub mod snapshot;
mod socket;
pub mod standing;
mod start;
pub mod summary;
pub mod sweep;
#[cfg(test)]
mod test_runs;
mod unchanged;
pub mod watch;
mod worker;

use std::sync::Arc;
use std::time::Instant;

pub use catalogue::{Listed, RunState, catalogue};
pub use command_line::CommandLine;
pub use diversity_now::DiversityNow;
pub use error::RunError;
pub use export::{Exported, export};
pub use folder::RunFolder;
pub use ground::Prepared;
pub use marks::Marks;
pub use method_name::{WITHOUT_PRIOR_TERM, method_name};
pub use nearest::Nearest;
pub use picture::Depiction;
pub use remove::remove;
pub use request::{Manner, Request};
pub use standing::Standing;
pub use start::{OpenedRun, open_run, resume, start, start_watched};
pub use watch::{Seen, Watch, WorkerState};
pub use worker::Ending;

use crate::bundle::Bundle;
use crate::engine::{Counts, Engine};
use crate::query::Query;
use crate::runtime::Runtime;
use crate::sampler::{self, Problem, Reached};
use checkpoint::{Checkpoint, Progress};
use control::{Commander, Control};
use from_start::MedianFromStart;
use given::Given;
use history::History;
use lock::RunLock;
use record::{Recorder, SampleTensors};
use run_file::RunFile;
use snapshot::Observer;
use socket::Socket;
use worker::Worker;

/// A run that this process may write.
pub struct Run {
    folder: RunFolder,
    file: RunFile,
    bundle: Arc<Bundle>,
    query: Query,
    runtime: Arc<dyn Runtime>,
    engine: Engine,
    problem: Problem,
    given: Option<Given>,
    lock: RunLock,
}

/// What a run has come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How the work ended.
    pub ending: Ending,
    /// Steps done.
    pub steps: u64,
    /// Codes sent through, re-checks included.
    pub counts: Counts,
    /// Wall time of the step loop.
    pub seconds: f64,
    /// Wall time with a session running.
    pub seconds_in_runtime: f64,
    /// The samples.
    pub samples: SampleTensors,
    /// For each constraint, the activation nearest to its interval that was met.
    pub best: Vec<Option<f32>>,
    /// What was reached in place of the intervals, where the run has ended short of its samples.
    pub nearest: Option<Nearest>,
    /// How far the samples are from the given codes that they started from, if from any.
    pub from_start: Option<MedianFromStart>,
}

impl Run {
    /// Its folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Its `run.toml`.
    pub fn file(&self) -> &RunFile {
        &self.file
    }

    /// Its engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Works from the last checkpoint, or from the start, until the method ends or an order of
    /// `control` stops it. Clients on the run's socket give orders through `commander`.
    ///
    /// # Errors
    /// A step failed, or the folder refuses; the run can be resumed from its last checkpoint.
    pub fn work(
        &mut self,
        commander: &Commander,
        control: &mut Control,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, RunError> {
        let Checkpoint { progress, state } = Checkpoint::read(&self.folder)?.unwrap_or_default();
        let mut method = sampler::start(&self.file.settings, self.problem.clone())?;
        if progress.step > 0 {
            method.restore(&state).map_err(|error| RunError::Damaged {
                path: self.folder.file(folder::CHECKPOINT_FILE),
                reason: error.to_string(),
            })?;
            self.engine.set_counts(progress.counts);
        }
        let finish = Reached::of(&state).unwrap_or_default().finish;
        let bandwidth = score::optimised_bandwidth(&self.bundle);
        let marks = Marks::read(self.folder.path())?;
        let recorder = self.recorder(&progress)?;
        let history = History::open(&self.folder, progress.history_length, progress.log_length)?;
        let socket = self.listen(commander)?;
        let mut worker = Worker {
            run: self,
            diversity: DiversityNow::of(&method.rows(), bandwidth),
            bandwidth,
            method,
            recorder,
            history,
            socket,
            marks,
            finish,
            saved: progress.recorded,
            progress,
            must_save: false,
            last_checkpoint: Instant::now(),
            shown: None,
        };
        let ending = worker.work(control, observer)?;
        Ok(Outcome {
            from_start: worker.recorder.distances(),
            ending,
            steps: worker.progress.step,
            counts: worker.progress.counts,
            seconds: worker.progress.seconds,
            seconds_in_runtime: worker.progress.seconds_in_runtime,
            samples: worker.recorder.tensors().clone(),
            best: worker.method.rows().best.to_vec(),
            nearest: worker.nearest(),
        })
    }

    /// The samples up to the checkpoint; what was recorded after it is cut off.
    fn recorder(&self, progress: &Progress) -> Result<Recorder, RunError> {
        let shapes = self.engine.shapes();
        let samples = if progress.recorded > 0 {
            let mut samples = SampleTensors::read(&self.folder)?;
            samples.truncate(progress.recorded as usize);
            samples
        } else {
            SampleTensors {
                code_length: shapes.code_length,
                code_shape: shapes.code.clone(),
                embedding_length: shapes.embedding_length,
                constraints: self.query.constraints.len(),
                ..SampleTensors::default()
            }
        };
        record::remove_images_from(&self.folder, progress.recorded)?;
        Recorder::open(&self.folder, samples, progress.samples_length)
    }

    /// Listens for clients; a run works without when the system has no socket for it.
    fn listen(&mut self, commander: &Commander) -> Result<Option<Socket>, RunError> {
        match Socket::listen(commander.clone()) {
            Ok(socket) => {
                self.lock.announce(Some(socket.path()))?;
                Ok(Some(socket))
            }
            Err(error) => {
                tracing::warn!("no socket for clients: {error}");
                Ok(None)
            }
        }
    }
}
