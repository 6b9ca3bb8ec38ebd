//! Pictures in terminals that answer as scripted. The hazards are those that were met with viuer and
//! with terminals; ARCHITECTURE.md lists them, and each has a test here.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "pictures/screen.rs"]
mod screen;

use std::path::{Path, PathBuf};

use common::pty::{Script, Terminal};
use common::repository;

const KITTY: &str = "\x1b_Gf=32,a=T,t=d,";
const DELETED: &str = "\x1b_Gq=2,a=d,d=A\x1b\\";
const ITERM: &str = "\x1b]1337;File=inline=1";
const QUESTION: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
const SIZE: (u16, u16) = (80, 24);
/// A terminal far away has more time to answer: tests of slow answers do not depend on the machine.
const REMOTE: (&str, &str) = ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
const ITERM_PROGRAM: (&str, &str) = ("TERM_PROGRAM", "iTerm.app");

/// A folder with one picture.
fn picture(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let image = image::RgbImage::from_fn(32, 32, |x, y| image::Rgb([x as u8 * 8, y as u8 * 8, 90]));
    image.save(&path).unwrap();
    (folder, path)
}

/// `invset show` of one picture, to its end.
fn show(arguments: &[&str], environment: &[(&str, &str)], script: Script) -> Terminal {
    let (_folder, path) = picture("garment.png");
    let all = [&["show", path.to_str().unwrap()], arguments].concat();
    let mut terminal = Terminal::spawn(&all, SIZE, environment, script);
    let status = terminal.exit();
    assert!(status.success(), "{}", terminal.screen_text());
    terminal.assert_mode_restored();
    assert!(terminal.screen_text().contains("garment.png"));
    terminal
}

/// The screen of `tests/pictures/screen.rs`.
fn start_screen(environment: &[(&str, &str)], script: Script) -> Terminal {
    let program = std::env::current_exe().unwrap();
    let arguments = [
        "--exact",
        "a_screen_for_the_others",
        "--ignored",
        "--nocapture",
    ];
    Terminal::spawn_program(&program, &arguments, SIZE, environment, script)
}

