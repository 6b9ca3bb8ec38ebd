//! A run as a report shows it: all that its folder holds, and what its networks say of its samples.

use std::path::{Path, PathBuf};

use super::picture::{self, Shown, Size};
use super::real_images::{self, RealInside};
use super::traces::Traces;
use crate::bundle;
use crate::real;
use crate::run::measure::{self, Measured, Watching, measure};
use crate::run::nearest;
use crate::run::record::{SampleLine, SampleTensors, read_samples};
use crate::run::run_file::{ConstraintFile, RunFile};
use crate::run::{CommandLine, Listed, Marks, Request, RunError, RunFolder, RunState, Standing};
use crate::sampler::ShareProgress;

/// What was found, or in one line why not and what to do about it.
pub type Found<T> = Result<T, String>;

/// What a report asks the networks of a run for.
#[derive(Debug, Clone, PartialEq)]
pub enum Scoring {
    /// Scores.
    On {
        /// An ONNX Runtime library; found where none is named.
        library: Option<PathBuf>,
        /// What is measured besides the scores.
        request: measure::Request,
    },
    /// Nothing: the page is made of the files alone.
    Off,
}

/// Who is told how far the networks have come.
pub struct Told<'a> {
    /// The measurement of a share.
    pub share: &'a mut dyn FnMut(ShareProgress),
    /// Looking at real images.
    pub images: real::Progress,
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedRun {
    /// Its number on the page, from 1.
    pub number: usize,
    /// The name of its folder.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its `run.toml`.
    pub file: RunFile,
    /// What can be done with it.
    pub state: RunState,
    /// How far it had come at its last checkpoint.
    pub standing: Standing,
    /// All its samples, by index.
    pub samples: Vec<Sample>,
    /// How it went.
    pub traces: Traces,
    /// Codes, embeddings and activations up to its last checkpoint.
    pub tensors: Found<SampleTensors>,
    /// What its networks say of the samples.
    pub measured: Found<Measured>,
    /// Real images inside its intervals.
    pub real: Found<RealInside>,
    /// The command that repeats it.
    pub command: String,
}

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its line of `samples.jsonl`.
    pub line: SampleLine,
    /// Its picture.
    pub picture: Found<Shown>,
    /// Whether somebody marked it.
    pub marked: bool,
    /// Whether somebody dropped it from sight; a report shows it none the less.
    pub dropped: bool,
}

impl ReportedRun {
    /// Reads the run in a folder, at work or ended.
    ///
    /// # Errors
    /// It is no run folder, or one of its files is damaged. A picture that is missing, and scores that
    /// cannot be had, are no error: the page says so.
    pub fn read(
        path: &Path,
        number: usize,
        size: Size,
        scoring: &Scoring,
        told: &mut Told<'_>,
    ) -> Result<ReportedRun, RunError> {
        let folder = RunFolder::open(path)?;
        let file = RunFile::read(&folder)?;
        let Listed {
            standing, state, ..
        } = Listed::open(path)?;
        let marks = Marks::read(path)?;
        let samples = read_samples(path)?
            .into_iter()
            .map(|line| Sample {
                picture: read_picture(path, &line, size),
                marked: marks.marked.contains(&line.index),
                dropped: marks.dropped.contains(&line.index),
                line,
            })
            .collect();
        let (measured, real) = match scoring {
            Scoring::On { library, request } => {
                let watching = Watching {
                    share: &mut *told.share,
                    images: told.images.clone(),
                    part: &mut |_| (),
                };
                let library = library.as_deref();
                let measured = measure(&folder, library, request, watching);
                let images = request.images.as_deref();
                (
                    measured.map_err(|error| error.to_string()),
                    real_images::inside(&folder, library, images, size, told.images.clone()),
                )
            }
            Scoring::Off => {
                let reason = || "left out, as asked for (--no-scores)".to_owned();
                (Err(reason()), Err(reason()))
            }
        };
        let request = Request::repeating(&file).laid_out_as(&file.plan);
        Ok(ReportedRun {
            number,
            name: name_of(path),
            folder: path.to_owned(),
            state,
            standing,
            samples,
            traces: Traces::read(path)?,
            tensors: SampleTensors::read(&folder).map_err(|error| error.to_string()),
            measured,
            real,
            command: CommandLine::of(&request, "").to_string(),
            file,
        })
    }

    /// How it is called where several runs are told apart.
    pub fn title(&self) -> String {
        format!("Run {}: {}", self.number, self.file.settings.method)
    }

    /// What was reached in place of the intervals, and the flags that ask for that, where the run has ended
    /// short of its samples.
    pub fn nearest_reachable(&self) -> Option<(&str, &str)> {
        let mut events = self.traces.events.iter().rev();
        let has_ended = matches!(self.state, RunState::Ended(_));
        let said = events.find_map(|(_, event)| nearest::halves(event));
        said.filter(|_| has_ended)
    }

    /// The values of one constraint over the samples.
    pub fn activations(&self, constraint: usize) -> impl Iterator<Item = f64> + '_ {
        self.samples
            .iter()
            .filter_map(move |sample| sample.line.activations.get(constraint))
            .map(|&value| f64::from(value))
    }

    /// Its constraints.
    pub fn constraints(&self) -> &[ConstraintFile] {
        &self.file.constraint
    }

    /// Whether its embeddings lie in the same space as those of another run.
    pub fn shares_space_with(&self, other: &ReportedRun) -> bool {
        let length = |run: &ReportedRun| {
            let tensors = run.tensors.as_ref().ok();
            tensors.map(|tensors| tensors.embedding_length)
        };
        length(self).is_some()
            && length(self) == length(other)
            && self.file.files == other.file.files
            && self.file.encoder == other.file.encoder
    }
}

/// The last part of a path that says something: `runs/x/.` is `x`.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The picture of a sample. It never lies outside the folder of its run.
fn read_picture(folder: &Path, line: &SampleLine, size: Size) -> Found<Shown> {
    let path = bundle::resolve(folder, &line.image)?;
    picture::read(&path, size).map_err(|error| format!("{}: {error}", line.image))
}
