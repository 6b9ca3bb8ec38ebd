//! The thread that looks at samples: reads pictures and embeddings, and lets the classifier see one.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use ndarray::ArrayView2;

use super::Teller;
use crate::bundle::Channels;
use crate::engine::Portrait as Portraitist;
use crate::metrics::{nearest_distances, principal_plane};
use crate::preview::Picture;
use crate::real::read_image;
use crate::run::folder::TENSORS_FILE;
use crate::run::record::SampleTensors;
use crate::run::{RunError, RunFolder, open_run};
use crate::tui::message::{Message, RunId};
use crate::tui::model::run_view::{EmbeddingMap, Portrait};

/// Samples whose distances to all others are taken: the time grows with the square.
const MOST_PAIRED: usize = 4096;
/// Classes that a portrait names.
const CLASSES: usize = 8;

/// Something to look at.
pub(super) struct Request {
    /// The run.
    pub run: RunId,
    /// Its folder.
    pub folder: RunFolder,
    /// What is wanted of it.
    pub what: What,
}

/// What is wanted of a run.
pub(super) enum What {
    /// The pictures of samples.
    Pictures(Vec<u64>),
    /// The embeddings.
    Map,
    /// What the classifier sees in a sample.
    Portrait(u64),
    /// Nothing any more.
    Forget,
}

/// Starts the thread; it ends with the sender.
pub(super) fn start(teller: Teller, library: Option<PathBuf>) -> Sender<Request> {
    let (sender, requests) = unbounded();
    thread::spawn(move || {
        let mut looker = Looker {
            teller,
            library,
            portraitists: HashMap::new(),
            waiting: VecDeque::new(),
        };
        looker.work(&requests);
    });
    sender
}

struct Looker {
    teller: Teller,
    library: Option<PathBuf>,
    /// What a portrait of a run's samples takes; none where it could not be made.
    portraitists: HashMap<RunId, Option<Sitting>>,
    waiting: VecDeque<Request>,
}

/// A run whose samples the classifier can be shown.
struct Sitting {
    portraitist: Portraitist,
    /// The order of an image's channels; none where the picture of a sample is a plot of it.
    channels: Option<Channels>,
    labels: Vec<String>,
    tensor: String,
}

impl Looker {
    fn work(&mut self, requests: &Receiver<Request>) {
        loop {
            if self.waiting.is_empty() {
                match requests.recv() {
                    Ok(request) => self.waiting.push_back(request),
                    Err(_) => return,
                }
            }
            self.waiting.extend(requests.try_iter());
            self.skip_outdated();
            if let Some(request) = self.waiting.pop_front() {
                self.look(request);
            }
        }
    }

    /// Of several portraits or maps of a run only the last is still wanted.
    fn skip_outdated(&mut self) {
        let mut seen = BTreeSet::new();
        let mut kept = VecDeque::new();
        while let Some(request) = self.waiting.pop_back() {
            let kind = match request.what {
                What::Pictures(_) | What::Forget => None,
                What::Map => Some(0),
                What::Portrait(_) => Some(1),
            };
            if kind.is_none_or(|kind| seen.insert((request.run, kind))) {
                kept.push_front(request);
            }
        }
        self.waiting = kept;
    }

    fn look(&mut self, request: Request) {
        let Request { run, folder, what } = request;
        match what {
            What::Pictures(samples) => {
                for sample in samples {
                    let path = folder.file(&RunFolder::image_name(sample));
                    match Picture::open(&path) {
                        Ok(picture) => self.teller.tell(Message::Picture {
                            run,
                            sample,
                            picture: Arc::new(picture),
                        }),
                        Err(error) => self.teller.fail(&path.display().to_string(), &error),
                    }
                }
            }
            What::Forget => {
                self.portraitists.remove(&run);
            }
            What::Map => {
                // There is none before the first checkpoint, which is no mistake.
                if let Ok(map) = map(&folder) {
                    let map = Arc::new(map);
                    self.teller.tell(Message::Map { run, map });
                }
            }
            What::Portrait(sample) => self.portray(run, &folder, sample),
        }
    }

