//! Opening a run: everything that can be wrong is found before its folder is made.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::folder::{LOG_FILE, LineFile};
use super::init::{self, STARTS_FILE};
use super::lock::RunLock;
use super::run_file::{ConstraintFile, RunFile};
use super::{Run, RunError, RunFolder};
use crate::bundle::{Bundle, Source};
use crate::engine::{self, Engine, EngineError, PlanRequest, SchemeChoice};
use crate::query::Query;
use crate::runtime::{self, DeviceChoice, Opened, RuntimeChoice, RuntimeRequest};
use crate::sampler::{self, MethodKind, Problem, Settings};

/// What a new run is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Name or folder of a bundle.
    pub bundle: String,
    /// Constraints as typed.
    pub query: Vec<String>,
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
    /// The run folder; `runs/TIME-UNIT-SEED` when absent.
    pub out: Option<PathBuf>,
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
    let bundle = Arc::new(Bundle::open(&request.bundle)?);
    let query = Query::resolve(&request.query, &bundle)?;
    let settings = &request.settings;
    let Opened { runtime, notes } = request.runtime.open().map_err(EngineError::from)?;
    let units = query.units();
    let engine = Engine::new(
        Arc::clone(&runtime),
        Arc::clone(&bundle),
        units,
        &plan_request(request),
    )?;
    let mut problem = problem(&bundle, &query, &engine)?;
    problem.starts = init::starts(&settings.init, runtime.as_ref(), &bundle, &engine)?;
    sampler::start(settings, problem.clone())?;

    let folder = match &request.out {
        Some(path) => RunFolder::create(path)?,
        None => default_folder(&query, settings.seed)?,
    };
    let file = RunFile {
        invset: env!("CARGO_PKG_VERSION").to_owned(),
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        bundle: reference(&bundle),
        query: request.query.clone(),
        constraint: query.constraints.iter().map(ConstraintFile::new).collect(),
        settings: settings.clone(),
        plan: engine.plan().clone(),
        files: bundle.fingerprints()?,
    };
    let write = || -> Result<RunLock, RunError> {
        let lock = RunLock::acquire(&folder)?;
        file.write(&folder)?;
        if let Some(starts) = &problem.starts {
            folder.replace(STARTS_FILE, &init::to_bytes(starts, &folder)?)?;
        }
        let mut log = LineFile::open(&folder.file(LOG_FILE), 0)?;
        for note in &notes {
            log.append(note)?;
        }
        Ok(lock)
    };
    let lock = write().inspect_err(|_| folder.discard())?;
    Ok(Prepared {
        run: Run {
            folder,
            file,
            bundle,
            query,
            runtime,
            engine,
            problem,
            lock,
        },
        notes,
    })
}

/// Opens a run to go on with it, by its stored plan.
///
/// # Errors
/// It is no run, another process writes it, its bundle or runtime changed, or a file is damaged.
pub fn resume(path: &Path, library: Option<&Path>) -> Result<Prepared, RunError> {
    let folder = RunFolder::open(path)?;
    let lock = RunLock::acquire(&folder)?;
    let opened = open_run(&folder, library)?;
    let engine = Engine::with_plan(
        Arc::clone(&opened.runtime),
        Arc::clone(&opened.bundle),
        opened.query.units(),
        opened.file.plan.clone(),
    )?;
    let mut problem = problem(&opened.bundle, &opened.query, &engine)?;
    problem.starts = init::read(&folder)?;
    Ok(Prepared {
        run: Run {
            folder,
            file: opened.file,
            bundle: opened.bundle,
            query: opened.query,
            runtime: opened.runtime,
            engine,
            problem,
            lock,
        },
        notes: opened.notes,
    })
}

/// What a run was made with, opened again.
pub struct OpenedRun {
    /// Its `run.toml`.
    pub file: RunFile,
    /// Its bundle.
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
    let changed = |what: String| RunError::Changed {
        path: folder.path().to_owned(),
        what,
    };
    let bundle = Arc::new(Bundle::open(&file.bundle)?);
    let files = bundle.fingerprints()?;
    if let Some(name) = file
        .files
        .keys()
        .chain(files.keys())
        .find(|name| files.get(*name) != file.files.get(*name))
    {
        return Err(changed(format!("'{name}' of bundle '{}'", file.bundle)));
    }
    let query = Query::resolve(&file.query, &bundle)?;
    let resolved: Vec<_> = query.constraints.iter().map(ConstraintFile::new).collect();
    if resolved != file.constraint {
        return Err(changed("the query's meaning".to_owned()));
    }
    let stored = &file.plan.backend;
    let request = RuntimeRequest {
        choice: if stored.name == runtime::EMBEDDED {
            RuntimeChoice::Embedded
        } else {
            RuntimeChoice::OnnxRuntime
        },
        device: if stored.device == "cpu" {
            DeviceChoice::Cpu
        } else {
            DeviceChoice::Cuda
        },
        library: library.map(Path::to_owned),
    };
    let Opened { runtime, notes } = request.open().map_err(EngineError::from)?;
    if runtime.backend() != stored {
        let now = runtime.backend();
        return Err(changed(format!(
            "the runtime ({} {} on {} then, {} {} on {} now)",
            stored.name, stored.version, stored.device, now.name, now.version, now.device
        )));
    }
    Ok(OpenedRun {
        file,
        bundle,
        query,
        runtime,
        notes,
    })
}

fn plan_request(request: &Request) -> PlanRequest {
    let settings = &request.settings;
    PlanRequest {
        rows: match settings.method {
            MethodKind::Incremental => settings.k.min(settings.n),
            MethodKind::Joint => settings.n,
        },
        micro_batch: request.micro_batch,
        scheme: request.scheme,
        memory_cap: request.memory_cap,
        threads: request.threads,
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
fn reference(bundle: &Bundle) -> String {
    match bundle.source() {
        Source::Embedded(embedded) => embedded.name.to_owned(),
        Source::Folder(path) => path
            .canonicalize()
            .unwrap_or_else(|_| path.clone())
            .display()
            .to_string(),
    }
}

/// `runs/TIME-UNIT-SEED`, with a number appended while that is taken.
fn default_folder(query: &Query, seed: u64) -> Result<RunFolder, RunError> {
    let time: String = humantime::format_rfc3339_seconds(SystemTime::now())
        .to_string()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let unit = query
        .constraints
        .first()
        .map_or("unit", |constraint| constraint.unit.text.as_str());
    let name = format!("{time}-{}-{seed}", file_name(unit));
    let mut path = Path::new("runs").join(&name);
    let mut number = 1;
    loop {
        match RunFolder::create(&path) {
            Err(RunError::Exists(_)) => {
                number += 1;
                path = Path::new("runs").join(format!("{name}-{number}"));
            }
            other => return other,
        }
    }
}

/// A unit's name with only what is safe in a file name.
fn file_name(unit: &str) -> String {
    let mut name: String = unit
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    name = name.trim_matches(['_', '.']).to_owned();
    if name.is_empty() {
        name.push_str("unit");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_becomes_a_safe_file_name() {
        assert_eq!(file_name("ankle boot"), "ankle_boot");
        assert_eq!(file_name("../../etc"), "etc");
        assert_eq!(file_name("layer3.relu[37]"), "layer3.relu_37");
        assert_eq!(file_name("日本"), "unit");
    }
}
