//! What the benches share: options, networks, interleaved rounds, peers in Python, tables.
#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod networks;
pub(crate) mod options;
pub(crate) mod peer;
pub(crate) mod profile;
pub(crate) mod residual;
pub(crate) mod rounds;
pub(crate) mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use invset::runtime::{self, DeviceChoice, Runtime, RuntimeChoice};

/// A path in the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// ONNX Runtime on a device.
///
/// # Errors
/// It is not found or does not work there; the message says what to do.
pub(crate) fn onnx_runtime(device: DeviceChoice) -> anyhow::Result<Arc<dyn Runtime>> {
    Ok(runtime::open(RuntimeChoice::OnnxRuntime, device, None)?.runtime)
}

/// The embedded runtime.
///
/// # Errors
/// None in practice: it is compiled in.
pub(crate) fn embedded() -> anyhow::Result<Arc<dyn Runtime>> {
    Ok(runtime::open(RuntimeChoice::Embedded, DeviceChoice::Cpu, None)?.runtime)
}

/// All threads of this machine.
pub(crate) fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The processor's name, for the head of a table.
pub(crate) fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or_else(
            || "unknown processor".to_owned(),
            |name| name.trim_start_matches([' ', '\t', ':']).to_owned(),
        )
}

/// Standard normal numbers by Box and Muller from SplitMix64: the same on every machine.
pub(crate) fn normal_numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    (0..count)
        .map(|_| {
            let radius = (-2.0 * uniform().ln()).sqrt();
            (radius * (std::f64::consts::TAU * uniform()).cos()) as f32
        })
        .collect()
}
