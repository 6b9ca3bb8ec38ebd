//! What the screens cost: time to the first frame, bytes a frame, time from a key to its frame while
//! the optimiser has all cores, the optimiser's pace with and without a screen, and the time of
//! drawing.
//!
//! `cargo bench --profile release --bench screens -- --quick`; `docs/benchmarks.md` has the figures.
//! The program runs in a pseudo-terminal of 120 x 40 on the default bundle, with the embedded runtime
//! and with the ONNX Runtime that `INVSET_TEST_ONNXRUNTIME` names, if it does.

#[path = "screens/bytes.rs"]
mod bytes;
mod common;
#[path = "screens/draw.rs"]
mod draw;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/share.rs"]
mod share;
#[path = "screens/start.rs"]
mod start;
#[path = "screens/subject.rs"]
mod subject;
// The tests' terminal fails by panicking, and the bench has use for a part of it.
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#[path = "../tests/common/pty.rs"]
mod pty;

use common::options::Options;
use common::{all_threads, processor};

const TABLES: [(&str, &str); 5] = [
    ("start", "time to the first frame and to the list of units"),
    ("bytes", "bytes of frames"),
    ("keys", "time from a key to its frame during a run"),
    ("share", "the optimiser's steps with the screen on and off"),
    ("draw", "time of drawing a frame, without a terminal"),
];

/// Measures, and prints one table.
type Print = fn(&Options) -> anyhow::Result<()>;

#[expect(clippy::print_stdout, reason = "the bench's result")]
fn main() -> anyhow::Result<()> {
    let options = Options::from_command_line("screens", &TABLES);
    println!(
        "{}, {} threads, load {} before",
        processor(),
        all_threads(),
        load()
    );
    let tables: [(&str, Print); 5] = [
        ("start", start::table),
        ("bytes", bytes::table),
        ("keys", keys::table),
        ("share", share::table),
        ("draw", draw::table),
    ];
    for (name, table) in tables {
        if options.wants_table(name, true) {
            table(&options)?;
        }
    }
    println!("\nload {} after", load());
    Ok(())
}

/// The load averages of the last 1, 5 and 15 minutes.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split(' ').take(3).collect();
    averages.join(" ")
}

/// The value that this share of the values does not exceed.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
