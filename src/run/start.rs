//! Opening a run: everything that can be wrong is found before its folder is made.

use std::path::Path;
use std::sync::Arc;

use super::dataset;
use super::given::Given;
use super::ground::{Ground, Place, Prepared, problem, seeded};
use super::lock::RunLock;
use super::request::Request;
use super::run_file::{ConstraintFile, RunFile};
use super::{Run, RunError, RunFolder, unchanged};
use crate::bundle::Bundle;
use crate::engine::{Engine, EngineError};
use crate::query::Query;
use crate::real;
use crate::runtime;

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
