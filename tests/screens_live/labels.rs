//! Labels and paths that hold what a terminal obeys stay text wherever they are shown.

use super::common::bundle_copy;
use super::common::pty::Script;
use super::stage::{ENTER, QUIT, Stage, start_endless_run};

#[test]
fn labels_and_paths_with_escape_codes_stay_text() {
    let stage = Stage::new();
    let copy = bundle_copy("fashion", &stage.path(""));
    let labels = copy.join("labels.txt");
    let text = std::fs::read_to_string(&labels).unwrap();
    let text = text.replace("boot", "bo\x1b]0;owned\x07ot\x1b[31;5m\u{9b}5m\u{202e}");
    std::fs::write(&labels, text).unwrap();
    let bundle = stage.path("b\x1b]0;owned\x07\u{202e}undle");
    std::fs::rename(copy, &bundle).unwrap();

    let arguments = ["--bundle", bundle.to_str().unwrap()];
    let mut terminal = stage.spawn(&arguments, &[], Script::plain());
    terminal.wait_for("10 labels");
    start_endless_run(&terminal, &stage);
    for screen in ["3", "4", "5"] {
        terminal.send(screen);
    }
    terminal.send("6");
    terminal.wait_for("0/4");
    terminal.send(QUIT);
    terminal.wait_for("Leave?");
    terminal.send(ENTER);
    assert_eq!(terminal.exit().exit_code(), 0);
    let raw = terminal.raw_text();
    for code in ["\x1b]0;", "\x07", "\x1b[31;5m", "\u{9b}", "\u{202e}"] {
        // The questions to the terminal end with the bell.
        let found = raw.replace("\x1b]11;?\x07", "").contains(code);
        assert!(!found, "{code:?}");
    }
}
