//! How a run is laid out on the machine: micro-batch, workers, and where the backward pass gets
//! what it needs. A plan is resolved once, stored with the run, and used again on resume.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::runtime::Backend;

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemeChoice {
    /// Split while it fits the memory cap, else two passes.
    #[default]
    Auto,
    /// Keep what the backward graphs need of every code.
    Split,
    /// Evaluate all, then recompute each micro-batch before its backward pass.
    TwoPass,
}

impl SchemeChoice {
    /// Every choice.
    pub const ALL: [SchemeChoice; 3] = [
        SchemeChoice::Auto,
        SchemeChoice::Split,
        SchemeChoice::TwoPass,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            SchemeChoice::Auto => "auto",
            SchemeChoice::Split => "split",
            SchemeChoice::TwoPass => "two-pass",
        }
    }
}

/// How the backward pass gets the forward values it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// They are kept from the evaluation, for all codes at once.
    Split,
    /// They are computed again, one micro-batch at a time.
    TwoPass,
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Scheme::Split => "split",
            Scheme::TwoPass => "two-pass",
        })
    }
}

/// Requests that shape a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanRequest {
    /// Codes evaluated together in one step (n for `joint`, K for `incremental`).
    pub rows: usize,
    /// Codes in one run of a session; chosen when absent.
    pub micro_batch: Option<usize>,
    /// The scheme.
    pub scheme: SchemeChoice,
    /// Most bytes kept for backward passes; chosen from the machine's memory when absent.
    pub memory_cap: Option<u64>,
    /// Threads to use; every core when absent.
    pub threads: Option<usize>,
}

/// The resolved layout of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The runtime and its device.
    pub backend: Backend,
    /// Codes in one run of a session.
    pub micro_batch: usize,
    /// Sessions running side by side, each on its own thread.
    pub workers: usize,
    /// Threads inside one session.
    pub threads_per_worker: usize,
    /// Where the backward pass gets what it needs.
    pub scheme: Scheme,
    /// Why that scheme.
    pub reason: String,
    /// Bytes kept for each code under [`Scheme::Split`].
    pub bytes_per_code: u64,
    /// Most bytes kept.
    pub memory_cap: u64,
}

/// Largest micro-batch chosen on a CPU: measured fastest with one-thread sessions
/// (`runtime.md` 4: 4 to 8).
const CPU_MICRO_BATCH: usize = 8;

/// Largest micro-batch chosen on a GPU.
const GPU_MICRO_BATCH: usize = 64;

/// The cap when nothing is known of the machine's memory.
const DEFAULT_MEMORY_CAP: u64 = 1 << 30;

impl Plan {
    /// Chooses micro-batch and workers; the scheme follows with [`Plan::settle_scheme`] once the
    /// graphs of that micro-batch have said what they keep.
    pub(super) fn layout(backend: Backend, request: &PlanRequest) -> Plan {
        let cores = request
            .threads
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
            .max(1);
        let rows = request.rows.max(1);
        let on_gpu = backend.device != "cpu";
        let largest = if on_gpu {
            GPU_MICRO_BATCH
        } else {
            CPU_MICRO_BATCH
        };
        let side_by_side = if on_gpu { 1 } else { cores };
        let micro_batch = request
            .micro_batch
            .unwrap_or_else(|| rows.div_ceil(side_by_side).clamp(1, largest));
        let workers = rows.div_ceil(micro_batch).clamp(1, side_by_side);
        Plan {
            backend,
            micro_batch,
            workers,
            threads_per_worker: (side_by_side / workers).max(1),
            scheme: Scheme::Split,
            reason: String::new(),
            bytes_per_code: 0,
            memory_cap: request.memory_cap.unwrap_or_else(default_memory_cap),
        }
    }

    /// Chooses the scheme for `rows` codes that keep `bytes_per_code` bytes each.
    pub(super) fn settle_scheme(&mut self, request: &PlanRequest, bytes_per_code: u64) {
        self.bytes_per_code = bytes_per_code;
        let rows = request.rows.max(1) as u64;
        let needed = rows.saturating_mul(bytes_per_code);
        let (scheme, reason) = match request.scheme {
            SchemeChoice::Split => (Scheme::Split, "asked for".to_owned()),
            SchemeChoice::TwoPass => (Scheme::TwoPass, "asked for".to_owned()),
            SchemeChoice::Auto if needed <= self.memory_cap => (
                Scheme::Split,
                format!(
                    "{rows} codes keep {} of at most {}",
                    Megabytes(needed),
                    Megabytes(self.memory_cap)
                ),
            ),
            SchemeChoice::Auto => (
                Scheme::TwoPass,
                format!(
                    "{rows} codes would keep {}, more than {}",
                    Megabytes(needed),
                    Megabytes(self.memory_cap)
                ),
            ),
        };
        self.scheme = scheme;
        self.reason = reason;
    }

    /// Has forward values computed again: those of an evaluation are of no use to a pull-back that goes
    /// through transforms.
    pub(super) fn compute_again(&mut self) {
        self.scheme = Scheme::TwoPass;
        "gradients are taken through transforms".clone_into(&mut self.reason);
    }
}

/// A quarter of the memory that is free now, at most 4 GiB.
fn default_memory_cap() -> u64 {
    available_memory().map_or(DEFAULT_MEMORY_CAP, |bytes| (bytes / 4).min(4 << 30))
}

/// Bytes of memory available to new work, where the system says so.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

struct Megabytes(u64);

impl fmt::Display for Megabytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} MB", self.0 as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(device: &str) -> Backend {
        Backend {
            name: "test".into(),
            version: "1".into(),
            device: device.into(),
        }
    }

    fn request(rows: usize) -> PlanRequest {
        PlanRequest {
            rows,
            threads: Some(2),
            memory_cap: Some(1_000_000),
            ..PlanRequest::default()
        }
    }

    #[test]
    fn a_batch_is_shared_out_among_the_cores() {
        let plan = Plan::layout(backend("cpu"), &request(8));
        assert_eq!((plan.micro_batch, plan.workers), (4, 2));
    }

    #[test]
    fn one_code_uses_all_threads_in_one_session() {
        let plan = Plan::layout(backend("cpu"), &request(1));
        assert_eq!(
            (plan.micro_batch, plan.workers, plan.threads_per_worker),
            (1, 1, 2)
        );
    }

    #[test]
    fn a_gpu_gets_one_session() {
        let plan = Plan::layout(backend("cuda:0"), &request(512));
        assert_eq!((plan.micro_batch, plan.workers), (64, 1));
    }

    #[test]
    fn the_scheme_follows_the_memory_cap_and_says_why() {
        let request = request(100);
        let mut plan = Plan::layout(backend("cpu"), &request);
        plan.settle_scheme(&request, 1_000);
        assert_eq!(plan.scheme, Scheme::Split);
        plan.settle_scheme(&request, 100_000);
        assert_eq!(plan.scheme, Scheme::TwoPass);
        assert!(plan.reason.contains("10.0 MB"), "{}", plan.reason);
    }
}
