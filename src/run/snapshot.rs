//! What a run looks like between two steps, for those who watch it.

use serde::{Deserialize, Serialize};

use super::diversity_now::DiversityNow;
use super::marks::Marks;
use super::no_number;
use crate::sampler::{Finish, RowStatus, Tunables};

/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Stepping.
    Running,
    /// Waiting for an order.
    Paused,
    /// The worker ends now: the run has ended, complete or not, or was stopped and can be resumed.
    Ended,
}

/// The state of a run between two steps.
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
    /// The objective at the last step; absent before the first, and where it is not finite.
    pub objective: Option<f64>,
    /// Latest activations, one row for each row of the method, one column for each constraint; not a
    /// number where none is known, which is `null` in JSON.
    #[serde(deserialize_with = "no_number::rows")]
    pub activations: Vec<Vec<f32>>,
    /// How each of these rows fares.
    pub rows: Vec<RowStatus>,
    /// For each constraint, the activation nearest to its interval (or inside) met so far.
    pub best: Vec<Option<f32>>,
    /// Starts given up so far.
    pub redraws: u64,
    /// The settings in force that may change.
    pub tunables: Tunables,
    /// Orders that this worker has taken, refused ones included.
    pub orders: u64,
    /// The latest scores of the rows' embeddings.
    pub diversity: Option<DiversityNow>,
    /// The samples that are marked or dropped.
    pub marks: Marks,
    /// Events so far.
    pub events: u64,
    /// The last of them.
    pub last_event: Option<String>,
    /// Why the run has ended; none while it can go on.
    pub finish: Option<Finish>,
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
    /// A step was done, an order was taken, or the worker pauses, goes on or ends.
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

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sampler::{MethodKind, Settings};

    /// A run of two rows after some steps.
    pub(in crate::run) fn snapshot(step: u64) -> Snapshot {
        Snapshot {
            phase: Phase::Running,
            step,
            max_steps: 10,
            n: 2,
            n_accepted: 0,
            n_feasible: 1,
            objective: Some(1.0),
            activations: vec![vec![0.5], vec![f32::NAN]],
            rows: vec![RowStatus::Visited, RowStatus::Seeking],
            best: vec![Some(0.5)],
            redraws: 1,
            tunables: Tunables::of(&Settings::new(MethodKind::Joint, 2)),
            orders: 0,
            diversity: None,
            marks: Marks::default(),
            events: 0,
            last_event: None,
            finish: None,
            forwards: 4,
            gradients: 4,
            seconds: 0.1,
            seconds_in_runtime: 0.1,
        }
    }

    #[test]
    fn a_snapshot_with_unknown_activations_survives_json() {
        let text = serde_json::to_string(&snapshot(3)).unwrap();
        assert!(text.contains(r#""activations":[[0.5],[null]]"#), "{text}");
        let back: Snapshot = serde_json::from_str(&text).unwrap();
        assert!(back.activations[1][0].is_nan());
        let known = |snapshot: Snapshot| Snapshot {
            activations: Vec::new(),
            ..snapshot
        };
        assert_eq!(known(back), known(snapshot(3)));
    }

    #[test]
    fn scores_that_have_no_value_survive_json() {
        let scores = DiversityNow {
            sum_sq: 2.0,
            mean_pairwise: 1.0,
            min_pairwise: 1.0,
            vendi: f64::NAN,
            rke: f64::NAN,
            distinct: None,
            log_det: f64::NAN,
            riesz_energy: f64::NAN,
            n: 2,
        };
        let snapshot = Snapshot {
            diversity: Some(scores),
            ..snapshot(3)
        };
        let text = serde_json::to_string(&snapshot).unwrap();
        let back: Snapshot = serde_json::from_str(&text).unwrap();
        let back = back.diversity.unwrap();
        assert!(back.vendi.is_nan() && back.rke.is_nan() && back.log_det.is_nan());
        assert_eq!((back.sum_sq, back.n), (2.0, 2));
    }
}
