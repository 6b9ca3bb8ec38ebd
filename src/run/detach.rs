//! Starting a run's worker in a process of its own, which outlives whoever started it.
//!
//! A run that was prepared in this process is handed over: dropping it gives up the lock, and the
//! worker takes the run up from its folder as it would resume any other.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Prepared, RunFolder, lock};
use crate::text;

/// What workers say on stderr; empty when all goes well.
pub const WORKER_LOG: &str = "worker.log";

/// Longest time until a worker holds its run. Loading networks comes after that.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest message of a worker that is passed on, in bytes.
const LONGEST_MESSAGE: u64 = 4096;

/// Exit codes of a worker that did its work: all samples, too few, told to stop.
const WORKED: [i32; 3] = [0, 3, 130];

/// How a worker is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// This program: [`std::env::current_exe`].
    pub program: PathBuf,
    /// The ONNX Runtime library to load, where one was named.
    pub library: Option<PathBuf>,
    /// Whether the worker waits for orders before its first step.
    pub paused: bool,
}

/// A worker that was started here.
#[derive(Debug)]
pub struct Detached {
    folder: RunFolder,
    pid: u32,
    /// How it ended, once it has.
    ended: Arc<Mutex<Option<io::Result<ExitStatus>>>>,
    log: PathBuf,
    /// Where in the log its messages begin.
    log_start: u64,
    deadline: Instant,
}

/// How far a worker has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// It does not hold the run yet, or still loads the networks.
    Starting,
    /// It works, and [`super::Watch`] can follow it.
    Working,
    /// It has ended as it should.
    Ended,
    /// It has failed: its message, free of control characters.
    Failed(String),
}

