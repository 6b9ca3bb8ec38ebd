//! Micro-batches on all workers: handed out in order, results placed by it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, ArrayView2, Axis};

use super::{Pool, Sessions};
use crate::engine::EngineError;
use crate::engine::stopwatch::RuntimeClock;
use crate::runtime::{Held, Input, RuntimeError, Session};

impl Pool {
    /// Runs `work` once for each micro-batch, on all workers, results in block order.
    pub(super) fn each_block<T: Send>(
        &self,
        rows: usize,
        work: impl Fn(&mut Sessions, usize) -> Result<T, RuntimeError> + Sync,
    ) -> Result<Vec<T>, EngineError> {
        let count = rows.div_ceil(self.micro_batch);
        let next = AtomicUsize::new(0);
        let drain = |worker: usize| {
            let mut sessions = lock(&self.sessions[worker]);
            let mut done = Vec::new();
            loop {
                let block = next.fetch_add(1, Ordering::Relaxed);
                if block >= count {
                    return done;
                }
                let result = work(&mut sessions, block);
                let failed = result.is_err();
                done.push((block, result));
                if failed {
                    next.store(count, Ordering::Relaxed);
                    return done;
                }
            }
        };
        let finished = if count <= 1 || self.sessions.len() == 1 {
            drain(0)
        } else {
            let parts = self.threads.broadcast(|context| drain(context.index()));
            parts.into_iter().flatten().collect()
        };
        let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
        for (block, result) in finished {
            results[block] = Some(result?);
        }
        results
            .into_iter()
            .collect::<Option<Vec<T>>>()
            .ok_or_else(|| EngineError::Internal("a micro-batch was not evaluated".into()))
    }

    /// The rows of one micro-batch, filled up with copies of the last one.
    pub(super) fn padded(&self, values: ArrayView2<'_, f32>, block: usize) -> Vec<f32> {
        let range = self.rows_of(block, values.nrows());
        let mut padded = Vec::with_capacity(self.micro_batch * values.ncols());
        for row in range.clone() {
            padded.extend(values.index_axis(Axis(0), row).iter());
        }
        for _ in range.len()..self.micro_batch {
            padded.extend_from_within(padded.len() - values.ncols()..);
        }
        padded
    }

    pub(super) fn rows_of(&self, block: usize, rows: usize) -> std::ops::Range<usize> {
        let start = block * self.micro_batch;
        start..(start + self.micro_batch).min(rows)
    }
}

/// Runs a session with the clock on.
pub(super) fn run(
    clock: &RuntimeClock,
    session: &mut Box<dyn Session>,
    inputs: &[Input<'_>],
) -> Result<Vec<Box<dyn Held>>, RuntimeError> {
    let _running = clock.start();
    session.run(inputs)
}

/// Copies the rows of a micro-batch without its padding.
pub(super) fn copy_rows(target: &mut Array2<f32>, rows: std::ops::Range<usize>, values: &[f32]) {
    let width = target.ncols();
    for (offset, row) in rows.enumerate() {
        target.row_mut(row).assign(&ndarray::aview1(
            &values[offset * width..(offset + 1) * width],
        ));
    }
}

/// Sessions are used by one worker at a time; a panic in another leaves them usable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
