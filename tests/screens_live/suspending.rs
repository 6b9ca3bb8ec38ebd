//! Back to the shell and on again; other sizes of the terminal.

use rustix::process::Signal;

use super::common::pty::Script;
use super::stage::{QUIT, SIZE, Stage, assert_goes_on, start_endless_run};

const SUSPEND: &str = "\x1a";

/// Without what cannot be seen: blanks that were written, where others were not.
fn trimmed(screen: &str) -> String {
    let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn the_shell_is_there_while_the_screens_are_stopped_and_fg_brings_them_back() {
    let stage = Stage::new();
    let mut shell = stage.spawn_program("/bin/sh", &["-i"], &[("PS1", "ready> ")], Script::plain());
    shell.wait_for("ready>");
    let program = env!("CARGO_BIN_EXE_invset");
    shell.send(&format!("'{program}' --runtime embedded\n"));
    shell.wait_for("10 labels");
    let run = start_endless_run(&shell, &stage);
    shell.send("1");
    shell.wait_for_frame("low end");
    let screen = trimmed(&shell.screen_text());

    shell.send(SUSPEND);
    shell.wait_for("topped");
    shell.screen(|screen| {
        assert!(!screen.alternate_screen());
        assert!(!screen.hide_cursor());
    });
    // The shell edits lines itself; its own program sees a terminal that echoes.
    shell.send("stty -a | grep -q '[^-]echo ' && echo mode$((40 + 2))\n");
    shell.wait_for("mode42");
    assert_goes_on(&run);

    shell.send("fg\n");
    shell.wait_until("the screen as it was", |now| trimmed(now) == screen);
    shell.screen(|screen| assert!(screen.hide_cursor()));
    shell.send(QUIT);
    shell.wait_for("Leave?");
    shell.send("\r");
    shell.wait_for("ready>");
    shell.send("echo code$?; exit\n");
    shell.wait_for("code0");
    assert_eq!(shell.exit().exit_code(), 0);
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_until_it_goes_on() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let screen = trimmed(&terminal.screen_text());
    terminal.signal(Signal::TSTP);
    terminal.wait_for_bytes("\x1b[?1049l");
    terminal.wait_until("the terminal without the screens", |now| {
        trimmed(now) != screen
    });
    terminal.assert_mode_restored();
    terminal.wait_until_stopped();
    terminal.signal(Signal::CONT);
    terminal.wait_until("the screen as it was", |now| trimmed(now) == screen);
    terminal.send("boot");
    terminal.wait_for("/ boot");
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.assert_mode_restored();
}

#[test]
fn a_storm_of_sizes_ends_with_the_right_screen() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    start_endless_run(&terminal, &stage);
    terminal.send("1");
    terminal.wait_for_frame("low end");
    let screen = trimmed(&terminal.screen_text());
    let sizes = [(40, 10), (200, 60), (60, 16), (1, 1), (120, 40), (59, 16)];
    for at in 0..50 {
        let (columns, rows) = sizes[at % sizes.len()];
        terminal.resize(columns + (at as u16 % 7), rows);
    }
    terminal.resize(40, 10);
    terminal.wait_for("too small");
    terminal.resize(200, 60);
    terminal.wait_until("the whole screen", |screen| {
        !screen.contains("too small") && screen.lines().count() == 60
    });
    terminal.resize(SIZE.0, SIZE.1);
    terminal.wait_until("the screen as it was", |now| trimmed(now) == screen);
    terminal.send(QUIT);
    terminal.wait_for("Leave?");
    terminal.send("\r");
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn a_terminal_too_small_for_a_question_is_left_without_one() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    terminal.resize(40, 10);
    terminal.wait_for("q leaves");
    terminal.send("q");
    assert_eq!(terminal.exit().exit_code(), 0);
    assert_goes_on(&run);
}
