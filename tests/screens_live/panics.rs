//! A defect in any thread of the screens: the terminal comes back, and the runs go on.
//!
//! Debug builds fail on purpose where `INVSET_PANIC` says so; the tests are built with it.
#![cfg(debug_assertions)]

use super::common::pty::Script;
use super::stage::{GIVEN_BACK, Stage, assert_goes_on, start_endless_run};

/// Panics in a thread once `key` is pressed, with a run at work.
fn panics(place: &str, key: &str) {
    let stage = Stage::new();
    let mut terminal = stage.spawn(&[], &[("INVSET_PANIC", place)], Script::plain());
    terminal.wait_for("10 labels");
    let run = start_endless_run(&terminal, &stage);
    terminal.send(key);
    assert_eq!(terminal.exit().exit_code(), 101);
    terminal.assert_mode_restored();
    terminal.screen(|screen| {
        assert!(!screen.alternate_screen());
        assert!(!screen.hide_cursor());
    });
    // Nothing is drawn over what was there before and the message.
    let raw = terminal.raw_text();
    let (_, after) = raw.rsplit_once(GIVEN_BACK).unwrap();
    assert!(!after.contains("\x1b[?2026h"), "{after:?}");
    assert!(after.contains("invset failed"), "{after:?}");
    let reports = stage.panic_reports();
    let [report] = &reports[..] else {
        panic!("{reports:?}");
    };
    let name = report.file_name().unwrap().to_string_lossy();
    assert!(after.replace("\r\n", "").contains(&*name), "{after:?}");
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("INVSET_PANIC"), "{report}");
    assert!(report.contains("panic.rs"), "{report}");
    assert_goes_on(&run);
}

#[test]
fn a_panic_of_the_screens_gives_the_terminal_back_and_the_run_goes_on() {
    panics("screen", "\x0c");
}

#[test]
fn a_panic_behind_the_screens_gives_the_terminal_back_and_the_run_goes_on() {
    panics("task", "6");
}
