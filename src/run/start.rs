//! Opening a run: everything that can be wrong is found before its folder is made.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::dataset;
use super::folder::{LOG_FILE, LineFile};
use super::given::Given;
use super::init;
use super::lock::RunLock;
use super::run_file::{ConstraintFile, RunFile};
use super::{Run, RunError, RunFolder, names, unchanged};
use crate::bundle::{Bundle, EncoderChoice, Smoothness, Source};
use crate::engine::{
    self, Engine, EngineError, PlanRequest, SchemeChoice, SeededTransforms, Transforms,
};
use crate::query::Query;
use crate::real::{self, RealImages};
use crate::runtime::{self, Opened, RuntimeRequest};
use crate::sampler::{self, MethodKind, Problem, Settings};

/// What a new run is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Name or folder of a bundle.
    pub bundle: String,
    /// Constraints as typed.
    pub query: Vec<String>,
    /// How it is sampled, and on what.
    pub manner: Manner,
    /// The run folder; `TIME-UNIT-SEED` in `runs` when absent.
    pub out: Option<PathBuf>,
    /// The folder that run folders are made in.
    pub runs: PathBuf,
}

/// How a query is sampled and on what: the part of a request that the runs of a sweep share.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// The encoder whose distances are maximised.
    pub encoder: EncoderChoice,
    /// The sampler's settings.
    pub settings: Settings,
    /// The runtime.
    pub runtime: RuntimeRequest,
    /// Codes in one run of a session; chosen when absent.
    pub micro_batch: Option<usize>,
    /// Where backward passes get what they need.
    pub scheme: SchemeChoice,
    /// Most bytes kept for backward passes; chosen when absent.
    pub memory_cap: Option<u64>,
    /// Threads; every core when absent.
    pub threads: Option<usize>,
    /// How far images that are codes are blurred; as the bundle says when absent.
    pub smoothness: Option<Smoothness>,
    /// What happens to images on their way to the classifier while gradients are taken.
    pub transforms: Option<Transforms>,
}

/// A run and what there is to say about it before it works.
pub struct Prepared {
    /// The run.
    pub run: Run,
    /// Notes on the runtime and the plan, one line each.
    pub notes: Vec<String>,
}

/// Prepares a new run and makes its folder.
///
/// # Errors
/// The bundle, query, settings, runtime or folder are bad; nothing is left behind then.
pub fn start(request: &Request) -> Result<Prepared, RunError> {
    start_watched(request, real::unwatched())
}

/// As [`start`]; `progress` is told how far the reading of real images has come.
///
/// # Errors
/// As [`start`].
pub fn start_watched(request: &Request, progress: real::Progress) -> Result<Prepared, RunError> {
    let bundle = Bundle::open(&request.bundle)?.with_encoder(&request.manner.encoder)?;
    let bundle = Arc::new(bundle.smoothed(request.manner.smoothness)?);
    let query = Query::resolve(&request.query, &bundle)?;
    let opened = request.manner.runtime.open().map_err(EngineError::from)?;
    let files = bundle.fingerprints()?;
    let ground = Ground::new(bundle, files, opened);
    let place = match &request.out {
        Some(path) => Place::At(path),
        None => Place::In(&request.runs),
    };
    ground.start(query, &request.manner, place, progress)
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
            let (starts, file) = dataset::starts(&settings, &query, self.images(&settings, progress)?)?;
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

/// Opens a run to go on with it, by its stored plan.
///
/// # Errors
/// It is no run, another process writes it, its bundle or runtime changed, or a file is damaged.
pub fn resume(path: &Path, library: Option<&Path>) -> Result<Prepared, RunError> {
    let folder = RunFolder::open(path)?;
    let lock = RunLock::acquire(folder.path())?;
    let opened = open_run(&folder, library)?;
    let engine = Engine::with_plan(
        Arc::clone(&opened.runtime),
        Arc::clone(&opened.bundle),
        opened.query.units(),
        opened.file.plan.clone(),
        seeded(opened.file.transforms, &opened.file.settings),
    )?;
    let mut problem = problem(&opened.bundle, &opened.query, &engine)?;
    let given = Given::read(&folder)?;
    problem.starts = given.as_ref().map(|given| given.codes.clone());
    Ok(Prepared {
        run: Run {
            folder,
            file: opened.file,
            bundle: opened.bundle,
            query: opened.query,
            runtime: opened.runtime,
            engine,
            problem,
            given,
            lock,
        },
        notes: opened.notes,
    })
}

/// What a run was made with, opened again.
pub struct OpenedRun {
    /// Its `run.toml`.
    pub file: RunFile,
    /// Its bundle; that of `dataset` has pixels in place of its generator.
    pub bundle: Arc<Bundle>,
    /// Its query.
    pub query: Query,
    /// Its runtime.
    pub runtime: Arc<dyn runtime::Runtime>,
    /// Notes on the runtime.
    pub notes: Vec<String>,
}

/// Opens bundle, query and runtime of a run as they were when it started.
///
/// # Errors
/// Something changed since, or cannot be opened any more.
pub fn open_run(folder: &RunFolder, library: Option<&Path>) -> Result<OpenedRun, RunError> {
    let file = RunFile::read(folder)?;
    let bundle = open_bundle(folder, &file)?;
    let bundle = dataset::bundle_for(file.settings.method, &bundle)?;
    let query = Query::resolve(&file.query, &bundle)?;
    let resolved: Vec<_> = query.constraints.iter().map(ConstraintFile::new).collect();
    if resolved != file.constraint {
        return Err(RunError::Changed {
            path: folder.path().to_owned(),
            what: "the query's meaning".to_owned(),
        });
    }
    let opened = unchanged::open_backend(&file.plan.backend, library, folder.path())?;
    Ok(OpenedRun {
        file,
        bundle,
        query,
        runtime: opened.runtime,
        notes: opened.notes,
    })
}

/// The bundle of a run as it was when it started, with the encoder that was chosen for it.
pub(super) fn open_bundle(folder: &RunFolder, file: &RunFile) -> Result<Arc<Bundle>, RunError> {
    let bundle = Bundle::open(&file.bundle)?.with_encoder(&file.encoder)?;
    let bundle = Arc::new(bundle.smoothed(file.smoothness)?);
    unchanged::check_files(
        &file.bundle,
        &file.files,
        &bundle.fingerprints()?,
        folder.path(),
    )?;
    Ok(bundle)
}

/// Transforms drawn by the seed of a run.
fn seeded(transforms: Option<Transforms>, settings: &Settings) -> Option<SeededTransforms> {
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
fn problem(bundle: &Bundle, query: &Query, engine: &Engine) -> Result<Problem, RunError> {
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
