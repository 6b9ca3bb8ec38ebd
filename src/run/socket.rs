//! The worker's socket: JSON lines, snapshots out and commands in, for any number of clients.
//!
//! A client that does not read never holds the worker up: each has a thread of its own that sends
//! the latest snapshot and leaves out those in between.

use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::control::{Command, Commander};
use super::snapshot::Snapshot;
use crate::text;

/// Longest line a client may send.
const LONGEST_LINE: u64 = 4096;

/// Longest reason why a line is no command, in characters.
const LONGEST_REASON: usize = 200;

/// How long a worker that ends waits until its clients have read how.
const FAREWELL: Duration = Duration::from_secs(1);

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
    snapshot: Option<Arc<Snapshot>>,
    closed: bool,
    /// Clients that are still to be told.
    listeners: usize,
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

    /// Shows a snapshot to every client. Their threads put it into words, not the worker's.
    pub(super) fn publish(&self, snapshot: Snapshot) {
        let mut latest = self.board.lock();
        latest.number += 1;
        latest.snapshot = Some(Arc::new(snapshot));
        self.board.changed.notify_all();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.board.lock().closed = true;
        self.board.changed.notify_all();
        // Wakes the listening thread, which then sees that it is closed.
        let _ = UnixStream::connect(self.path());
        let deadline = Instant::now() + FAREWELL;
        let mut latest = self.board.lock();
        while latest.listeners > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (latest, _) = self
                .board
                .changed
                .wait_timeout(latest, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first snapshot after number `seen`; `None` once the worker has ended.
    fn next(&self, seen: u64) -> Option<(u64, Arc<Snapshot>)> {
        let mut latest = self.lock();
        while latest.number == seen && !latest.closed {
            latest = self
                .changed
                .wait(latest)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let snapshot = latest.snapshot.as_ref().filter(|_| latest.number != seen)?;
        Some((latest.number, Arc::clone(snapshot)))
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
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => match serde_json::from_str::<Command>(&line) {
                    Ok(command) => commander.give(command),
                    Err(error) => {
                        let reason = text::clean(&error.to_string());
                        commander.complain(text::truncate(&reason, LONGEST_REASON));
                    }
                },
            }
        }
    });
    board.lock().listeners += 1;
    let board = Arc::clone(board);
    thread::spawn(move || {
        // A client that has gone, or a line that cannot be written, ends only this thread.
        let _ = tell(&stream, &board);
        // The thread that reads holds the stream too: it ends with this one.
        let _ = stream.shutdown(Shutdown::Both);
        board.lock().listeners -= 1;
        board.changed.notify_all();
    });
}

/// Sends the latest snapshot again and again, until the worker has ended.
fn tell(mut stream: &UnixStream, board: &Board) -> io::Result<()> {
    let mut seen = 0;
    while let Some((number, snapshot)) = board.next(seen) {
        seen = number;
        let line = serde_json::to_string(&*snapshot)?;
        stream.write_all((line + "\n").as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::run::control::{Next, line_of_command};
    use crate::run::snapshot::tests::snapshot;

    #[test]
    fn clients_see_snapshots_and_give_orders() {
        let (commander, mut control) = line_of_command();
        let socket = Socket::listen(commander).unwrap();
        let mode = fs::metadata(socket.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        socket.publish(snapshot(1));
        let mut client = UnixStream::connect(socket.path()).unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(client.try_clone().unwrap());
        lines.read_line(&mut line).unwrap();
        let seen: Snapshot = serde_json::from_str(&line).unwrap();
        assert_eq!(seen.step, 1);
        writeln!(client, "nonsense\n").unwrap();
        writeln!(
            client,
            r#"{{"command":"set","parameter":"\u001b[2J","value":1}}"#
        )
        .unwrap();
        writeln!(client, r#"{{"command":"stop"}}"#).unwrap();
        let mut taken = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(60);
        while taken.last() != Some(&Next::Stop) {
            assert!(Instant::now() < deadline, "{taken:?}");
            match control.next() {
                Next::Step => thread::sleep(Duration::from_millis(5)),
                next => taken.push(next),
            }
        }
        // Lines that are no command are told, without what a terminal would obey; empty ones not.
        let [Next::Complain(first), Next::Complain(second), _] = &taken[..] else {
            panic!("{taken:?}");
        };
        assert!(first.contains("expected"), "{first}");
        assert!(second.contains("step-size"), "{second}");
        assert!(!second.contains('\u{1b}'));
    }

    #[test]
    fn connected_clients_read_the_last_snapshot_and_then_the_end() {
        let (commander, _control) = line_of_command();
        let socket = Socket::listen(commander).unwrap();
        socket.publish(snapshot(1));
        let clients = [(); 3].map(|()| {
            let mut lines = BufReader::new(UnixStream::connect(socket.path()).unwrap());
            lines.read_line(&mut String::new()).unwrap();
            lines
        });
        socket.publish(snapshot(2));
        drop(socket);
        for lines in clients {
            let lines: Vec<String> = lines.lines().map(Result::unwrap).collect();
            let last: Snapshot = serde_json::from_str(lines.last().unwrap()).unwrap();
            assert_eq!(last.step, 2);
        }
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
