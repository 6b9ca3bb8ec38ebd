//! The screens end by a signal or with their terminal; runs do as they were told to.

use rustix::process::Signal;

use super::common::pty::{Script, Terminal};
use super::stage::{
    GIVEN_BACK, Stage, TAKEN, assert_goes_on, assert_stops, eventually, is, start_endless_run,
};

/// Fails unless the terminal is as it was before.
#[track_caller]
fn assert_given_back(terminal: &Terminal) {
    terminal.assert_mode_restored();
    let raw = terminal.raw_text();
    assert_eq!(raw.matches(TAKEN).count(), raw.matches(GIVEN_BACK).count());
    terminal.screen(|screen| {
        assert!(!screen.alternate_screen());
        assert!(!screen.hide_cursor());
    });
}

#[test]
fn a_signal_gives_the_terminal_back_and_leaves_the_run_with_a_checkpoint() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    let before = std::fs::metadata(run.join("checkpoint.safetensors"))
        .and_then(|checkpoint| checkpoint.modified())
        .ok();
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.exit().exit_code(), 130);
    assert_given_back(&terminal);
    assert_goes_on(&run);
    eventually("a checkpoint", || {
        let checkpoint = std::fs::metadata(run.join("checkpoint.safetensors")).ok()?;
        (checkpoint.modified().ok() > before).then_some(())
    });
}

#[test]
fn every_signal_that_ends_a_program_gives_the_terminal_back() {
    for signal in [Signal::INT, Signal::QUIT, Signal::TERM, Signal::HUP] {
        let stage = Stage::new();
        let mut terminal = stage.screens();
        terminal.signal(signal);
        assert_eq!(terminal.exit().exit_code(), 130);
        assert_given_back(&terminal);
    }
}

#[test]
fn a_signal_before_the_terminal_has_answered_gives_it_back() {
    let stage = Stage::new();
    // Far away, so that there is time to wait for an answer that does not come.
    let far = ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    let mut terminal = stage.spawn(&[], &[far], Script::silent());
    terminal.wait_for_bytes("\x1b[c");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.exit().exit_code(), 130);
    assert_given_back(&terminal);
}

/// Nothing tells of a panic.
fn assert_no_panic(stage: &Stage) {
    assert_eq!(stage.panic_reports(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_dropped_connection_ends_the_screens_and_not_the_run() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    terminal.hang_up();
    assert_eq!(terminal.exit().exit_code(), 130);
    assert_no_panic(&stage);
    assert_goes_on(&run);
    let mut again = stage.attach(&run);
    again.wait_until("work", is("running"));
    again.send("x");
    again.wait_until("the stop", is("stopped"));
    again.send("q");
    assert_eq!(again.exit().exit_code(), 0);
}

#[test]
fn a_dropped_connection_stops_the_run_where_the_user_set_so() {
    let stage = Stage::new();
    stage.configure("on_hangup = \"stop\"\n");
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    terminal.hang_up();
    assert_eq!(terminal.exit().exit_code(), 130);
    assert_stops(&run);
    assert!(run.join("checkpoint.safetensors").exists());
    let again = stage.attach(&run);
    again.wait_until("the stop", is("stopped"));
    again.send("\x07");
    again.wait_until("work", is("running"));
    assert_goes_on(&run);
}

/// Processor time of a process so far, in ticks of the clock; it may have ended and not be waited for.
#[cfg(target_os = "linux")]
fn ticks(process: u32) -> (char, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = rest.split(' ').collect();
    let time = |at: usize| fields[at].parse::<u64>().unwrap();
    (rest.chars().next().unwrap(), time(11) + time(12))
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_terminal_and_with_hang_ups_ignored_the_screens_end_at_little_cost() {
    let stage = Stage::new();
    let script = "trap '' HUP; exec \"$0\" --runtime embedded";
    let mut terminal = stage.spawn_program(
        "/bin/sh",
        &["-c", script, env!("CARGO_BIN_EXE_invset")],
        &[],
        Script::plain(),
    );
    terminal.wait_for("10 labels");
    let run = start_endless_run(&terminal, &stage);
    let process = terminal.process_id();
    let (_, before) = ticks(process);
    terminal.hang_up();
    let after = eventually("the end of the screens", || {
        let (state, after) = ticks(process);
        (state == 'Z').then_some(after)
    });
    // Two seconds are more than any ending takes; a loop that never waits takes the whole dead-line.
    assert!(after - before < 200, "{before} to {after}");
    assert_eq!(terminal.exit().exit_code(), 130);
    assert_goes_on(&run);
}
