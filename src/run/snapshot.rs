//! What a run looks like between two steps, for those who watch it.

use serde::{Deserialize, Serialize};

/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Stepping.
    Running,
    /// Waiting for an order.
    Paused,
    /// Ended, complete or not.
    Ended,
}

/// The state of a run after a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What the worker is doing.
    pub phase: Phase,
    /// Steps done.
    pub step: u64,
    /// Most steps that will be done.
    pub max_steps: u64,
    /// Samples wanted.
    pub n: u64,
    /// Samples accepted and saved.
    pub n_accepted: u64,
    /// Rows inside every interval now.
    pub n_feasible: u64,
    /// The objective; absent when it is not finite.
    pub objective: Option<f64>,
    /// Latest activations, one row for each live sample, one column for each constraint.
    pub activations: Vec<Vec<f32>>,
    /// Codes evaluated forwards.
    pub forwards: u64,
    /// Codes pulled back.
    pub gradients: u64,
    /// Wall time of the step loop.
    pub seconds: f64,
    /// Wall time with a session running.
    pub seconds_in_runtime: f64,
}

/// Somebody who watches a run from within its process.
pub trait Observer {
    /// A step was done.
    fn step(&mut self, snapshot: &Snapshot);

    /// Something worth a line happened.
    fn event(&mut self, text: &str);
}

/// An observer who looks away.
pub struct Unobserved;

impl Observer for Unobserved {
    fn step(&mut self, _: &Snapshot) {}

    fn event(&mut self, _: &str) {}
}
