//! Terminals of all kinds: silent, with graphics, without colours, with a mouse, and none.

use std::process::Stdio;

use super::common::pty::Script;
use rustix::process::Signal;

use super::stage::{ENTER, ESCAPE, GIVEN_BACK, QUIT, SIZE, Stage, TAKEN, choose_boots, is};

const QUESTIONS: &str = "\x1b[c";
const KITTY: &str = "\x1b_Gf=32,a=T,t=d,";
const DELETED: &str = "\x1b_Gq=2,a=d,d=A\x1b\\";
const SIXEL: &str = "\x1bP";
/// A terminal far away has more time to answer: slow answers do not depend on the machine.
const REMOTE: (&str, &str) = ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");

#[test]
fn a_silent_terminal_gets_a_frame_at_once_and_answers_keys() {
    let stage = Stage::new();
    let mut terminal = stage.spawn(&[], &[], Script::silent());
    terminal.wait_for("10 labels");
    let raw = terminal.raw_text();
    let (frame, asked) = (raw.find("Query").unwrap(), raw.find(QUESTIONS).unwrap());
    assert!(frame < asked, "the first frame waits for no answer");
    terminal.send("boot");
    terminal.wait_for("ankle boot");
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.assert_mode_restored();
}

#[test]
fn answers_that_come_late_are_not_taken_for_keys() {
    let stage = Stage::new();
    let mut terminal = stage.spawn(&[], &[], Script::silent());
    terminal.wait_for_frame("10 labels");
    let late = [
        "\x1b_Gi=31;OK\x1b\\",
        "\x1bP>|kitty(0.42.2)\x1b\\",
        "\x1b[6;20;10t",
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        "\x1b[?62;22c",
    ];
    terminal.send(&late.concat());
    terminal.send("boot");
    terminal.wait_for("boot ");
    terminal.wait_for("/ boot ");
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn pasted_text_is_text_and_no_keys() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    terminal.send("\x1b[200~an\x11kle\r b\x1b[31moot\x1b[201~");
    terminal.wait_for("[9]");
    terminal.wait_until("what was pasted, in the search field", |screen| {
        let field = screen.lines().find(|line| line.contains("/ ankle b"));
        field.is_some_and(|line| line.contains("oot"))
    });
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn the_command_is_copied_to_the_terminals_clipboard() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    choose_boots(&terminal);
    terminal.send("y");
    terminal.wait_for("copied: invset sample");
    terminal.wait_for_bytes("\x1b]52;c;aW52c2V0IHNhbXBsZS");
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
}

#[test]
fn messages_for_the_log_go_to_a_file_and_not_on_the_screens() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
    assert!(stage.path("state").join("invset/invset.log").is_file());
}

/// What the program sends on a terminal when a sample is looked at, large.
fn looked_at(script: Script, environment: &[(&str, &str)], sent: &str, stage: &Stage) -> String {
    let run = stage.path("run");
    let arguments = ["attach", run.to_str().unwrap()];
    let mut terminal = stage.spawn(&arguments, environment, script);
    terminal.wait_until("the run", is("ended"));
    terminal.send("3");
    terminal.wait_for("2 of 2 samples");
    terminal.send(ENTER);
    terminal.wait_for("esc leaves");
    terminal.wait_for_bytes(sent);
    // Nothing stays behind while the program is stopped, and it comes again.
    let before = terminal.raw_text().matches(sent).count();
    terminal.signal(Signal::TSTP);
    terminal.wait_for_bytes(GIVEN_BACK);
    let raw = terminal.raw_text();
    assert!(raw.rfind(DELETED) > raw.rfind(KITTY) || !raw.contains(KITTY));
    terminal.wait_until_stopped();
    terminal.signal(Signal::CONT);
    terminal.wait_for_count(sent, before + 1);
    terminal.wait_for_frame("esc leaves");
    terminal.send(ESCAPE);
    terminal.wait_until("the gallery", |screen| !screen.contains("esc leaves"));
    terminal.send("q");
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.assert_mode_restored();
    terminal.raw_text()
}

