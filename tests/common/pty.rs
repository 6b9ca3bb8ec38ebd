//! The program in a terminal of its own: what stands on the screen, which bytes it sent, keys,
//! signals, another size, hanging up; and a terminal that answers questions as a script says.
//!
//! ```ignore
//! let mut terminal = Terminal::spawn(&["doctor"], (80, 24), &[], Script::kitty());
//! terminal.wait_for("pictures");
//! terminal.send("q");
//! assert!(terminal.exit().success());
//! terminal.assert_mode_restored();
//! ```

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal};
use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

/// Longest wait for anything: the machine may be busy. Nothing that works takes so long.
const DEADLINE: Duration = Duration::from_secs(60);
/// What a program writes after each frame, for terminals that show frames whole.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Answers of the terminal to questions that it sees in the program's output.
#[derive(Debug, Clone, Default)]
pub struct Script {
    answers: Vec<(Vec<u8>, Vec<u8>)>,
    gap: Option<Duration>,
}

impl Script {
    /// Answers nothing.
    pub fn silent() -> Script {
        Script::default()
    }

    /// A terminal without graphics: only its attributes.
    pub fn plain() -> Script {
        Script::silent().answer("\x1b[c", "\x1b[?62;22c")
    }

    /// Everything that kitty answers.
    pub fn kitty() -> Script {
        Script::plain()
            .answer(
                "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
                "\x1b_Gi=31;OK\x1b\\",
            )
            .named("kitty(0.42.2)")
            .answer("\x1b[16t", "\x1b[6;20;10t")
            .answer("\x1b]11;?\x07", "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\")
    }

    /// A terminal with sixel graphics and a light background.
    pub fn sixel() -> Script {
        Script::silent()
            .answer("\x1b[c", "\x1b[?62;4;22c")
            .named("foot(1.16.2)")
            .answer("\x1b[16t", "\x1b[6;20;10t")
            .answer("\x1b]11;?\x07", "\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\")
    }

    /// iTerm2, without sixel graphics. Give the program `TERM_PROGRAM=iTerm.app`.
    pub fn iterm() -> Script {
        Script::plain()
            .named("iTerm2 3.5.0")
            .answer("\x1b[16t", "\x1b[6;20;10t")
    }

    /// Also gives its name.
    pub fn named(self, name: &str) -> Script {
        self.answer("\x1b[>q", &format!("\x1bP>|{name}\x1b\\"))
    }

    /// Answers this question so; a later answer to the same question takes the place of a former.
    pub fn answer(mut self, question: &str, answer: &str) -> Script {
        self.answers
            .retain(|(known, _)| known != question.as_bytes());
        self.answers.push((question.into(), answer.into()));
        self
    }

    /// Every answer comes in two pieces, cut after its first byte, as over a slow connection.
    pub fn split(mut self) -> Script {
        self.gap = Some(Duration::from_millis(15));
        self
    }

    /// Answers the questions in `output`, and leaves there what may be the beginning of another.
    fn respond(&self, output: &mut Vec<u8>, line: &Line) {
        loop {
            let asked = self
                .answers
                .iter()
                .filter_map(|(question, answer)| Some((find(output, question)?, question, answer)));
            let Some((at, question, answer)) = asked.min_by_key(|(at, _, _)| *at) else {
                break;
            };
            output.drain(..at + question.len());
            if let Some(gap) = self.gap {
                line.write(&answer[..1]);
                std::thread::sleep(gap);
                line.write(&answer[1..]);
            } else {
                line.write(answer);
            }
        }
        let longest = self
            .answers
            .iter()
            .map(|(question, _)| question.len())
            .max();
        let kept = longest.unwrap_or(0).min(output.len());
        output.drain(..output.len() - kept);
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// The way to the program's standard input.
#[derive(Clone)]
struct Line(Arc<Mutex<Option<Box<dyn Write + Send>>>>);

impl Line {
    fn write(&self, bytes: &[u8]) {
        if let Some(writer) = self.0.lock().unwrap().as_mut() {
            // The program may have ended meanwhile.
            let _ = writer.write_all(bytes).and_then(|()| writer.flush());
        }
    }
}

/// What the program has written.
struct Output {
    screen: vt100::Parser,
    raw: Vec<u8>,
    /// Nothing more will come.
    ended: bool,
    /// The reader must stop.
    hung_up: bool,
}

/// A terminal with a program in it.
pub struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
    line: Line,
    output: Arc<(Mutex<Output>, Condvar)>,
    reader: Option<std::thread::JoinHandle<()>>,
    tty: std::path::PathBuf,
    mode_before: Termios,
}

impl Terminal {
    /// Starts `invset` with `arguments` in a terminal of `(columns, rows)`. The environment is empty
    /// but for `PATH`, `HOME`, what [`super::invset`] sets, `TERM=xterm-256color` and `environment`.
    pub fn spawn(
        arguments: &[&str],
        size: (u16, u16),
        environment: &[(&str, &str)],
        script: Script,
    ) -> Terminal {
        let program = Path::new(env!("CARGO_BIN_EXE_invset"));
        Terminal::spawn_program(program, arguments, size, environment, script)
    }

    /// As [`Terminal::spawn`], with another program.
    pub fn spawn_program(
        program: &Path,
        arguments: &[&str],
        size: (u16, u16),
        environment: &[(&str, &str)],
        script: Script,
    ) -> Terminal {
        let folder = std::env::current_dir().unwrap();
        Terminal::spawn_in(&folder, program, arguments, size, environment, script)
    }

    /// As [`Terminal::spawn_program`], in another folder.
    pub fn spawn_in(
        folder: &Path,
        program: &Path,
        arguments: &[&str],
        (columns, rows): (u16, u16),
        environment: &[(&str, &str)],
        script: Script,
    ) -> Terminal {
        let size = pty_size(columns, rows);
        let pair = native_pty_system().openpty(size).unwrap();
        let tty = pair.master.tty_name().unwrap();
        let mode_before = mode_of(&tty);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let usual = [
            ("TERM", "xterm-256color"),
            ("INVSET_BUNDLE", "fashion"),
            ("INVSET_TEST", "1"),
        ];
        for (name, value) in usual.iter().chain(environment) {
            command.env(name, value);
        }
        command.cwd(folder);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(nonzero(rows), nonzero(columns), 1000);
        let output = Arc::new((
            Mutex::new(Output {
                screen: parser,
                raw: Vec::new(),
                ended: false,
                hung_up: false,
            }),
            Condvar::new(),
        ));
        let line = Line(Arc::new(Mutex::new(Some(
            pair.master.take_writer().unwrap(),
        ))));
        let reader = pair.master.try_clone_reader().unwrap();
        let (shared, answers) = (Arc::clone(&output), line.clone());
        let reader = std::thread::spawn(move || read(reader, &shared, &script, &answers));
        Terminal {
            master: Some(pair.master),
            child,
            line,
            output,
            reader: Some(reader),
            tty,
            mode_before,
        }
    }

    /// Presses keys: text, or the bytes of special keys (`"\x1b[A"` is up, `"\x03"` control-C).
    pub fn send(&self, keys: &str) {
        self.line.write(keys.as_bytes());
    }

    /// Waits until `text` stands on the screen. Fails with the screen if it does not come.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| {
            screen.contains(text)
        });
    }

