//! A folder of its own for each test, with the user's folders in it, and keys that many tests press.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::common::invset;
use super::common::pty::{Script, Terminal};

pub(crate) const ENTER: &str = "\r";
pub(crate) const ESCAPE: &str = "\x1b";
pub(crate) const RIGHT: &str = "\x1b[C";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const START: &str = "\x12";
pub(crate) const RESUME: &str = "\x07";
pub(crate) const QUIT: &str = "\x11";
pub(crate) const SIZE: (u16, u16) = (80, 24);
/// What takes the terminal and what gives it back.
pub(crate) const TAKEN: &str = "\x1b[?1049h";
pub(crate) const GIVEN_BACK: &str = "\x1b[?1049l";

/// Waits for `ready` to give a value; a hang is a failure, not a time measured.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder to work in, gone with its workers at the end of the test.
pub(crate) struct Stage(tempfile::TempDir);

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The user's folders, and a language with all characters.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![("LANG", "C.UTF-8".to_owned())];
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ] {
            let folder = self.path(folder);
            std::fs::create_dir_all(&folder).unwrap();
            environment.push((name, folder.to_str().unwrap().to_owned()));
        }
        environment
    }

    /// Writes the user's configuration.
    pub(crate) fn configure(&self, text: &str) {
        let folder = self.path("config/invset");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), text).unwrap();
    }

    /// A command without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = invset();
        command.current_dir(self.0.path()).args(arguments);
        command.envs(self.environment());
        command
    }

    /// Any program in a terminal.
    pub(crate) fn spawn_program(
        &self,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        script: Script,
    ) -> Terminal {
        let own = self.environment();
        let mut all: Vec<(&str, &str)> = own
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        all.extend(environment);
        Terminal::spawn_in(
            self.0.path(),
            Path::new(program),
            arguments,
            SIZE,
            &all,
            script,
        )
    }

    /// `invset` with these arguments, on the embedded runtime.
    pub(crate) fn spawn(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        script: Script,
    ) -> Terminal {
        let arguments = [arguments, &["--runtime", "embedded"]].concat();
        let program = env!("CARGO_BIN_EXE_invset");
        self.spawn_program(program, &arguments, environment, script)
    }

    /// The screens on a terminal without graphics, once they take keys.
    pub(crate) fn screens(&self) -> Terminal {
        let terminal = self.spawn(&[], &[], Script::plain());
        terminal.wait_for_frame("10 labels");
        terminal
    }

    /// The reports of panics there are, beside the log.
    pub(crate) fn panic_reports(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.path("state/invset"))
            .into_iter()
            .flatten();
        let paths = files.map(|file| file.unwrap().path());
        let is_report = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "txt");
        paths.filter(is_report).collect()
    }

    /// The screens on a run.
    pub(crate) fn attach(&self, run: &Path) -> Terminal {
        self.spawn(&["attach", run.to_str().unwrap()], &[], Script::plain())
    }

    /// The folders of runs.
    fn runs(&self) -> Vec<PathBuf> {
        let runs = std::fs::read_dir(self.path("runs")).into_iter().flatten();
        runs.map(|entry| entry.unwrap().path())
            .filter(|path| path.join("run.toml").exists())
            .collect()
    }

    /// The folder of the one run that there is.
    #[track_caller]
    pub(crate) fn run(&self) -> PathBuf {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for run in self.runs() {
            if let Some(worker) = worker(&run) {
                // It may have ended just now.
                let _ = rustix::process::kill_process(worker, rustix::process::Signal::KILL);
            }
        }
    }
}

/// The process that works a run.
pub(crate) fn worker(run: &Path) -> Option<rustix::process::Pid> {
    let lock = std::fs::read_to_string(run.join("lock")).ok()?;
    let lock: serde_json::Value = serde_json::from_str(&lock).ok()?;
    let pid = lock["pid"].as_i64()? as i32;
    // Another program may have the number of a worker that is gone.
    let arguments = Command::new("ps")
        .args(["-o", "args=", "-p", &pid.to_string()])
        .output()
        .unwrap();
    let name = run.file_name().unwrap().to_str().unwrap();
    let is_worker = String::from_utf8_lossy(&arguments.stdout).contains(name);
    rustix::process::Pid::from_raw(pid).filter(|_| is_worker)
}

/// The last step in a run's history.
pub(crate) fn last_step(run: &Path) -> u64 {
    history(run)
        .iter()
        .filter_map(|line| line["step"].as_u64())
        .max()
        .unwrap_or(0)
}

/// All whole lines of a run's history.
fn history(run: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.join("history.jsonl")).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// What happened in a run.
pub(crate) fn events(run: &Path) -> Vec<String> {
    history(run)
        .iter()
        .filter_map(|line| Some(line["event"].as_str()?.to_owned()))
        .collect()
}

/// Waits until a run has gone on.
#[track_caller]
pub(crate) fn assert_goes_on(run: &Path) {
    eventually("a worker", || worker(run));
    let step = last_step(run);
    eventually("another step", || (last_step(run) > step).then_some(()));
}

/// Waits until a run has no worker.
#[track_caller]
pub(crate) fn assert_stops(run: &Path) {
    eventually("the worker's end", || worker(run).is_none().then_some(()));
}

/// A run's state in the first line.
pub(crate) fn is(state: &'static str) -> impl Fn(&str) -> bool {
    move |screen| {
        let header = screen.lines().next().unwrap_or_default();
        header.contains(state)
    }
}

/// Types the value of the selected setting.
pub(crate) fn type_value(terminal: &Terminal, value: &str) {
    terminal.send(&format!("=\x15{value}{ENTER}"));
}

/// Asks for ankle boots; the keys are on the interval then.
pub(crate) fn choose_boots(terminal: &Terminal) {
    terminal.send("boot");
    terminal.wait_for("/ boot");
    terminal.send(ENTER);
    terminal.wait_for("low end");
}

/// Starts a run that no sample ends: nothing is so much of a boot. It works when this returns.
pub(crate) fn start_endless_run(terminal: &Terminal, stage: &Stage) -> PathBuf {
    choose_boots(terminal);
    type_value(terminal, "500");
    // The other end is left open.
    terminal.send(" o");
    terminal.send("\t\t");
    // joint, 4 samples, many steps
    type_value(terminal, "joint");
    terminal.send(DOWN);
    type_value(terminal, "4");
    terminal.send(&DOWN.repeat(6));
    type_value(terminal, "9000000");
    terminal.wait_for("500..");
    terminal.send(START);
    terminal.wait_until("work", is("running"));
    let run = stage.run();
    eventually("the first step", || (last_step(&run) > 0).then_some(()));
    run
}