#[test]
fn pictures_are_sent_by_what_the_terminal_confirmed_and_taken_away() {
    let stage = Stage::new();
    let sampled = stage
        .command(&["sample", "--where", "sneaker in p75..p99.9", "-n", "2"])
        .args([
            "-k",
            "2",
            "--runtime",
            "embedded",
            "--quiet",
            "--out",
            "run",
        ])
        .output()
        .unwrap();
    assert_eq!(sampled.status.code(), Some(0), "{sampled:?}");

    for script in [Script::kitty(), Script::kitty().split()] {
        let raw = looked_at(script, &[REMOTE], KITTY, &stage);
        let (sent, deleted) = (raw.rfind(KITTY).unwrap(), raw.rfind(DELETED).unwrap());
        assert!(sent < deleted, "no picture stays behind");
        assert!(!raw.contains(SIXEL));
    }
    let raw = looked_at(Script::sixel(), &[REMOTE], SIXEL, &stage);
    assert!(!raw.contains(KITTY));
    for script in [Script::plain(), Script::silent()] {
        let raw = looked_at(script, &[], "▀▀▀▀", &stage);
        assert!(!raw.contains(KITTY) && !raw.contains(SIXEL));
    }
}

#[test]
fn without_a_terminal_one_line_names_the_command_that_needs_none() {
    let stage = Stage::new();
    let output = stage
        .command(&[])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("invset sample"), "{stderr}");
}

#[test]
fn a_dumb_terminal_gets_a_line_and_no_escape_code() {
    let stage = Stage::new();
    let mut terminal = stage.spawn(&[], &[("TERM", "dumb")], Script::silent());
    assert_eq!(terminal.exit().exit_code(), 2);
    let raw = terminal.raw_text();
    assert!(!raw.contains('\x1b'), "{raw:?}");
    assert!(raw.contains("TERM is empty or 'dumb'"), "{raw:?}");
    assert!(raw.contains("invset sample"), "{raw:?}");
    terminal.assert_mode_restored();
}

/// The escape codes that set a colour; to put back the terminal's own is none.
fn colours(raw: &str) -> Vec<&str> {
    let styles = raw.split("\x1b[").skip(1).filter_map(|part| {
        let end = part.find(|character: char| !character.is_ascii_digit() && character != ';')?;
        part[end..].starts_with('m').then_some(&part[..end])
    });
    let sets = |code: &str| {
        let colours = [30..39, 40..49, 90..108];
        let code: u32 = code.parse().unwrap_or(0);
        colours.iter().any(|colours| colours.contains(&code))
    };
    styles.filter(|style| style.split(';').any(sets)).collect()
}

#[test]
fn no_colour_means_none_and_what_is_selected_still_shows() {
    let stage = Stage::new();
    let mut usual = stage.screens();
    usual.send(QUIT);
    assert_eq!(usual.exit().exit_code(), 0);
    assert!(!colours(&usual.raw_text()).is_empty());

    let mut terminal = stage.spawn(&[], &[("NO_COLOR", "1")], Script::plain());
    terminal.wait_for("10 labels");
    terminal.send("boot");
    terminal.wait_for("/ boot");
    let marked = terminal.screen(|screen| {
        let cells = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |column| (row, column)));
        let cells = cells.filter_map(|(row, column)| screen.cell(row, column));
        cells.filter(|cell| cell.inverse() || cell.bold()).count()
    });
    assert!(marked > 0);
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
    let raw = terminal.raw_text();
    assert_eq!(colours(&raw), Vec::<&str>::new());
}

#[test]
fn the_mouse_is_left_to_the_terminal_unless_it_was_asked_for() {
    let stage = Stage::new();
    let mut terminal = stage.screens();
    terminal.send(QUIT);
    assert_eq!(terminal.exit().exit_code(), 0);
    let raw = terminal.raw_text();
    assert!(raw.contains(TAKEN) && !raw.contains("?1000h"));

    let mut terminal = stage.spawn(&["--mouse"], &[], Script::plain());
    terminal.wait_for("10 labels");
    assert!(terminal.raw_text().contains("?1000h"));
    let column = terminal.row(0).find("Compare").unwrap() + 1;
    terminal.send(&format!("\x1b[<0;{column};1M\x1b[<0;{column};1m"));
    terminal.wait_until("the comparison", |screen| !screen.contains("10 labels"));
    terminal.wait_for("Compar");
    terminal.send("q");
    assert_eq!(terminal.exit().exit_code(), 0);
    assert!(terminal.raw_text().contains("?1000l"));
}