/// Quits it; everything that it wrote, from the start of its first frame on.
fn quit(terminal: &mut Terminal) -> String {
    terminal.send("q");
    let status = terminal.exit();
    assert!(status.success(), "{}", terminal.screen_text());
    terminal.assert_mode_restored();
    let text = terminal.raw_text();
    let start = text.find("\x1b[?1049h").expect("the alternate screen");
    text[start..].to_owned()
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// Starts of sixel pictures, with their width and height in pixels.
fn sixels(text: &str) -> Vec<(u32, u32)> {
    let raster = |part: &str| {
        let (_, rest) = part.split_once("q\"")?;
        let mut numbers = rest
            .split(|c: char| c != ';' && !c.is_ascii_digit())
            .next()?
            .split(';');
        let (width, height) = (numbers.nth(2)?, numbers.next()?);
        Some((width.parse().ok()?, height.parse().ok()?))
    };
    text.split("\x1bP").skip(1).filter_map(raster).collect()
}

#[test]
#[ignore = "the screen that the other tests start in their terminals"]
fn a_screen_for_the_others() {
    screen::run().unwrap();
}

#[test]
fn pictures_are_shown_by_what_the_terminal_confirms() {
    let kitty = show(&[], &[], Script::kitty()).raw_text();
    assert_eq!((count(&kitty, KITTY), sixels(&kitty).len()), (1, 0));
    let sixel = show(&[], &[], Script::sixel()).raw_text();
    assert_eq!((count(&sixel, KITTY), sixels(&sixel).len()), (0, 1));
    let iterm = show(&[], &[ITERM_PROGRAM], Script::iterm()).raw_text();
    assert_eq!((count(&iterm, KITTY), count(&iterm, ITERM)), (0, 1));
    let plain = show(&[], &[], Script::plain()).screen_text();
    assert!(plain.contains("▀▀▀▀"), "{plain}");
}

#[test]
fn without_pictures_the_terminal_is_not_asked() {
    let terminal = show_none();
    assert_eq!(count(&terminal.raw_text(), "\x1b"), 0);
}

fn show_none() -> Terminal {
    let (folder, path) = picture("garment.png");
    let arguments = ["show", path.to_str().unwrap(), "--graphics", "none"];
    let mut terminal = Terminal::spawn(&arguments, SIZE, &[], Script::kitty());
    assert!(terminal.exit().success());
    drop(folder);
    terminal
}

#[test]
fn a_choice_that_is_not_confirmed_becomes_characters_and_says_so() {
    let screen = show(&["--graphics", "kitty"], &[], Script::plain()).screen_text();
    assert!(
        screen.contains("does not confirm kitty graphics"),
        "{screen}"
    );
    assert!(screen.contains("▀▀▀▀"), "{screen}");
}

#[test]
fn names_with_escape_codes_stay_text() {
    let (_folder, path) = picture("a\x1b[2J\x1b]0;title\x07b.png");
    let arguments = ["show", path.to_str().unwrap()];
    for script in [Script::plain(), Script::kitty()] {
        let mut terminal = Terminal::spawn(&arguments, SIZE, &[], script);
        assert!(terminal.exit().success());
        assert!(terminal.screen_text().contains("ab.png"));
        let raw = terminal.raw_text();
        assert!(
            !raw.contains("\x1b[2J") && !raw.contains("title"),
            "{raw:?}"
        );
    }
    let named = Script::plain().named("evil\x08\r\nterminal");
    let mut terminal = Terminal::spawn(&["doctor"], (200, 40), &[], named);
    assert!(terminal.exit().success());
    let screen = terminal.screen_text();
    assert!(
        screen.contains("the terminal is evil  terminal,"),
        "{screen}"
    );
}

#[test]
fn doctor_tells_what_the_terminal_answered() {
    let mut terminal = Terminal::spawn(&["doctor"], (240, 40), &[], Script::kitty());
    assert!(terminal.exit().success());
    terminal.assert_mode_restored();
    let screen = terminal.screen_text();
    let line = screen
        .lines()
        .find(|line| line.starts_with("pictures"))
        .unwrap();
    assert_eq!(
        line,
        "pictures   kitty graphics, also coloured characters, the terminal is kitty(0.42.2), \
         10x20 pixels a character, dark background, 24-bit colours"
    );
}

#[test]
fn a_screen_shows_its_picture_once_and_leaves_the_terminal_as_it_was() {
    let mut terminal = start_screen(&[], Script::kitty());
    terminal.wait_for_bytes(KITTY);
    for frame in 2..6 {
        terminal.send("x");
        terminal.wait_for(&format!("frame {frame} by kitty graphics"));
    }
    assert!(terminal.is_raw());
    let output = quit(&mut terminal);
    assert_eq!(count(&output, KITTY), 1);
    assert!(!terminal.screen(vt100::Screen::alternate_screen));
}

#[test]
fn a_key_shows_the_picture_in_another_way() {
    let both = Script::kitty().answer("\x1b[c", "\x1b[?62;4c");
    let mut terminal = start_screen(&[("INVSET_TEST_AREA", "2,2,40,20")], both);
    terminal.wait_for_bytes(KITTY);
    terminal.send("w");
    terminal.wait_for("by sixel graphics");
    terminal.wait_for_bytes("\x1bP");
    terminal.send("w");
    terminal.wait_for("by half blocks");
    terminal.wait_for("▀▀▀▀");
    terminal.send("w");
    terminal.wait_for("by quadrant blocks");
    terminal.send("w");
    terminal.wait_for("by no pictures");
    terminal.wait_until("no picture", |screen| {
        !screen.contains(['▀', '▄', '▌', '▞'])
    });
    let output = quit(&mut terminal);
    let (before, after) = output.split_once(DELETED).unwrap();
    assert!(before.contains(KITTY) && !after.contains(KITTY));
}

#[test]
fn something_drawn_over_a_picture_is_seen_and_the_picture_comes_back() {
    for script in [Script::kitty(), Script::sixel()] {
        let mut terminal = start_screen(&[("INVSET_TEST_AREA", "2,2,40,20")], script.clone());
        let start = if sixel_only(&script) { "\x1bP" } else { KITTY };
        terminal.wait_for_bytes(start);
        terminal.send("o");
        terminal.wait_for("OVER");
        terminal.send("o");
        terminal.wait_for_count(start, 2);
        terminal.wait_until("nothing over it", |screen| !screen.contains("OVER"));
        let output = quit(&mut terminal);
        assert_eq!(count(&output, start), 2);
    }
}

fn sixel_only(script: &Script) -> bool {
    format!("{script:?}") == format!("{:?}", Script::sixel())
}

#[test]
fn another_size_of_the_window_makes_the_picture_due_again() {
    let mut terminal = start_screen(&[], Script::kitty());
    terminal.wait_for_bytes(KITTY);
    // Once a key has arrived, the program listens for sizes too.
    terminal.send("x");
    terminal.wait_for("keys \"x\"");
    terminal.resize(60, 20);
    terminal.wait_for_count(KITTY, 2);
    quit(&mut terminal);
}

#[test]
fn the_screens_of_the_program_come_up_on_a_terminal_that_answers_nothing() {
    let mut terminal = Terminal::spawn(&[], (100, 30), &[], Script::silent());
    // The labels come once the bundle is open, after the questions.
    terminal.wait_for("t-shirt");
    // Control-L writes the whole screen again.
    terminal.send("\x0c");
    terminal.wait_for_count("t-shirt", 2);
    terminal.send("\x03");
    let status = terminal.exit();
    assert!(status.success(), "{status:?} {}", terminal.screen_text());
    terminal.assert_mode_restored();
    // Where the cursor is: a question that waits for two seconds and then fails.
    assert_eq!(count(&terminal.raw_text(), "\x1b[6n"), 0);
}

#[test]
fn a_terminal_that_is_closed_or_a_signal_ends_a_program_in_it() {
    let mut closed = start_screen(&[], Script::plain());
    closed.wait_for("by half blocks");
    closed.hang_up();
    assert!(closed.exit().signal().is_some());
    let mut ended = start_screen(&[], Script::plain());
    ended.wait_for("by half blocks");
    ended.signal(rustix::process::Signal::TERM);
    assert!(ended.exit().signal().is_some());
}

// ---- The hazards ------------------------------------------------------------------------------

#[test]
fn hazard_01_a_silent_terminal_is_not_waited_for() {
    let terminal = show(&[], &[], Script::silent());
    assert!(terminal.screen_text().contains("▀▀▀▀"));
    let forced = show(&["--graphics", "kitty"], &[], Script::silent());
    assert_eq!(count(&forced.raw_text(), KITTY), 0);
    let mut screen = start_screen(&[], Script::silent());
    screen.wait_for("by half blocks");
    quit(&mut screen);
}

#[test]
fn hazard_02_answers_in_pieces_are_understood() {
    let kitty = show(&[], &[REMOTE], Script::kitty().split()).raw_text();
    assert_eq!(count(&kitty, KITTY), 1);
    let sixel = show(&[], &[REMOTE], Script::sixel().split()).raw_text();
    assert_eq!(sixels(&sixel).len(), 1);
    let mut screen = start_screen(&[REMOTE], Script::kitty().split());
    screen.wait_for_bytes(KITTY);
    quit(&mut screen);
}

#[test]
fn hazard_03_no_answer_is_read_as_keys_and_the_terminal_is_asked_once() {
    for script in [Script::kitty(), Script::kitty().split(), Script::sixel()] {
        let mut screen = start_screen(&[REMOTE], script);
        screen.wait_for("keys \"\"");
        screen.send("x");
        screen.wait_for("keys \"x\"");
        quit(&mut screen);
        assert_eq!(count(&screen.raw_text(), QUESTION), 1);
        assert_eq!(count(&screen.raw_text(), "\x1b[c"), 1);
    }
}

#[test]
fn hazard_04_pictures_go_down_the_line_and_nothing_is_waited_for() {
    let mut screen = start_screen(&[], Script::kitty());
    screen.wait_for_bytes(KITTY);
    let output = quit(&mut screen) + &show(&[], &[], Script::kitty()).raw_text();
    assert_eq!(count(&output, "\x1b[5n"), 0);
    assert_eq!(count(&output, "t=t"), 0);
}

#[test]
fn hazard_05_pictures_do_not_pile_up_in_the_terminal() {
    let mut screen = start_screen(&[("INVSET_TEST_AREA", "2,2,20,10")], Script::kitty());
    screen.wait_for_bytes(KITTY);
    screen.send("n");
    screen.wait_for_count(KITTY, 2);
    screen.send("m");
    screen.wait_for_count(KITTY, 3);
    let output = quit(&mut screen);
    let commands: Vec<&str> = output.split("\x1b_G").skip(1).collect();
    let starts = commands.iter().filter_map(|command| match command {
        command if command.starts_with("f=32") => Some('+'),
        command if command.starts_with("q=2,a=d,d=A") => Some('-'),
        _ => None,
    });
    assert_eq!(starts.collect::<String>(), "+-+-+-");
}

#[test]
fn hazard_06_a_picture_that_fills_the_screen_does_not_scroll_it() {
    let scripts = [
        (Script::kitty(), KITTY, [REMOTE]),
        (Script::iterm(), ITERM, [ITERM_PROGRAM]),
        (Script::sixel(), "\x1bP", [REMOTE]),
    ];
    for (script, start, environment) in scripts {
        // From the second row on, whatever is asked for beyond the last row.
        let area = ("INVSET_TEST_AREA", "0,1,80,24");
        let mut screen = start_screen(&[area, environment[0]], script);
        screen.wait_for_bytes(start);
        screen.send("x");
        screen.wait_for("keys \"x\"");
        assert_eq!(screen.row(0), "TOP");
        assert!(screen.row(23).starts_with("frame"));
        quit(&mut screen);
    }
}

#[test]
fn hazard_07_iterm_pictures_are_not_sent_into_a_multiplexer() {
    let inside = [
        ITERM_PROGRAM,
        ("LC_TERMINAL", "iTerm2"),
        ("TMUX", "/tmp/tmux-0/default,1,0"),
    ];
    for graphics in ["auto", "iterm"] {
        let terminal = show(&["--graphics", graphics], &inside, Script::plain());
        assert_eq!(count(&terminal.raw_text(), ITERM), 0);
        assert!(terminal.screen_text().contains("▀▀▀▀"));
    }
    let mut screen = start_screen(&inside, Script::plain().named("tmux 3.4"));
    screen.wait_for("by half blocks");
    quit(&mut screen);
}

#[test]
fn hazard_08_multiplexers_get_characters_and_sixel_only_when_it_was_asked_for() {
    // Over SSH the variables of the multiplexer are gone; its name is not.
    let unseen = Script::kitty()
        .answer("\x1b[c", "\x1b[?62;4c")
        .named("tmux 3.4");
    let tmux = ("TMUX", "/tmp/tmux-0/default,1,0");
    let graphics = |choice| ("INVSET_TEST_GRAPHICS", choice);
    for (environment, way) in [
        (vec![tmux], "by half blocks"),
        (vec![REMOTE], "by half blocks"),
        (vec![tmux, graphics("sixel")], "by sixel graphics"),
    ] {
        let mut screen = start_screen(&environment, unseen.clone());
        screen.wait_for(way);
        let output = quit(&mut screen);
        assert_eq!(count(&output, KITTY), 0);
    }
}

#[test]
fn hazard_09_sixel_pictures_have_the_pixels_of_their_cells_or_are_not_used() {
    let area = ("INVSET_TEST_AREA", "1,1,28,14");
    let mut screen = start_screen(&[area], Script::sixel());
    screen.wait_for_bytes("\x1bP");
    screen.wait_for_bytes("\x1b\\\x1b8");
    let output = quit(&mut screen);
    // 280 by 280 pixels of the screen, in steps of 6 and 12.
    assert_eq!(sixels(&output), [(276, 276)]);
    let unknown = Script::silent().answer("\x1b[c", "\x1b[?62;4c");
    let mut screen = start_screen(&[area], unknown);
    screen.wait_for("by half blocks");
    quit(&mut screen);
}

#[test]
fn hazard_10_no_escape_code_reaches_a_pipe_and_no_color_is_heeded() {
    let (_folder, path) = picture("garment.png");
    for graphics in ["auto", "kitty", "blocks"] {
        let output = common::invset()
            .args(["show", path.to_str().unwrap(), "--graphics", graphics])
            .output()
            .unwrap();
        assert!(output.status.success());
        assert!(!output.stdout.contains(&0x1b), "{graphics}");
    }
    let no_color = [("NO_COLOR", "1"), ("INVSET_TEST_GRAPHICS", "blocks")];
    let mut screen = start_screen(&no_color, Script::plain());
    screen.wait_for("by half blocks");
    screen.wait_for("%%%%");
    let output = quit(&mut screen);
    for colour in ["\x1b[38;", "\x1b[48;", ";38;", ";48;"] {
        assert_eq!(count(&output, colour), 0, "{colour:?}");
    }
}

#[test]
fn hazard_11_no_c_library_makes_the_sixels() {
    let manifest = std::fs::read_to_string(repository("Cargo.toml")).unwrap();
    let line = manifest
        .lines()
        .find(|line| line.starts_with("viuer"))
        .unwrap();
    assert!(line.contains("default-features = false"), "{line}");
    assert!(line.contains("features = [\"icy_sixel\"]"), "{line}");
}

#[test]
fn hazard_12_deep_and_large_pictures_are_sent_with_eight_bits_and_not_too_large() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.png");
    let deep = image::ImageBuffer::from_fn(700, 700, |x, y| image::Luma([(x * y) as u16]));
    deep.save(&path).unwrap();
    let arguments = ["show", path.to_str().unwrap()];
    let mut terminal = Terminal::spawn(&arguments, SIZE, &[ITERM_PROGRAM], Script::iterm());
    assert!(terminal.exit().success());
    assert_eq!(count(&terminal.raw_text(), ITERM), 1);
    let large = ("INVSET_TEST_PICTURE", "900,900");
    let mut screen = start_screen(&[large], Script::kitty());
    screen.wait_for_bytes(KITTY);
    let header = kitty_header(&quit(&mut screen));
    assert!(header.width.max(header.height) <= 512, "{header:?}");
}

