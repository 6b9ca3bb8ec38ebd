//! What runs stand on, opened once for any number of them, and the making of their folders.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::dataset;
use super::folder::{LOG_FILE, LineFile};
use super::init;
use super::lock::RunLock;
use super::request::Manner;
use super::run_file::{ConstraintFile, RunFile};
use super::{Run, RunError, RunFolder, names};
use crate::bundle::{Bundle, Source};
use crate::engine::{self, Engine, PlanRequest, SeededTransforms, Transforms};
use crate::query::Query;
use crate::real::{self, RealImages};
use crate::runtime::Opened;
use crate::sampler::{self, MethodKind, Problem, Settings};

/// A run and what there is to say about it before it works.
pub struct Prepared {
    /// The run.
    pub run: Run,
    /// Notes on the runtime and the plan, one line each.
    pub notes: Vec<String>,
}

/// Where a run's folder is made.
pub(super) enum Place<'a> {
    /// Here.
    At(&'a Path),
    /// In this folder, by a name of its own.
    In(&'a Path),
}

/// What runs stand on, opened once for any number of them.
pub(super) struct Ground {
    pub bundle: Arc<Bundle>,
    /// SHA-256 of each of its files.
    pub files: BTreeMap<String, String>,
    pub opened: Opened,
    /// Real images, once a run of `dataset` has asked for them: the same for all the others.
    images: OnceCell<RealImages>,
}

impl Ground {
    pub(super) fn new(
        bundle: Arc<Bundle>,
        files: BTreeMap<String, String>,
        opened: Opened,
    ) -> Ground {
        Ground {
            bundle,
            files,
            opened,
            images: OnceCell::new(),
        }
    }

    fn images(
        &self,
        settings: &Settings,
        progress: real::Progress,
    ) -> Result<&RealImages, RunError> {
        if let Some(images) = self.images.get() {
            return Ok(images);
        }
        let images = dataset::open(settings, &self.bundle, &self.opened.runtime, progress)?;
        Ok(self.images.get_or_init(|| images))
    }

    /// Prepares a new run and makes its folder.
    pub(super) fn start(
        &self,
        query: Query,
        manner: &Manner,
        place: Place<'_>,
        progress: real::Progress,
    ) -> Result<Prepared, RunError> {
        let Ground { bundle, opened, .. } = self;
        if let Some(transforms) = &manner.transforms {
            transforms.suit(bundle, manner.settings.method)?;
        }
        let mut settings = manner.settings.clone();
        let mut images = None;
        let mut given = None;
        if settings.method == MethodKind::Dataset {
            let (starts, file) =
                dataset::starts(&settings, &query, self.images(&settings, progress)?)?;
            settings.init = format!("images:{}", file.folder);
            (given, images) = (Some(starts), Some(file));
        }
        let bundle = &dataset::bundle_for(settings.method, bundle)?;
        let engine = Engine::new(
            Arc::clone(&opened.runtime),
            Arc::clone(bundle),
            query.units(),
            &plan_request(manner),
            seeded(manner.transforms, &settings),
        )?;
        let mut problem = problem(bundle, &query, &engine)?;
        if given.is_none() {
            given = init::starts(&settings.init, opened.runtime.as_ref(), bundle, &engine)?;
        }
        problem.starts = given.as_ref().map(|given| given.codes.clone());
        sampler::start(&settings, problem.clone())?;

        let folder = match place {
            Place::At(path) => RunFolder::create(path)?,
            Place::In(runs) => names::default_folder(runs, &query, settings.seed)?,
        };
        let file = RunFile {
            invset: env!("CARGO_PKG_VERSION").to_owned(),
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            bundle: reference(bundle),
            encoder: manner.encoder.absolute()?,
            query: query.texts(),
            smoothness: manner.smoothness,
            transforms: manner.transforms,
            constraint: query.constraints.iter().map(ConstraintFile::new).collect(),
            settings,
            plan: engine.plan().clone(),
            dataset: images,
            files: self.files.clone(),
        };
        let write = || -> Result<RunLock, RunError> {
            let lock = RunLock::acquire(folder.path())?;
            // A folder with a run.toml can be resumed, so what a resume needs stands there first.
            if let Some(given) = &given {
                given.write(&folder)?;
            }
            file.write(&folder)?;
            let mut log = LineFile::open(&folder.file(LOG_FILE), 0)?;
            for note in &opened.notes {
                log.append(note)?;
            }
            Ok(lock)
        };
        let lock = write().inspect_err(|_| folder.discard())?;
        Ok(Prepared {
            run: Run {
                folder,
                file,
                bundle: Arc::clone(bundle),
                query,
                runtime: Arc::clone(&opened.runtime),
                engine,
                problem,
                given,
                lock,
            },
            notes: opened.notes.clone(),
        })
    }
}

/// Transforms drawn by the seed of a run.
pub(super) fn seeded(
    transforms: Option<Transforms>,
    settings: &Settings,
) -> Option<SeededTransforms> {
    transforms.map(|transforms| SeededTransforms {
        transforms,
        seed: settings.seed,
    })
}

fn plan_request(manner: &Manner) -> PlanRequest {
    let settings = &manner.settings;
    PlanRequest {
        rows: settings.rows(),
        micro_batch: manner.micro_batch,
        scheme: manner.scheme,
        memory_cap: manner.memory_cap,
        threads: manner.threads,
    }
}

/// The valid codes and the intervals.
pub(super) fn problem(
    bundle: &Bundle,
    query: &Query,
    engine: &Engine,
) -> Result<Problem, RunError> {
    Ok(Problem {
        prior: engine::code_prior(bundle, engine.shapes().code_length)?,
        intervals: query
            .constraints
            .iter()
            .map(|constraint| constraint.reachable_interval())
            .collect(),
        starts: None,
    })
}

/// How a run names its bundle: by name, or by where it is.
pub(super) fn reference(bundle: &Bundle) -> String {
    match bundle.source() {
        Source::Embedded(embedded) => embedded.name.to_owned(),
        Source::Folder(path) => path
            .canonicalize()
            .unwrap_or_else(|_| path.clone())
            .display()
            .to_string(),
    }
}
