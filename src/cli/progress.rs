//! Progress without a screen: a bar on a terminal, a line a second otherwise.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::real::{self, Done, Stage};
use crate::run::snapshot::{Observer, Snapshot, Unobserved};
use crate::text;

/// Time between two lines.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// The observer for stderr as it is: silent when `quiet`. What it shows begins with `prefix`.
pub fn observer(quiet: bool, n: u64, prefix: &str) -> Box<dyn Observer> {
    let prefix = text::clean(prefix);
    if quiet {
        Box::new(Unobserved)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bar::new(n, prefix))
    } else {
        Box::new(Lines { last: None, prefix })
    }
}

/// Samples that are where they should be: saved, or feasible and still moving.
fn done(snapshot: &Snapshot) -> u64 {
    snapshot.n_accepted.max(snapshot.n_feasible).min(snapshot.n)
}

fn rate(snapshot: &Snapshot) -> f64 {
    if snapshot.seconds > 0.0 {
        snapshot.step as f64 / snapshot.seconds
    } else {
        0.0
    }
}

struct Bar {
    bar: ProgressBar,
}

impl Bar {
    fn new(n: u64, prefix: String) -> Bar {
        let bar = ProgressBar::new(n).with_prefix(prefix);
        let template =
            "{prefix}{bar:24} {pos}/{len} feasible  {msg}  {elapsed} elapsed, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Bar { bar }
    }
}

impl Observer for Bar {
    fn step(&mut self, snapshot: &Snapshot) {
        self.bar.set_position(done(snapshot));
        self.bar.set_message(format!(
            "step {}  {:.1} steps/s  {} saved",
            snapshot.step,
            rate(snapshot),
            snapshot.n_accepted
        ));
    }

    fn event(&mut self, event: &str) {
        self.bar.suspend(|| output::say(&text::clean(event)));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

struct Lines {
    last: Option<Instant>,
    prefix: String,
}

impl Observer for Lines {
    fn step(&mut self, snapshot: &Snapshot) {
        let is_soon = self.last.is_some_and(|last| last.elapsed() < LINE_EVERY);
        if is_soon || snapshot.step == 0 {
            return;
        }
        self.last = Some(Instant::now());
        output::say(&format!(
            "{}step {}: {} of {} feasible, {} saved, {:.1} steps/s, {:.0} s",
            self.prefix,
            snapshot.step,
            snapshot.n_feasible,
            snapshot.n,
            snapshot.n_accepted,
            rate(snapshot),
            snapshot.seconds
        ));
    }

    fn event(&mut self, event: &str) {
        output::say(&format!("{}{event}", self.prefix));
    }
}

/// Counts work done by several threads, on stderr. What takes less than a second shows nothing.
pub struct Counter {
    state: Mutex<Counted>,
    total: u64,
    what: &'static str,
}

struct Counted {
    done: u64,
    start: Instant,
    last: Instant,
    bar: Option<ProgressBar>,
}

impl Counter {
    /// Nothing of `total` is done yet; `what` is counted.
    pub fn new(total: u64, what: &'static str) -> Counter {
        let now = Instant::now();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let template = "{bar:24} {pos}/{len} {msg}  {elapsed} elapsed, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.with_message(what)
        });
        let state = Counted {
            done: 0,
            start: now,
            last: now,
            bar,
        };
        Counter {
            state: Mutex::new(state),
            total,
            what,
        }
    }

    /// One more is done.
    pub fn advance(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let done = state.done + 1;
        self.show(&mut state, done);
    }

    /// So many are done.
    fn reach(&self, done: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.show(&mut state, done);
    }

    fn show(&self, state: &mut Counted, done: u64) {
        state.done = done;
        if let Some(bar) = &state.bar {
            bar.set_position(done);
        } else if state.last.elapsed() >= LINE_EVERY {
            state.last = Instant::now();
            output::say(&format!(
                "{} of {} {}, {:.0} s",
                state.done,
                self.total,
                self.what,
                state.start.elapsed().as_secs_f64()
            ));
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = &state.bar {
            bar.finish_and_clear();
        }
    }
}

/// Tells on stderr how far work on real images has come: silent when `quiet`.
pub fn of_images(quiet: bool) -> real::Progress {
    if quiet {
        return real::unwatched();
    }
    let current: Mutex<Option<(Stage, Counter)>> = Mutex::new(None);
    std::sync::Arc::new(move |Done { stage, done, total }| {
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(&*current, Some((known, counter)) if *known == stage && counter.total == total as u64)
        {
            // The last bar goes before the next comes.
            *current = None;
            let what = match stage {
                Stage::Reading => "images read",
                Stage::Measuring => "images measured",
                Stage::Embedding => "images embedded",
            };
            *current = Some((stage, Counter::new(total as u64, what)));
        }
        if let Some((_, counter)) = &*current {
            counter.reach(done as u64);
        }
        if done == total {
            *current = None;
        }
    })
}
