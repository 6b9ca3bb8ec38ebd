//! Opening a sweep: everything that can be wrong is found before its first run begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::file::{PlanFile, SWEEP_FILE, SweepFile};
use super::folder::SweepFolder;
use super::units::{self, Choice, SweepUnit};
use super::{Sweep, SweepError};
use crate::bundle::{Bundle, EncoderChoice, Smoothness};
use crate::engine::EngineError;
use crate::query::{ClassifierTaps, QueryError};
use crate::run::ground::{Ground, reference};
use crate::run::{Manner, RunError, dataset, init, unchanged};
use crate::sampler::{MethodKind, Settings};

/// What a sweep is asked for.
#[derive(Debug, Clone)]
pub struct SweepRequest {
    /// Name or folder of a bundle.
    pub bundle: String,
    /// The units.
    pub choice: Choice,
    /// The interval of every unit, as typed.
    pub interval: String,
    /// How each is sampled, and on what. Labels are drawn by its seed, too.
    pub manner: Manner,
    /// The folder of the sweep.
    pub out: PathBuf,
}

impl SweepRequest {
    /// The same with the files it names by their absolute paths: a sweep goes on from any folder.
    ///
    /// # Errors
    /// The encoder's file is not there.
    fn absolute(&self) -> Result<SweepRequest, RunError> {
        let mut request = self.clone();
        let init = &mut request.manner.settings.init;
        *init = init::absolute(init);
        request.manner.encoder = self.manner.encoder.absolute()?;
        if let Choice::Units(units) = &mut request.choice {
            for unit in units {
                *unit = units::absolute(unit);
            }
        }
        Ok(request)
    }

    fn units(&self, bundle: &Bundle) -> Result<Vec<SweepUnit>, SweepError> {
        let taps = taps(bundle)?;
        let seed = self.manner.settings.seed;
        let texts = self.choice.texts(seed, bundle, taps.logits())?;
        units::resolve(&texts, &self.interval, bundle, &taps)
    }
}

/// Prepares a sweep in a new folder, or goes on with the one in it that was asked for in the same
/// way.
///
/// # Errors
/// Something asked for is bad, or the folder holds anything else; nothing is left behind then.
pub fn start(request: &SweepRequest) -> Result<Sweep, SweepError> {
    let mut request = request.absolute()?;
    let settings = &request.manner.settings;
    settings.check().map_err(RunError::from)?;
    let bundle = open(
        &request.bundle,
        &request.manner.encoder,
        request.manner.smoothness,
    )?;
    if let Some(transforms) = &request.manner.transforms {
        let suit = transforms.suit(&bundle, settings.method);
        suit.map_err(RunError::from)?;
    }
    if request.out.join(SWEEP_FILE).exists() {
        return go_on(&request, bundle);
    }
    let units = request.units(&bundle)?;
    units::check_derivatives(&units, &bundle)?;
    // The folder that is remembered now, for every run of the sweep.
    request.manner.settings.init = dataset::settled(&request.manner.settings, &bundle)?;
    let opened = request.manner.runtime.open();
    let opened = opened.map_err(|error| RunError::from(EngineError::from(error)))?;
    let folder = SweepFolder::claim(&request.out)?;
    if request.out.join(SWEEP_FILE).exists() {
        // Another process was faster, and has ended since.
        drop(folder);
        return go_on(&request, bundle);
    }
    let file = SweepFile {
        invset: env!("CARGO_PKG_VERSION").to_owned(),
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        bundle: reference(&bundle),
        encoder: request.manner.encoder.clone(),
        units: texts(&units),
        interval: request.interval.trim().to_owned(),
        smoothness: request.manner.smoothness,
        transforms: request.manner.transforms,
        settings: request.manner.settings.clone(),
        plan: PlanFile::new(&request.manner),
        backend: opened.runtime.backend().clone(),
        files: bundle.fingerprints().map_err(RunError::from)?,
    };
    file.write(folder.path())
        .inspect_err(|_| folder.discard())?;
    Ok(Sweep {
        ground: Ground::new(bundle, file.files.clone(), opened),
        manner: request.manner,
        folder,
        file,
        units,
    })
}

