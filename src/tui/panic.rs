//! A panic in any thread: the terminal comes back first, then the report is written and named.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::terminal;
use crate::files::state_folder;
use crate::runtime;

/// Has every panic restore the terminal, write a report and end the program. Runs have workers of
/// their own and go on.
pub(super) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        // Told as what it becomes: an error of the network that was run.
        if runtime::catches_panics_here() {
            return;
        }
        // Held to the end: no other thread draws over what is said now.
        let _stdout = std::io::stdout().lock();
        let _ = terminal::restore();
        let report = format!(
            "invset {}\n{panic}\n{}\n",
            env!("CARGO_PKG_VERSION"),
            std::backtrace::Backtrace::force_capture()
        );
        let mut stderr = std::io::stderr();
        let told = match write(&report) {
            Some(path) => writeln!(
                stderr,
                "invset failed: {panic}\nA report lies in {}. Runs at work go on: invset attach RUN shows one again.",
                path.display()
            ),
            None => writeln!(stderr, "{report}"),
        };
        let _ = told;
        std::process::exit(crate::tui::PANICKED);
    }));
}

/// Fails on purpose where `INVSET_PANIC` names this place, for the tests of what comes of it.
/// Release builds never do.
#[allow(clippy::panic, reason = "to fail is what it is for")]
pub(super) fn rehearse(place: &str) {
    let named = || std::env::var("INVSET_PANIC").is_ok_and(|named| named == place);
    if cfg!(debug_assertions) && named() {
        panic!("as INVSET_PANIC asks");
    }
}

fn write(report: &str) -> Option<PathBuf> {
    let folder = state_folder()?;
    fs::create_dir_all(&folder).ok()?;
    let path = folder.join(format!("panic-{}.txt", std::process::id()));
    fs::write(&path, report).ok()?;
    Some(path)
}