/// Starts a worker on a run that nobody holds. What it writes on stderr is kept in
/// [`WORKER_LOG`] of the run's folder.
///
/// # Errors
/// The program cannot be started, or the log cannot be written.
pub fn spawn_worker(folder: &RunFolder, launch: &Launch) -> io::Result<Detached> {
    let path = folder.path().canonicalize()?;
    let log = path.join(WORKER_LOG);
    // Appended to: another worker may hold the run, and its messages stay.
    let file = OpenOptions::new().create(true).append(true).open(&log)?;
    let log_start = file.metadata()?.len();
    let mut command = Command::new(&launch.program);
    command.arg("worker").arg(&path);
    if let Some(library) = &launch.library {
        command.arg("--library").arg(library.canonicalize()?);
    }
    if launch.paused {
        command.arg("--paused");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()?;
    let pid = child.id();
    let ended = Arc::new(Mutex::new(None));
    let end = Arc::clone(&ended);
    // Waits for the worker whoever else still cares, so that it leaves no dead entry behind.
    thread::Builder::new()
        .name("worker".into())
        .spawn(move || {
            let status = child.wait();
            *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        })?;
    Ok(Detached {
        folder: folder.clone(),
        pid,
        ended,
        log,
        log_start,
        deadline: Instant::now() + PATIENCE,
    })
}

impl Prepared {
    /// Gives up a run that was prepared here and starts a worker on it.
    ///
    /// # Errors
    /// As [`spawn_worker`]; the run is given up all the same and can be resumed.
    pub fn hand_over(self, launch: &Launch) -> io::Result<Detached> {
        let folder = self.run.folder().clone();
        // The lock goes with the run.
        drop(self);
        spawn_worker(&folder, launch)
    }
}

impl Detached {
    /// The worker's process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The run it works on.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// How far it has come. Never waits; a worker that does not take its run in time is ended.
    pub fn poll(&self) -> Beginning {
        if let Some(ending) = self.ending() {
            return ending;
        }
        let is_late = Instant::now() > self.deadline;
        match lock::holder(&self.folder) {
            // Without a socket it may still be loading, or the system has none for it.
            Some(holder) if holder.pid == self.pid => {
                if holder.socket.is_some() || is_late {
                    Beginning::Working
                } else {
                    Beginning::Starting
                }
            }
            _ if is_late => {
                if let Some(pid) = rustix::process::Pid::from_raw(self.pid as i32) {
                    // It may have ended just now.
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
                Beginning::Failed(format!(
                    "the worker (pid {}) did not take the run within {} s",
                    self.pid,
                    PATIENCE.as_secs()
                ))
            }
            _ => Beginning::Starting,
        }
    }

    /// Why it failed; none while it works, and where it ended as it should.
    pub fn failure(&self) -> Option<String> {
        match self.ending()? {
            Beginning::Failed(message) => Some(message),
            _ => None,
        }
    }

    /// How it ended, well or not; none while it runs.
    pub fn ending(&self) -> Option<Beginning> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let how = match ended.as_ref()? {
            Ok(status) if status.code().is_some_and(|code| WORKED.contains(&code)) => {
                return Some(Beginning::Ended);
            }
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let message = message(&self.log, self.log_start).unwrap_or_default();
        Some(Beginning::Failed(if message.is_empty() {
            format!("the worker (pid {}) failed: {how}", self.pid)
        } else {
            message
        }))
    }
}

/// The end of what was written into a log from `start` on, its lines joined.
fn message(log: &Path, start: u64) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(
        start.max(length.saturating_sub(LONGEST_MESSAGE)),
    ))?;
    let mut bytes = Vec::new();
    file.take(LONGEST_MESSAGE).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text
        .lines()
        .map(|line| text::clean(line).trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    Ok(lines.join("; "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::run::folder::RUN_FILE;

    /// A stand-in for the worker, and a run for it.
    fn stage(script: &str) -> (tempfile::TempDir, RunFolder, Launch) {
        let parent = tempfile::tempdir().unwrap();
        let program = parent.path().join("program");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let folder = RunFolder::create(&parent.path().join("run")).unwrap();
        folder.replace(RUN_FILE, b"").unwrap();
        let launch = Launch {
            program,
            library: None,
            paused: false,
        };
        (parent, folder, launch)
    }

    /// Another test's fork may hold the fresh script open for an instant.
    fn spawn(folder: &RunFolder, launch: &Launch) -> Detached {
        loop {
            match spawn_worker(folder, launch) {
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                    thread::sleep(Duration::from_millis(5));
                }
                other => return other.unwrap(),
            }
        }
    }

    fn end(worker: &Detached) -> Beginning {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match worker.poll() {
                Beginning::Starting => assert!(Instant::now() < deadline),
                other => return other,
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn the_message_of_a_worker_that_fails_is_passed_on_without_what_a_terminal_obeys() {
        let (_parent, folder, launch) =
            stage("printf 'error: \\033[31mno\\nfolder: %s\\n' \"$1\" >&2; exit 4");
        std::fs::write(folder.file(WORKER_LOG), "of another worker\n").unwrap();
        let worker = spawn(&folder, &launch);
        let Beginning::Failed(message) = end(&worker) else {
            unreachable!("it exits with 4");
        };
        assert_eq!(message, "error: no; folder: worker");
        assert_eq!(worker.failure(), Some(message));
    }

    #[test]
    fn a_worker_that_dies_without_a_word_is_named_with_how_it_died() {
        let (_parent, folder, launch) = stage("kill -9 $$");
        let worker = spawn(&folder, &launch);
        end(&worker);
        let message = worker.failure().unwrap();
        assert!(message.contains("signal: 9"), "{message}");
        assert!(message.contains(&worker.pid().to_string()), "{message}");
    }

    #[test]
    fn a_worker_that_ends_as_it_should_has_not_failed() {
        for code in WORKED {
            let (_parent, folder, launch) = stage(&format!("exit {code}"));
            let worker = spawn(&folder, &launch);
            assert_eq!(end(&worker), Beginning::Ended);
            assert_eq!(worker.failure(), None);
        }
    }

    #[test]
    fn a_worker_that_does_not_take_its_run_in_time_is_ended() {
        let (_parent, folder, launch) = stage("exec sleep 600");
        let mut worker = spawn(&folder, &launch);
        assert_eq!(worker.poll(), Beginning::Starting);
        assert_eq!(worker.failure(), None);
        worker.deadline = Instant::now();
        let Beginning::Failed(message) = end(&worker) else {
            unreachable!("it sleeps");
        };
        assert!(message.contains("did not take the run"), "{message}");
        let deadline = Instant::now() + Duration::from_secs(60);
        while worker.failure().is_none() {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let (_parent, folder, mut launch) = stage("");
        launch.program = "/none/of/that/name".into();
        assert!(spawn_worker(&folder, &launch).is_err());
    }
}
