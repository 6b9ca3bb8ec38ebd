//! The thread that measures runs: what `invset metrics` prints, one run after the other.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};

use super::Teller;
use crate::real::{Done, Progress, Stage};
use crate::run::RunFolder;
use crate::run::measure::{Part, Request, Saved, Watching, describe, measure};
use crate::text;
use crate::tui::message::{Message, RunId};
use crate::tui::model::measuring::{Measurement, Measuring};

/// Time between two lines about progress.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Starts the thread; it ends with the sender.
pub(super) fn start(teller: Teller, library: Option<PathBuf>) -> Sender<(RunId, RunFolder)> {
    let (sender, requests) = unbounded();
    thread::spawn(move || {
        for (run, folder) in requests {
            let tell = |measuring| teller.tell(Message::Measuring { run, measuring });
            tell(match work(&teller, run, &folder, library.as_deref()) {
                Ok(found) => Measuring::Done(Arc::new(found)),
                Err(reason) => Measuring::Failed(reason),
            });
        }
    });
    sender
}

fn work(
    teller: &Teller,
    run: RunId,
    folder: &RunFolder,
    library: Option<&Path>,
) -> Result<Measurement, String> {
    if Saved::of(folder).is_none() {
        return Err("no sample is saved yet: c on the run screen writes a checkpoint".to_owned());
    }
    let watching = Watching {
        // It is not asked for.
        share: &mut |_| (),
        images: of_images(teller.clone(), run),
        part: &mut |part| {
            let what = words(part).to_owned();
            let measuring = Measuring::Working { what };
            teller.tell(Message::Measuring { run, measuring });
        },
    };
    let measured = measure(folder, library, &Request::default(), watching)
        .map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    describe(&measured, &mut text).map_err(|error| error.to_string())?;
    Ok(Measurement {
        samples: measured.n,
        lines: String::from_utf8_lossy(&text)
            .lines()
            .map(text::clean)
            .collect(),
    })
}

fn words(part: Part) -> &'static str {
    match part {
        Part::Evaluating => "the networks look at every saved sample",
        Part::Scoring => "distances, counts and their intervals are taken",
        Part::Perceptual => "the judge compares their images",
        Part::Share => "the share of the code prior is measured",
        Part::Real => "real images are looked at",
        Part::Index => "they are placed between copies and others",
    }
}

/// Tells how far work on real images has come.
fn of_images(teller: Teller, run: RunId) -> Progress {
    let told = Mutex::new(None::<Instant>);
    Arc::new(move |Done { stage, done, total }| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        *told = Some(Instant::now());
        let what = match stage {
            Stage::Reading => format!("{done} of {total} real images are read"),
            Stage::Measuring => format!("the classifier has seen {done} of {total} real images"),
            Stage::Embedding => format!("an encoder has seen {done} of {total} real images"),
        };
        let measuring = Measuring::Working { what };
        teller.tell(Message::Measuring { run, measuring });
    })
}
