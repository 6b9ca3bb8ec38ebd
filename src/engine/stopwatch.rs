//! Counts of work done and of the time spent inside the runtime.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Codes sent through the networks, re-checks included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Codes evaluated forwards.
    pub forwards: u64,
    /// Codes pulled back, once for each vector-Jacobian product.
    pub gradients: u64,
}

/// Wall time during which at least one session was running.
#[derive(Debug, Default)]
pub(super) struct RuntimeClock {
    state: Mutex<ClockState>,
}

#[derive(Debug, Default)]
struct ClockState {
    running: usize,
    since: Option<Instant>,
    total: Duration,
}

impl RuntimeClock {
    /// Counts the time until the guard is dropped.
    pub(super) fn start(&self) -> Running<'_> {
        let mut state = lock(&self.state);
        if state.running == 0 {
            state.since = Some(Instant::now());
        }
        state.running += 1;
        Running { clock: self }
    }

    /// The time so far.
    pub(super) fn total(&self) -> Duration {
        let state = lock(&self.state);
        state.total + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// A session is running while this lives.
pub(super) struct Running<'a> {
    clock: &'a RuntimeClock,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.clock.state);
        state.running -= 1;
        if state.running == 0
            && let Some(since) = state.since.take()
        {
            state.total += since.elapsed();
        }
    }
}

/// The state holds no invariant that a panic elsewhere could break.
fn lock(state: &Mutex<ClockState>) -> std::sync::MutexGuard<'_, ClockState> {
    state
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_runs_are_counted_once() {
        let clock = RuntimeClock::default();
        let before = Instant::now();
        {
            let _first = clock.start();
            let _second = clock.start();
            std::thread::sleep(Duration::from_millis(5));
        }
        let wall = before.elapsed();
        assert!(clock.total() >= Duration::from_millis(5));
        assert!(clock.total() <= wall);
    }

    #[test]
    fn idle_time_is_not_counted() {
        let clock = RuntimeClock::default();
        drop(clock.start());
        let total = clock.total();
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.total(), total);
    }
}
