//! Working a sweep: finished runs are kept, half-done ones go on, missing ones are started.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::report::{SweepReport, UnitReport};
use super::units::SweepUnit;
use super::{Sweep, SweepError};
use crate::real;
use crate::run::folder::{RUN_FILE, RunFolder};
use crate::run::method_name::method_name;
use crate::run::run_file::{ConstraintFile, RunFile};
use crate::run::snapshot::Observer;
use crate::run::{Ending, Prepared, RunError, Standing, control, ground, resume, unchanged};

/// Somebody who watches a sweep from within its process.
pub trait Watcher {
    /// The run of a unit, counted from 0, begins or goes on; what is returned watches it.
    fn begin(&mut self, unit: &SweepUnit, number: usize) -> Box<dyn Observer>;

    /// The run of a unit has ended.
    fn end(&mut self, report: &UnitReport, number: usize);
}

/// How the run of a unit stands when the sweep comes to it.
enum Place {
    Missing,
    HalfDone,
    Finished(Standing),
}

impl Sweep {
    /// Works every run to its end, in order, until `interrupt` is set or one of them is told to
    /// stop.
    ///
    /// # Errors
    /// A run failed: what is finished is kept, and the sweep can go on later. Before the first run
    /// begins, also: a folder in the way of one.
    pub fn work(
        &mut self,
        interrupt: &Arc<AtomicBool>,
        watcher: &mut dyn Watcher,
    ) -> Result<SweepReport, SweepError> {
        let places = self.units.iter().map(|unit| self.place(unit));
        let places: Vec<Place> = places.collect::<Result<_, _>>()?;
        let n = self.file.settings.n;
        let method = method_name(&self.file.settings, &self.ground.bundle);
        let mut report = SweepReport::new(&self.file, method, self.units.len());
        for (number, (unit, place)) in self.units.iter().zip(places).enumerate() {
            let path = self.run_path(unit);
            if let Place::Finished(standing) = &place {
                report.add(UnitReport::new(unit, &path, n, standing));
                continue;
            }
            if interrupt.load(Ordering::SeqCst) {
                report.interrupted = true;
                break;
            }
            let mut prepared = self.prepare(unit, &place).inspect_err(|_| {
                if number == 0 {
                    // Nothing could ever be started: the next attempt may ask otherwise.
                    self.folder.discard();
                }
            })?;
            let mut observer = watcher.begin(unit, number);
            let (commander, mut control) = control::line_of_command_with(Arc::clone(interrupt));
            let worked = prepared
                .run
                .work(&commander, &mut control, observer.as_mut());
            drop(observer);
            let ending = worked?.ending;
            let standing = Standing::read(prepared.run.folder())?;
            let unit = UnitReport::new(unit, &path, n, &standing);
            if ending == Ending::Interrupted {
                report.interrupted = true;
                report.add(unit);
                break;
            }
            watcher.end(&unit, number);
            report.add(unit);
        }
        Ok(report)
    }

    fn run_path(&self, unit: &SweepUnit) -> PathBuf {
        self.path().join(&unit.folder)
    }

    fn prepare(&self, unit: &SweepUnit, place: &Place) -> Result<Prepared, RunError> {
        let path = self.run_path(unit);
        if let Place::HalfDone = place {
            return resume(&path, self.manner.runtime.library.as_deref());
        }
        // A sweep takes hours, and models are read anew for each of its runs.
        let bundle = &self.ground.bundle;
        unchanged::check_files(
            &self.file.bundle,
            &self.file.files,
            &bundle.fingerprints()?,
            self.path(),
        )?;
        RunFolder::discard_unstarted(&path)?;
        let place = ground::Place::At(&path);
        let progress = real::unwatched();
        self.ground
            .start(unit.query(), &self.manner, place, progress)
    }

    /// How the run of a unit stands.
    fn place(&self, unit: &SweepUnit) -> Result<Place, SweepError> {
        let path = self.run_path(unit);
        if !path.join(RUN_FILE).is_file() {
            return Ok(Place::Missing);
        }
        let folder = RunFolder::open(&path)?;
        if let Some(what) = self.difference(unit, &RunFile::read(&folder)?) {
            return Err(SweepError::OtherRun { path, what });
        }
        let standing = Standing::read(&folder)?;
        Ok(match standing.finish {
            Some(_) => Place::Finished(standing),
            None => Place::HalfDone,
        })
    }

    /// What a run that is there was asked for differently.
    fn difference(&self, unit: &SweepUnit, there: &RunFile) -> Option<String> {
        let constraint = ConstraintFile::new(&unit.constraint);
        [
            ("its bundle", there.bundle == self.file.bundle),
            ("its encoder", there.encoder == self.file.encoder),
            ("its bundle's files", there.files == self.file.files),
            ("its query", there.constraint == [constraint]),
            ("its settings", there.settings == self.file.settings),
            ("its smoothness", there.smoothness == self.file.smoothness),
            ("its transforms", there.transforms == self.file.transforms),
        ]
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(what, _)| format!("{what} differ from the sweep's"))
    }
}