    fn portray(&mut self, run: RunId, folder: &RunFolder, sample: u64) {
        if !self.portraitists.contains_key(&run) {
            let sitting = match self.sit(folder) {
                Ok(sitting) => Some(sitting),
                Err(error) => {
                    self.teller
                        .fail("the classifier cannot look at samples", &error);
                    None
                }
            };
            // Networks take memory, on a GPU much of it: those of one run at a time are kept.
            self.portraitists.retain(|_, sitting| sitting.is_none());
            self.portraitists.insert(run, sitting);
        }
        let Some(Some(sitting)) = self.portraitists.get_mut(&run) else {
            return;
        };
        match sitting.portray(folder, sample) {
            Ok(Some(portrait)) => {
                let portrait = Arc::new(portrait);
                self.teller.tell(Message::Portrait { run, portrait });
            }
            // Not saved yet, which is no mistake.
            Ok(None) => {}
            Err(error) => self
                .teller
                .fail("the classifier cannot look at this sample", &error),
        }
    }

    fn sit(&self, folder: &RunFolder) -> Result<Sitting, RunError> {
        let opened = open_run(folder, self.library.as_deref())?;
        let units = opened.query.units();
        let portraitist = Portraitist::new(opened.runtime.as_ref(), &opened.bundle, &units)?;
        Ok(Sitting {
            portraitist,
            channels: opened.bundle.manifest().generator.domain.channels(),
            labels: opened.bundle.labels().to_vec(),
            tensor: units
                .first()
                .map_or(String::new(), |unit| unit.tensor.clone()),
        })
    }
}

impl Sitting {
    /// What the classifier makes of a sample; none where its code is needed and not saved yet.
    fn portray(&mut self, folder: &RunFolder, sample: u64) -> Result<Option<Portrait>, String> {
        let seen = match self.channels {
            Some(channels) => {
                let path = folder.file(&RunFolder::image_name(sample));
                let image = read_image(&path, self.portraitist.image_shape(), channels)
                    .map_err(|reason| format!("{}: {reason}", path.display()))?;
                self.portraitist.of_image(image)
            }
            // No sample can be read off a plot.
            None => match code(folder, sample)? {
                Some(code) => self.portraitist.of_code(&code),
                None => return Ok(None),
            },
        };
        let seen = seen.map_err(|error| error.to_string())?;
        let mut classes: Vec<(usize, f64)> = seen
            .probabilities
            .unwrap_or(seen.logits)
            .into_iter()
            .map(f64::from)
            .enumerate()
            .filter(|(_, share)| share.is_finite())
            .collect();
        classes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let label = |class: usize| match self.labels.get(class) {
            Some(label) => label.clone(),
            None => format!("[{class}]"),
        };
        Ok(Some(Portrait {
            sample,
            classes: classes
                .into_iter()
                .take(CLASSES)
                .map(|(class, share)| (label(class), share))
                .collect(),
            channels: seen.channels,
            tensor: self.tensor.clone(),
        }))
    }
}

/// The code of a sample; none before the checkpoint that saves it.
fn code(folder: &RunFolder, sample: u64) -> Result<Option<Vec<f32>>, String> {
    if !folder.file(TENSORS_FILE).exists() {
        return Ok(None);
    }
    let samples = SampleTensors::read(folder).map_err(|error| error.to_string())?;
    let mut indices = samples.indices.iter();
    let row = indices.position(|&index| u64::try_from(index) == Ok(sample));
    let mut codes = samples.codes.chunks(samples.code_length.max(1));
    Ok(row.and_then(|row| codes.nth(row)).map(<[f32]>::to_vec))
}

/// The samples of a run in the plane, and how far each is from the nearest other.
fn map(folder: &RunFolder) -> Result<EmbeddingMap, String> {
    let samples = SampleTensors::read(folder).map_err(|error| error.to_string())?;
    let width = samples.embedding_length.max(1);
    let rows = samples.embeddings.len() / width;
    let embeddings = ArrayView2::from_shape((rows, width), &samples.embeddings)
        .map_err(|error| error.to_string())?;
    let plane = principal_plane(embeddings);
    Ok(EmbeddingMap {
        points: plane
            .points
            .rows()
            .into_iter()
            .map(|row| (f64::from(row[0]), f64::from(row[1])))
            .collect(),
        explained: plane.explained,
        nearest: if rows <= MOST_PAIRED {
            nearest_distances(embeddings)
        } else {
            vec![f64::NAN; rows]
        },
    })
}