#[test]
fn hazard_13_the_name_of_a_terminal_tells_its_colours_where_variables_do_not_reach() {
    let blocks = ("INVSET_TEST_GRAPHICS", "blocks");
    let mut named = start_screen(&[blocks, REMOTE], Script::kitty());
    named.wait_for("▀▀▀▀");
    assert!(quit(&mut named).contains("38;2;"));
    let mut nameless = start_screen(&[blocks, REMOTE], Script::plain());
    nameless.wait_for("▀▀▀▀");
    let output = quit(&mut nameless);
    assert!(output.contains("38;5;") && !output.contains("38;2;"));
}

#[test]
fn hazard_14_pictures_keep_their_proportions_however_the_terminal_enlarges_them() {
    for (picture, area) in [
        ("64,64", "1,1,30,21"),
        ("90,40", "0,1,60,20"),
        ("28,28", "3,1,21,9"),
    ] {
        let variables = [("INVSET_TEST_PICTURE", picture), ("INVSET_TEST_AREA", area)];
        let mut screen = start_screen(&variables, Script::kitty());
        screen.wait_for_bytes(KITTY);
        let header = kitty_header(&quit(&mut screen));
        // The cells are 10 by 20 pixels. A pixel more or less is the rounding of the picture.
        let across = f64::from(header.columns * 10) / f64::from(header.width);
        let down = f64::from(header.rows * 20) / f64::from(header.height);
        let tolerance = 1.0 / f64::from(header.width.min(header.height));
        assert!((across / down - 1.0).abs() <= tolerance, "{header:?}");
    }
}

