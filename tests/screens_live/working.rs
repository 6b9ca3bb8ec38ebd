//! Runs that are started, watched, changed, stopped and looked at by keys.

use rustix::process::{Signal, kill_process};

use super::stage::{
    DOWN, ENTER, ESCAPE, QUIT, RESUME, RIGHT, START, Stage, assert_goes_on, assert_stops,
    choose_boots, events, eventually, is, last_step, start_endless_run, type_value, worker,
};

#[test]
fn a_newcomer_finds_a_unit_samples_it_and_saves_a_picture() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    choose_boots(&terminal);
    let end = |screen: &str| {
        let line = screen.lines().find(|line| line.contains("low end"));
        line.unwrap_or_default().to_owned()
    };
    let before = end(&terminal.screen_text());
    terminal.send(RIGHT);
    terminal.wait_until("another low end", |screen| end(screen) != before);
    terminal.send("\t\t");
    terminal.send(DOWN);
    type_value(&terminal, "6");
    terminal.wait_for("-n 6");
    terminal.send(START);
    terminal.wait_until("the run's end", is("ended"));
    terminal.wait_for("6 of 6 samples");
    terminal.send("3");
    terminal.wait_for("6 of 6 samples");
    terminal.wait_for("▀▀▀▀");
    terminal.send(" ");
    terminal.wait_for("1 selected");
    terminal.send("e");
    terminal.wait_for("Save 1 sample to");
    terminal.send(ENTER);
    terminal.wait_for("1 sample saved in exports/");
    terminal.send("q");
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.assert_mode_restored();

    let run = stage.run();
    for file in [
        "run.toml",
        "samples.jsonl",
        "samples.safetensors",
        "images/00005.png",
        "history.jsonl",
        "checkpoint.safetensors",
    ] {
        assert!(run.join(file).exists(), "{file}");
    }
    let scored = stage
        .command(&["metrics", run.to_str().unwrap(), "--json"])
        .args(["--runtime", "embedded"])
        .output()
        .unwrap();
    assert_eq!(scored.status.code(), Some(0), "{scored:?}");
    let export = stage.path("exports").join(run.file_name().unwrap());
    let table = std::fs::read_to_string(export.join("samples.csv")).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    let pictures = std::fs::read_dir(&export).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_str().unwrap().ends_with(".png")
    });
    assert_eq!(pictures.count(), 1);
}

#[test]
fn a_run_is_paused_changed_stepped_stopped_and_resumed_by_keys() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    terminal.send(" ");
    terminal.wait_until("the pause", is("paused"));
    let paused_at = eventually("a pause between steps", || {
        let shown = shown_step(&terminal.screen_text())?;
        (shown == last_step(&run)).then_some(shown)
    });

    terminal.send(RIGHT);
    eventually("the order's event", || {
        let all = events(&run);
        all.iter()
            .any(|event| event.contains("step size"))
            .then_some(())
    });
    terminal.wait_until("the setting in force", |screen| {
        let line = screen.lines().find(|line| line.contains("step size"));
        line.is_some_and(|line| line.contains("0.062") && !line.contains('◌'))
    });

    terminal.send("s");
    eventually("one step", || (last_step(&run) > paused_at).then_some(()));
    terminal.wait_until("one step on the screen", |screen| {
        shown_step(screen) == Some(paused_at + 1)
    });
    assert_eq!(last_step(&run), paused_at + 1);
    terminal.send(" ");
    terminal.wait_until("work", is("running"));
    assert_goes_on(&run);

    terminal.send("x");
    terminal.wait_until("the stop", is("stopped"));
    assert_stops(&run);
    terminal.send(RESUME);
    terminal.wait_until("work again", is("running"));
    assert_goes_on(&run);
    terminal.send(QUIT);
    terminal.wait_for("Leave?");
    terminal.send(ENTER);
    assert_eq!(terminal.exit().exit_code(), 0);
    assert_goes_on(&run);
}

