//! The thread that scores the saved samples of the runs that somebody looks at.
//!
//! It sleeps while nobody looks, looks for a new checkpoint once a second, and takes at most a
//! twentieth of one core: scores of many samples come more rarely.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::Teller;
use crate::run::RunFolder;
use crate::run::measure::{Saved, Scorer, ScoresSoFar};
use crate::tui::message::{Message, RunId};

/// Time between two looks at a run's samples.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many times as long as it worked, it rests.
const REST: u32 = 19;

/// The runs that are looked at.
pub(super) type LookedAt = Vec<(RunId, RunFolder)>;

/// Starts the thread; it ends with the sender.
pub(super) fn start(teller: Teller) -> Sender<LookedAt> {
    let (sender, requests) = unbounded();
    thread::spawn(move || {
        let mut desk = Desk {
            teller,
            open: HashMap::new(),
        };
        desk.work(&requests);
    });
    sender
}

struct Desk {
    teller: Teller,
    /// The runs that are looked at, and what was scored of each last.
    open: HashMap<RunId, Sheet>,
}

struct Sheet {
    folder: RunFolder,
    /// None until it was needed first, or where it could not be opened.
    scorer: Option<Scorer>,
    scored: Option<Saved>,
}

impl Desk {
    fn work(&mut self, requests: &Receiver<LookedAt>) {
        let mut not_before = Instant::now();
        loop {
            let request = if self.open.is_empty() {
                requests.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                let rest = not_before.saturating_duration_since(Instant::now());
                requests.recv_timeout(rest.max(LOOK_EVERY))
            };
            match request {
                Ok(looked_at) => self.take(requests.try_iter().last().unwrap_or(looked_at)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= not_before {
                let begun = Instant::now();
                self.score();
                not_before = begun + begun.elapsed() * (REST + 1);
            }
        }
    }

    /// Takes in who is looked at now. What was scored of those who stay is kept.
    fn take(&mut self, looked_at: LookedAt) {
        let mut before = std::mem::take(&mut self.open);
        for (run, folder) in looked_at {
            let sheet = before.remove(&run).unwrap_or(Sheet {
                folder,
                scorer: None,
                scored: None,
            });
            self.open.insert(run, sheet);
        }
    }

    /// Scores the runs that have saved more since they were scored last.
    fn score(&mut self) {
        for (&run, sheet) in &mut self.open {
            let saved = Saved::of(&sheet.folder);
            if saved.is_none() || saved == sheet.scored {
                continue;
            }
            sheet.scored = saved;
            let scores = sheet.score();
            self.teller.tell(Message::Scores { run, scores });
        }
    }
}

impl Sheet {
    fn score(&mut self) -> Result<Arc<ScoresSoFar>, String> {
        let scorer = match &mut self.scorer {
            Some(scorer) => scorer,
            none => none.insert(Scorer::open(&self.folder).map_err(|error| error.to_string())?),
        };
        let scores = scorer.score().map_err(|error| error.to_string())?;
        Ok(Arc::new(scores))
    }
}