/// Goes on with a sweep by what its folder says.
///
/// # Errors
/// It is no sweep, another process writes it, its bundle or runtime changed, or a file is damaged.
pub fn resume(path: &Path, library: Option<&Path>) -> Result<Sweep, SweepError> {
    let folder = SweepFolder::open(path)?;
    let file = SweepFile::read(path)?;
    let bundle = open(&file.bundle, &file.encoder, file.smoothness)?;
    check_files(&file, &bundle, path)?;
    let units = units::resolve(&file.units, &file.interval, &bundle, &taps(&bundle)?)?;
    let manner = file.manner();
    again(folder, file, bundle, units, manner, library)
}

/// Goes on with the sweep in the folder of a request, if it was asked for in the same way.
fn go_on(request: &SweepRequest, bundle: Arc<Bundle>) -> Result<Sweep, SweepError> {
    let folder = SweepFolder::open(&request.out)?;
    let file = SweepFile::read(folder.path())?;
    let asked = reference(&bundle);
    if asked == file.bundle && request.manner.encoder == file.encoder {
        // Before the units are looked at: labels that changed are no other request.
        check_files(&file, &bundle, folder.path())?;
    }
    let units = request.units(&bundle)?;
    let mut manner = request.manner.clone();
    if manner.settings.method == MethodKind::Dataset && manner.settings.init == Settings::RANDOM {
        // It names no folder: the sweep has its own, whatever was used with the bundle since.
        manner.settings.init = file.settings.init.clone();
    }
    let asked = SweepFile {
        bundle: asked,
        encoder: request.manner.encoder.clone(),
        units: texts(&units),
        interval: request.interval.trim().to_owned(),
        smoothness: request.manner.smoothness,
        transforms: request.manner.transforms,
        settings: manner.settings.clone(),
        plan: PlanFile::new(&manner),
        ..file.clone()
    };
    if let Some(what) = file.difference(&asked) {
        return Err(SweepError::Different {
            path: folder.path().to_owned(),
            what,
        });
    }
    let library = request.manner.runtime.library.as_deref();
    again(folder, file, bundle, units, manner, library)
}

/// The sweep of a folder, on the runtime that it was started on.
fn again(
    folder: SweepFolder,
    file: SweepFile,
    bundle: Arc<Bundle>,
    units: Vec<SweepUnit>,
    manner: Manner,
    library: Option<&Path>,
) -> Result<Sweep, SweepError> {
    let opened = unchanged::open_backend(&file.backend, library, folder.path())?;
    Ok(Sweep {
        ground: Ground::new(bundle, file.files.clone(), opened),
        folder,
        file,
        units,
        manner,
    })
}

/// A bundle with the encoder and the smoothness that are asked for.
fn open(
    bundle: &str,
    encoder: &EncoderChoice,
    smoothness: Option<Smoothness>,
) -> Result<Arc<Bundle>, RunError> {
    let bundle = Bundle::open(bundle)?.with_encoder(encoder)?;
    Ok(Arc::new(bundle.smoothed(smoothness)?))
}

fn check_files(file: &SweepFile, bundle: &Bundle, path: &Path) -> Result<(), RunError> {
    unchanged::check_files(&file.bundle, &file.files, &bundle.fingerprints()?, path)
}

fn taps(bundle: &Bundle) -> Result<ClassifierTaps, RunError> {
    Ok(ClassifierTaps::new(bundle).map_err(QueryError::from)?)
}

fn texts(units: &[SweepUnit]) -> Vec<String> {
    units
        .iter()
        .map(|unit| unit.constraint.unit.text.clone())
        .collect()
}