/// The scores of the samples stand beside those of the rows; those of the judge are asked for.
#[test]
fn the_samples_are_scored_while_one_looks_and_all_scores_are_shown_on_demand() {
    let stage = Stage::new();
    let run = stage.path("runs/scored");
    let sampled = stage
        .command(&[
            "sample",
            "--where",
            "ankle boot in p90..",
            "-n",
            "6",
            "--quiet",
        ])
        .args(["--runtime", "embedded", "--json", "--out"])
        .arg(&run)
        .output()
        .unwrap();
    assert_eq!(sampled.status.code(), Some(0), "{sampled:?}");
    let mut terminal = stage.attach(&run);
    terminal.wait_until("scores of the samples", |screen| {
        let line = screen.lines().find(|line| line.contains("RKE"));
        let figures = line.map(|line| line.chars().any(|sign| sign.is_ascii_digit()));
        screen.contains("6 samples") && figures == Some(true)
    });
    terminal.send("M");
    terminal.wait_for("6 of 6 samples inside on a fresh forward pass");
    for word in ["encoder", "judge", "mean distance", "log det"] {
        terminal.wait_for(word);
    }
    terminal.send(ESCAPE);
    std::fs::remove_file(run.join("samples.safetensors")).unwrap();
    terminal.send("M");
    terminal.wait_for("6 of 6 samples inside");
    terminal.send("\x15");
    terminal.wait_for("no sample is saved yet");
    terminal.send(ESCAPE);
    terminal.wait_until("the run screen", |screen| !screen.contains("All scores"));
    terminal.send("q");
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.assert_mode_restored();
}

/// The number of steps on the run screen.
fn shown_step(screen: &str) -> Option<u64> {
    let line = screen.lines().find(|line| line.contains(" steps "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn two_screens_watch_one_run_and_either_may_order() {
    let stage = Stage::new();
    let mut first = stage.screens();
    let run = start_endless_run(&first, &stage);
    let mut second = stage.attach(&run);
    second.wait_until("the run", is("running"));
    second.send(" ");
    first.wait_until("the pause that the other ordered", is("paused"));
    second.wait_until("its own pause", is("paused"));
    first.send(" ");
    second.wait_until("work that the other ordered", is("running"));

    // The one that started it goes; the other still has the worker's ear.
    first.send(QUIT);
    first.wait_for("Leave?");
    first.send(ENTER);
    assert_eq!(first.exit().exit_code(), 0);
    assert_goes_on(&run);
    second.send("x");
    second.wait_until("the stop", is("stopped"));
    second.send("q");
    assert_eq!(second.exit().exit_code(), 0);
}

#[test]
fn a_worker_that_is_killed_is_said_and_another_goes_on() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    kill_process(worker(&run).unwrap(), Signal::KILL).unwrap();
    terminal.wait_for("the worker failed");
    terminal.wait_for("signal: 9");
    terminal.wait_until("the stop", is("stopped"));
    terminal.send(RESUME);
    terminal.wait_until("work again", is("running"));
    assert_goes_on(&run);
    terminal.send(QUIT);
    terminal.wait_for("Leave?");
    terminal.send(ENTER);
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn a_run_at_work_is_not_deleted_and_one_that_was_stopped_is() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    let delete = || {
        terminal.send("6");
        terminal.wait_for("Runs in runs");
        terminal.wait_for("0/4");
        terminal.send("x");
        terminal.wait_for("Delete this run?");
        terminal.send(&format!("j{ENTER}"));
    };
    terminal.send("6");
    terminal.wait_for("0/4");
    terminal.send("x");
    terminal.wait_for("stop it first");
    assert_goes_on(&run);
    terminal.send("2x");
    terminal.wait_until("the stop", is("stopped"));
    delete();
    terminal.wait_for("is deleted");
    assert!(!run.exists());
    terminal.wait_for("There is no run yet");
    terminal.send("2");
    terminal.wait_for("No run is open");
    terminal.send("q");
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn leaving_may_stop_the_run_which_can_be_resumed_to_its_end() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    let run = start_endless_run(&terminal, &stage);
    // It will end soon once it is resumed: the most steps of joint stand below its step size and alpha.
    terminal.send(&DOWN.repeat(2));
    type_value(&terminal, &(last_step(&run) + 400).to_string());
    eventually("the order's event", || {
        let all = events(&run);
        all.iter().any(|event| event.contains("max")).then_some(())
    });
    terminal.send(QUIT);
    terminal.wait_for("Leave?");
    terminal.send("j");
    terminal.send(ENTER);
    assert_eq!(terminal.exit().exit_code(), 0);
    assert_stops(&run);
    assert!(worker(&run).is_none());
    let resumed = stage
        .command(&["resume", run.to_str().unwrap(), "--quiet"])
        .output()
        .unwrap();
    // Nothing is so much of a boot: it ends, with fewer samples than were asked for.
    assert_eq!(resumed.status.code(), Some(3), "{resumed:?}");
}
