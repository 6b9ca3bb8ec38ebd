//! The worker seen from outside: a snapshot of everything, made where it is shown.

use std::time::Instant;

use super::control::Control;
use super::history;
use super::snapshot::{Observer, Phase, Snapshot};
use super::worker::Worker;

/// What those who watch were last told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub at: Instant,
    pub phase: Phase,
    pub orders: u64,
    pub events: u64,
}

impl Worker<'_> {
    /// Shows the run as it stands to the observer and to the socket's clients.
    pub(super) fn show(&mut self, phase: Phase, control: &Control, observer: &mut dyn Observer) {
        let snapshot = self.snapshot(phase, control.taken());
        observer.step(&snapshot);
        self.shown = Some(Shown {
            at: Instant::now(),
            phase,
            orders: snapshot.orders,
            events: snapshot.events,
        });
        if let Some(socket) = &self.socket {
            socket.publish(snapshot);
        }
    }

    fn snapshot(&self, phase: Phase, orders: u64) -> Snapshot {
        let rows = self.method.rows();
        let tunables = self.method.tunables();
        Snapshot {
            phase,
            step: self.progress.step,
            max_steps: tunables.max_steps,
            n: self.run.file.settings.n as u64,
            n_accepted: self.progress.recorded,
            n_feasible: rows.feasible as u64,
            objective: self.progress.objective,
            activations: history::rows_of(rows.activations.view()),
            rows: rows.status,
            best: rows.best.to_vec(),
            redraws: rows.redraws,
            tunables,
            orders,
            diversity: self.diversity,
            marks: self.marks.clone(),
            events: self.progress.events,
            last_event: self.progress.last_event.clone(),
            finish: self.finish,
            forwards: self.progress.counts.forwards,
            gradients: self.progress.counts.gradients,
            seconds: self.progress.seconds,
            seconds_in_runtime: self.progress.seconds_in_runtime,
        }
    }
}
