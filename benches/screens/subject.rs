//! The program in a terminal, a run for it to watch, and the log of its frames.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::pty::{Script, Terminal};

/// Columns and rows of the terminal.
pub(crate) const SIZE: (u16, u16) = (120, 40);

/// The bundle that is measured.
pub(crate) const BUNDLE: &str = "scenes64";

/// What a run is asked for that says nothing else: nearly everything, so that it does not end.
pub(crate) const QUERY: &str = "king penguin in -12..30";

/// Nothing is written for so long: the program has nothing more to draw.
const QUIET: Duration = Duration::from_millis(400);

/// Ends a frame.
pub(crate) const FRAME_END: &str = "\x1b[?2026l";

/// A runtime to sample with.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    /// Flags that choose it.
    pub(crate) flags: Vec<String>,
}

impl Backend {
    /// The embedded one, and ONNX Runtime where `INVSET_TEST_ONNXRUNTIME` names a library.
    pub(crate) fn all() -> Vec<Backend> {
        let embedded = Backend {
            name: "embedded",
            flags: ["--runtime", "embedded"].map(str::to_owned).to_vec(),
        };
        let Some(library) = std::env::var_os("INVSET_TEST_ONNXRUNTIME") else {
            return vec![embedded];
        };
        let library = library.to_string_lossy().into_owned();
        let flags = ["--runtime", "onnxruntime", "--library", library.as_str()];
        let onnx_runtime = Backend {
            name: "ONNX Runtime",
            flags: flags.map(str::to_owned).to_vec(),
        };
        vec![embedded, onnx_runtime]
    }
}

/// A frame as the program logged it.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(crate) struct Frame {
    pub(crate) bytes: f64,
    /// Milliseconds from the key that it answers to its end.
    pub(crate) key_ms: Option<f64>,
}

/// The program in a terminal.
pub(crate) struct Screens {
    pub(crate) terminal: Terminal,
    log: PathBuf,
    /// Holds the log and the runs.
    _folder: TempDir,
}

impl Screens {
    /// Starts it, away from the user's settings.
    pub(crate) fn start(backend: &Backend, command: &[&str]) -> anyhow::Result<Screens> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let log = path("frames.jsonl");
        let (log_text, runs) = (log.to_string_lossy(), path("runs"));
        let mut arguments = command.to_vec();
        arguments.extend(["--frame-log", &log_text]);
        let runs = runs.to_string_lossy();
        arguments.extend(["--runs", &runs]);
        arguments.extend(backend.flags.iter().map(String::as_str));
        let home = folder.path().to_string_lossy();
        let environment = [
            ("INVSET_BUNDLE", BUNDLE),
            ("COLORTERM", "truecolor"),
            ("LC_ALL", "C.UTF-8"),
            ("XDG_CONFIG_HOME", home.as_ref()),
        ];
        // A terminal that answers at once and has no graphics.
        let terminal = Terminal::spawn(&arguments, SIZE, &environment, Script::plain());
        Ok(Screens {
            terminal,
            log,
            _folder: folder,
        })
    }

    /// All frames so far.
    pub(crate) fn frames(&self) -> anyhow::Result<Vec<Frame>> {
        let text = std::fs::read_to_string(&self.log)?;
        // The last line may be half written.
        let lines = text.lines().map(serde_json::from_str);
        Ok(lines.filter_map(Result::ok).collect())
    }

    /// Waits until nothing has been drawn for a while, at most `most`.
    pub(crate) fn settle(&self, most: Duration) {
        let end = Instant::now() + most;
        let mut before = self.terminal.bytes_written();
        let mut quiet_since = Instant::now();
        while quiet_since.elapsed() < QUIET && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
            let now = self.terminal.bytes_written();
            if now != before {
                (before, quiet_since) = (now, Instant::now());
            }
        }
    }

    /// The frames that are drawn while `work` is done.
    pub(crate) fn during(
        &self,
        work: impl FnOnce(&Terminal) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<Frame>> {
        let before = self.frames()?.len();
        work(&self.terminal)?;
        Ok(self.frames()?.split_off(before))
    }

    /// Seconds of processor time that the program has used.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let path = format!("/proc/{}/schedstat", self.terminal.process_id());
        // Of all threads: the process's own file counts only the first.
        let tasks = Path::new(&path).with_file_name("task");
        let threads = std::fs::read_dir(tasks).into_iter().flatten().flatten();
        let nanoseconds = threads.filter_map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        });
        nanoseconds.sum::<f64>() / 1e9
    }
}

/// A run in a process of its own, without a screen.
pub(crate) struct Headless {
    child: Child,
    pub(crate) run: PathBuf,
}

impl Headless {
    /// Starts it.
    pub(crate) fn start(
        backend: &Backend,
        folder: &Path,
        name: &str,
        flags: &[&str],
    ) -> anyhow::Result<Headless> {
        let run = folder.join(name);
        let has_query = flags.contains(&"--where");
        let child = Command::new(env!("CARGO_BIN_EXE_invset"))
            .args(["sample", "--quiet", "--json", "--bundle", BUNDLE])
            .args(if has_query {
                &[][..]
            } else {
                &["--where", QUERY]
            })
            .arg("--out")
            .arg(&run)
            .args(flags)
            .args(&backend.flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Headless { child, run })
    }

    /// Waits until it has made steps.
    pub(crate) fn wait_for_steps(&self, steps: usize) -> anyhow::Result<()> {
        let history = self.run.join("history.jsonl");
        let end = Instant::now() + Duration::from_secs(120);
        while Instant::now() < end {
            let text = std::fs::read_to_string(&history).unwrap_or_default();
            if text.lines().count() >= steps {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        anyhow::bail!("{} made no {steps} steps", self.run.display())
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