#[derive(Debug, Default)]
struct Header {
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
}

/// The first kitty transfer.
fn kitty_header(output: &str) -> Header {
    let (_, rest) = output.split_once(KITTY).expect("a picture");
    let (keys, _) = rest.split_once(';').unwrap();
    let mut header = Header::default();
    for (key, value) in keys.split(',').filter_map(|pair| pair.split_once('=')) {
        let value = value.parse().unwrap();
        match key {
            "s" => header.width = value,
            "v" => header.height = value,
            "c" => header.columns = value,
            "r" => header.rows = value,
            _ => {}
        }
    }
    header
}

#[test]
fn hazard_15_screen_and_mosh_get_characters() {
    let inside_screen = [("TERM", "screen-256color"), ("STY", "1.pts-0.host")];
    for environment in [&inside_screen[..], &[REMOTE]] {
        let mut screen = start_screen(environment, Script::plain());
        screen.wait_for("by half blocks");
        quit(&mut screen);
    }
}

#[test]
fn hazard_16_the_licence_that_viuer_brings_is_an_exception_by_name() {
    let deny = std::fs::read_to_string(repository("deny.toml")).unwrap();
    let exception = deny
        .lines()
        .find(|line| line.contains("ansi_colours"))
        .unwrap();
    assert!(exception.contains("LGPL-3.0"), "{exception}");
}

#[test]
fn hazard_17_viuer_can_be_replaced_in_one_place() {
    let source = repository("src");
    let mut users = Vec::new();
    collect(&source, &mut |path| {
        if std::fs::read_to_string(path).unwrap().contains("viuer::") {
            users.push(path.strip_prefix(&source).unwrap().to_owned());
        }
    });
    assert!(!users.is_empty());
    for user in users {
        assert!(user.starts_with("preview"), "{}", user.display());
    }
}

fn collect(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path);
        }
    }
}