    /// Waits until `text` stands on the screen and the frame that shows it has come to its end.
    #[track_caller]
    pub fn wait_for_frame(&self, text: &str) {
        self.wait(&format!("{text:?} in a whole frame"), |output| {
            output.screen.screen().contents().contains(text) && output.raw.ends_with(FRAME_END)
        });
    }

    /// Waits until the text of the screen is as wanted. Fails with the screen, and with `what`.
    #[track_caller]
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        self.wait(what, |output| wanted(&output.screen.screen().contents()));
    }

    /// Waits until the bytes that the program has written contain these.
    #[track_caller]
    pub fn wait_for_bytes(&self, bytes: &str) {
        self.wait_for_count(bytes, 1);
    }

    /// Waits until the program has written these bytes at least so many times.
    #[track_caller]
    pub fn wait_for_count(&self, bytes: &str, count: usize) {
        self.wait(
            &format!("{bytes:?} {count} times in the output"),
            |output| String::from_utf8_lossy(&output.raw).matches(bytes).count() >= count,
        );
    }

    #[track_caller]
    fn wait(&self, what: &str, done: impl Fn(&Output) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut output = self.output();
        while !done(&output) {
            let left = deadline.saturating_duration_since(Instant::now());
            if output.ended || left.is_zero() {
                let why = if output.ended {
                    "the output ended"
                } else {
                    "the time is up"
                };
                let screen = output.screen.screen().contents();
                // The reader must not find the lock poisoned.
                drop(output);
                panic!("{what} did not come ({why}); the screen:\n{screen}");
            }
            output = self.output.1.wait_timeout(output, left).unwrap().0;
        }
    }

    /// The text of the screen, without trailing blanks.
    pub fn screen_text(&self) -> String {
        self.output().screen.screen().contents()
    }

    /// One row of the screen, counted from zero.
    pub fn row(&self, row: u16) -> String {
        let output = self.output();
        let screen = output.screen.screen();
        screen
            .rows(0, screen.size().1.get())
            .nth(row.into())
            .unwrap_or_default()
    }

    /// Anything else about the screen: colours of cells, the alternate screen, the cursor.
    pub fn screen<T>(&self, ask: impl FnOnce(&vt100::Screen) -> T) -> T {
        ask(self.output().screen.screen())
    }

    /// Everything that the program has written.
    pub fn raw_bytes(&self) -> Vec<u8> {
        self.output().raw.clone()
    }

    /// The same as text, for messages and searches.
    pub fn raw_text(&self) -> String {
        String::from_utf8_lossy(&self.output().raw).into_owned()
    }

    /// How many bytes the program has written.
    pub fn bytes_written(&self) -> usize {
        self.output().raw.len()
    }

    /// Another size of the window; the program gets SIGWINCH.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut output = self.output();
        output.screen.set_size(nonzero(rows), nonzero(columns));
        let master = self.master.as_ref().expect("not hung up");
        master.resize(pty_size(columns, rows)).unwrap();
    }

    /// The program's process.
    pub fn process_id(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.process_id() as i32).expect("an id");
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits until the program has stopped itself: a CONT that comes earlier is lost.
    pub fn wait_until_stopped(&self) {
        let deadline = Instant::now() + DEADLINE;
        let path = format!("/proc/{}/stat", self.process_id());
        loop {
            let stat = std::fs::read_to_string(&path).unwrap();
            // The name stands in parentheses and may hold anything; the state follows it.
            let state = stat.rsplit(") ").next().unwrap_or_default();
            if state.starts_with('T') {
                return;
            }
            assert!(Instant::now() < deadline, "it does not stop: {stat}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Closes the terminal under the program, which gets SIGHUP.
    pub fn hang_up(&mut self) {
        self.output().hung_up = true;
        let Some(master) = self.master.take() else {
            return;
        };
        if let Ok(slave) = open_slave(&self.tty) {
            // The writer would send an end of file when it goes; a terminal that goes sends nothing.
            if let Ok(mut mode) = tcgetattr(&slave) {
                mode.special_codes[SpecialCodeIndex::VEOF] = 0;
                let _ = tcsetattr(&slave, OptionalActions::Now, &mode);
            }
            self.line.0.lock().unwrap().take();
            // Wakes the reader, which holds the last end of the line.
            let _ = rustix::io::write(&slave, b"\0");
        }
        drop(master);
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.let_reader_end(deadline);
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the program does not end; the screen:\n{}",
                self.screen_text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All output is in once the reader has seen the end. A program left behind that still holds the
    /// terminal must not keep the test waiting: then what has come is all there is.
    fn let_reader_end(&self, deadline: Instant) {
        let mut output = self.output();
        let patience = deadline.min(Instant::now() + Duration::from_secs(5));
        while !output.ended && !output.hung_up {
            let left = patience.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            output = self.output.1.wait_timeout(output, left).unwrap().0;
        }
    }

    /// Fails if the terminal's mode is not what it was before the program.
    #[track_caller]
    pub fn assert_mode_restored(&self) {
        let (before, after) = (&self.mode_before, mode_of(&self.tty));
        assert_eq!(before.local_modes, after.local_modes, "echo and lines");
        assert_eq!(before.input_modes, after.input_modes, "input");
        assert_eq!(before.output_modes, after.output_modes, "output");
        assert_eq!(before.control_modes, after.control_modes, "control");
    }

    /// Whether the terminal is in raw mode: it neither echoes keys nor waits for whole lines.
    pub fn is_raw(&self) -> bool {
        use rustix::termios::LocalModes;
        let modes = mode_of(&self.tty).local_modes;
        !modes.intersects(LocalModes::ECHO | LocalModes::ICANON)
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.0.lock().unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Ended already, or it ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(
    mut reader: Box<dyn Read + Send>,
    output: &(Mutex<Output>, Condvar),
    script: &Script,
    line: &Line,
) {
    let mut buffer = [0; 8192];
    let mut unanswered = Vec::new();
    loop {
        let count = reader.read(&mut buffer).unwrap_or(0);
        {
            let mut output = output.0.lock().unwrap();
            if count == 0 || output.hung_up {
                output.ended = true;
            } else {
                output.raw.extend_from_slice(&buffer[..count]);
                output.screen.process(&buffer[..count]);
            }
        }
        output.1.notify_all();
        if output.0.lock().unwrap().ended {
            return;
        }
        unanswered.extend_from_slice(&buffer[..count]);
        script.respond(&mut unanswered, line);
    }
}

fn open_slave(tty: &Path) -> std::io::Result<std::fs::File> {
    let noctty = rustix::fs::OFlags::NOCTTY.bits() as i32;
    let mut options = std::fs::OpenOptions::new();
    options
        .read(true)
        .write(true)
        .custom_flags(noctty)
        .open(tty)
}

fn mode_of(tty: &Path) -> Termios {
    tcgetattr(open_slave(tty).unwrap()).unwrap()
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn nonzero(edge: u16) -> NonZeroU16 {
    NonZeroU16::new(edge).expect("a terminal has rows and columns")
}
