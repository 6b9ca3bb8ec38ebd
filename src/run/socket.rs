//! The worker's socket: JSON lines, snapshots out and commands in, for any number of clients.
//!
//! A client that does not read never holds the worker up: each has a thread of its own that sends
//! the latest snapshot and leaves out those in between.

use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::control::{Command, Commander};
use super::snapshot::Snapshot;

/// Longest line a client may send.
const LONGEST_LINE: u64 = 4096;

/// A listening socket, removed when dropped.
pub(super) struct Socket {
    // Holds the socket's private folder; dropping it removes both.
    folder: tempfile::TempDir,
    board: Arc<Board>,
}

/// The latest snapshot, and how many there have been.
#[derive(Default)]
struct Board {
    latest: Mutex<Latest>,
    changed: Condvar,
}

#[derive(Default)]
struct Latest {
    number: u64,
    line: Arc<str>,
    closed: bool,
}

impl Socket {
    /// Listens on a socket that only this user can open, under `$XDG_RUNTIME_DIR` where that is
    /// set: socket paths are short.
    ///
    /// # Errors
    /// The system refuses; a run works without.
    pub(super) fn listen(commander: Commander) -> io::Result<Socket> {
        let parent = std::env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|path| path.is_dir())
            .unwrap_or_else(std::env::temp_dir);
        let folder = tempfile::Builder::new()
            .prefix("invset-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let board = Arc::new(Board::default());
        let shared = Arc::clone(&board);
        thread::Builder::new()
            .name("socket".into())
            .spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    if shared.lock().closed {
                        return;
                    }
                    serve(stream, &shared, &commander);
                }
            })?;
        Ok(Socket { folder, board })
    }

    /// Where it listens.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// Shows a snapshot to every client.
    pub(super) fn publish(&self, snapshot: &Snapshot) {
        let line = serde_json::json!(snapshot).to_string();
        let mut latest = self.board.lock();
        latest.number += 1;
        latest.line = line.into();
        self.board.changed.notify_all();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.board.lock().closed = true;
        self.board.changed.notify_all();
        // Wakes the listening thread, which then sees that it is closed.
        let _ = UnixStream::connect(self.path());
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first snapshot after number `seen`; `None` once the worker has ended.
    fn next(&self, seen: u64) -> Option<(u64, Arc<str>)> {
        let mut latest = self.lock();
        while latest.number == seen && !latest.closed {
            latest = self
                .changed
                .wait(latest)
                .unwrap_or_else(PoisonError::into_inner);
        }
        (latest.number != seen).then(|| (latest.number, Arc::clone(&latest.line)))
    }
}

/// One thread reads a client's commands, another sends it snapshots; both end with the client.
fn serve(stream: UnixStream, board: &Arc<Board>, commander: &Commander) {
    let Ok(incoming) = stream.try_clone() else {
        return;
    };
    let commander = commander.clone();
    thread::spawn(move || {
        let mut lines = BufReader::new(incoming);
        loop {
            let mut line = String::new();
            match lines.by_ref().take(LONGEST_LINE).read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    if let Ok(command) = serde_json::from_str::<Command>(&line) {
                        commander.give(command);
                    }
                }
            }
        }
    });
    let board = Arc::clone(board);
    thread::spawn(move || {
        let mut stream = stream;
        let mut seen = 0;
        while let Some((number, line)) = board.next(seen) {
            seen = number;
            if writeln!(stream, "{line}").is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::control::line_of_command;
    use crate::run::snapshot::Phase;

    fn snapshot(step: u64) -> Snapshot {
        Snapshot {
            phase: Phase::Running,
            step,
            max_steps: 10,
            n: 4,
            n_accepted: 0,
            n_feasible: 0,
            objective: Some(1.0),
            activations: vec![vec![0.5]],
            forwards: 4,
            gradients: 4,
            seconds: 0.1,
            seconds_in_runtime: 0.1,
        }
    }

    #[test]
    fn clients_see_snapshots_and_give_orders() {
        let (commander, mut control) = line_of_command();
        let socket = Socket::listen(commander).unwrap();
        let mode = fs::metadata(socket.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        socket.publish(&snapshot(1));
        let mut client = UnixStream::connect(socket.path()).unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(client.try_clone().unwrap());
        lines.read_line(&mut line).unwrap();
        let seen: Snapshot = serde_json::from_str(&line).unwrap();
        assert_eq!(seen.step, 1);
        writeln!(client, "nonsense").unwrap();
        writeln!(client, r#"{{"command":"stop"}}"#).unwrap();
        let stopped = std::iter::repeat_with(|| {
            thread::sleep(std::time::Duration::from_millis(5));
            control.next()
        })
        .take(2000)
        .any(|next| next == crate::run::control::Next::Stop);
        assert!(stopped);
    }

    #[test]
    fn the_socket_goes_with_its_worker() {
        let (commander, _control) = line_of_command();
        let socket = Socket::listen(commander).unwrap();
        let path = socket.path();
        let client = UnixStream::connect(&path).unwrap();
        drop(socket);
        assert!(!path.exists());
        let mut line = String::new();
        assert_eq!(BufReader::new(client).read_line(&mut line).unwrap(), 0);
    }
}
