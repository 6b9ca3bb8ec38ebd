//! What cannot be used is said: before the terminal is taken, or on the screen, which goes on.

use super::common::pty::Script;
use super::stage::{DOWN, ENTER, QUIT, START, Stage, TAKEN, choose_boots, is, start_endless_run};

/// Starts the screens, which refuse before the terminal is taken; gives what they say.
#[track_caller]
fn refused(stage: &Stage, arguments: &[&str]) -> String {
    let mut terminal = stage.spawn(arguments, &[], Script::plain());
    assert_eq!(terminal.exit().exit_code(), 2);
    let raw = terminal.raw_text();
    assert!(!raw.contains(TAKEN), "{raw:?}");
    assert!(!raw.contains('\x1b'), "{raw:?}");
    assert_eq!(raw.matches("error").count(), 1, "{raw:?}");
    raw.replace("\r\n", "\n")
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_before_the_terminal_is_taken() {
    let stage = Stage::new();
    stage.configure("fps = \"fast\"\n");
    let said = refused(&stage, &[]);
    assert!(said.contains("config.toml:1:7"), "{said}");
}

#[test]
fn keys_that_clash_are_refused_before_the_terminal_is_taken() {
    let stage = Stage::new();
    stage.configure("[keys]\npause = \"s\"\n");
    let said = refused(&stage, &[]);
    assert!(
        said.contains("pause") && said.contains("single-step"),
        "{said}"
    );
}

#[test]
fn a_theme_that_is_not_known_is_refused_before_the_terminal_is_taken() {
    let stage = Stage::new();
    let said = refused(&stage, &["--theme", "sunrize"]);
    assert!(said.contains("sunrize"), "{said}");
}

#[test]
fn what_is_no_run_is_refused_before_the_terminal_is_taken() {
    let stage = Stage::new();
    let said = {
        let mut terminal = stage.spawn(&["attach", "nowhere"], &[], Script::plain());
        assert_ne!(terminal.exit().exit_code(), 0);
        terminal.raw_text()
    };
    assert!(
        !said.contains('\x1b') && said.contains("nowhere"),
        "{said:?}"
    );
}

#[test]
fn a_bundle_that_cannot_be_opened_is_said_and_another_can_be_chosen() {
    let stage = Stage::new();
    let mut terminal = stage.spawn(&["--bundle", "nowhere"], &[], Script::plain());
    terminal.wait_for("the bundle could not be opened");
    terminal.wait_until("the reason", |screen| {
        screen
            .lines()
            .rev()
            .take(2)
            .any(|line| line.contains("nowhere"))
    });
    terminal.send("\x02");
    terminal.wait_for("Bundles");
    let place = |screen: &str| {
        let lines = screen.lines().skip_while(|line| !line.contains("Bundles"));
        lines.skip(1).position(|line| line.contains("fashion"))
    };
    let below = place(&terminal.screen_text()).unwrap();
    terminal.send(&format!("\x1b[A\x1b[A\x1b[A{}", DOWN.repeat(below)));
    terminal.send(ENTER);
    terminal.wait_for("10 labels");
    choose_boots(&terminal);
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn runs_that_cannot_be_written_are_said_and_the_screens_go_on() {
    let stage = Stage::new();
    std::fs::write(stage.path("file"), "no folder").unwrap();
    let mut terminal = stage.spawn(&["--runs", "file"], &[], Script::plain());
    terminal.wait_for("10 labels");
    choose_boots(&terminal);
    terminal.send(START);
    terminal.wait_for("the run cannot be started");
    terminal.wait_until("the reason", |screen| screen.contains("file"));
    terminal.send("/");
    terminal.send("\x15sneak");
    terminal.wait_for("sneaker");
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn a_worker_that_fails_while_it_works_says_why() {
    let stage = Stage::new();
    // No file may grow past this: the history does, as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" --runtime embedded";
    let mut terminal = stage.spawn_program(
        "/bin/sh",
        &["-c", script, env!("CARGO_BIN_EXE_invset")],
        &[],
        Script::plain(),
    );
    terminal.wait_for("10 labels");
    start_endless_run(&terminal, &stage);
    terminal.wait_for("the worker failed");
    terminal.wait_until("the stop", is("stopped"));
    terminal.send("1");
    terminal.wait_for("low end");
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
}
