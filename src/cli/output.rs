//! What goes to the terminal besides results.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;

use tracing_subscriber::filter::LevelFilter;

use crate::files::state_folder;
use crate::metrics::{BandwidthSource, Diversity};
use crate::text;

/// Where log messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// To stderr.
    Stderr,
    /// To `invset.log` in the folder of states: the screens are on the terminal, and a line on stderr
    /// would tear them. Nowhere, if there is no such folder.
    File,
}

/// Sends log messages to their place.
pub fn start_log(level: LevelFilter, to: Log) {
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_target(false);
    // Only the first call in a process has an effect.
    let _ = match to {
        Log::Stderr => log.without_time().with_writer(std::io::stderr).try_init(),
        Log::File => match log_file() {
            Some(file) => log.with_writer(Mutex::new(file)).try_init(),
            None => return,
        },
    };
}

fn log_file() -> Option<File> {
    let folder = state_folder()?;
    fs::create_dir_all(&folder).ok()?;
    let file = folder.join("invset.log");
    OpenOptions::new().create(true).append(true).open(file).ok()
}

/// Scores as a line of text.
pub fn describe(score: &Diversity) -> String {
    let source = match score.bandwidth_source {
        BandwidthSource::Statistics | BandwidthSource::Images => "real images",
        BandwidthSource::Sample => "the sample itself",
    };
    if score.n > 1 && score.mean_pairwise == 0.0 {
        return format!(
            "in {}: all {} samples have the same embedding",
            text::clean(&score.encoder),
            score.n
        );
    }
    format!(
        "in {}: mean distance {:.3}, least {:.3}, Vendi {:.2}, RKE {:.2} (bandwidth {:.3}, from {source})",
        text::clean(&score.encoder),
        score.mean_pairwise,
        score.min_pairwise,
        score.vendi,
        score.rke,
        score.bandwidth,
    )
}

/// Prints a line on stderr; a terminal that is gone is nothing to stop for.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text::clean(line));
}

/// Prints an error as one line for each thing that is wrong.
pub fn report(error: &anyhow::Error) {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // Transparent errors repeat the text of their source.
        if !causes.iter().any(|earlier| earlier.contains(&text)) {
            causes.push(text);
        }
    }
    for line in format!("error: {}", causes.join(": ")).lines() {
        say(line);
    }
}

/// Whether an error only says that nobody reads our output any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
