//! The connection to a worker's socket: snapshots in, orders out, and never a wait.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::run::control::Command;
use crate::run::snapshot::Snapshot;

/// Longest snapshot that is taken; a longer line comes from something else than a worker.
const LONGEST: usize = 1 << 26;

/// A connection to a worker.
pub(super) struct Link {
    stream: UnixStream,
    /// What came after the last whole line.
    rest: Vec<u8>,
}

impl Link {
    /// Connects to a worker's socket.
    pub(super) fn connect(path: &Path) -> io::Result<Link> {
        let stream = UnixStream::connect(path)?;
        stream.set_nonblocking(true)?;
        Ok(Link {
            stream,
            rest: Vec::new(),
        })
    }

    /// The socket, to wait on.
    pub(super) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// An end for orders.
    pub(super) fn orders(&self) -> io::Result<Orders> {
        self.stream.try_clone().map(Orders)
    }

    /// The latest snapshot that has come, if one has.
    ///
    /// # Errors
    /// The worker has hung up; what came before is in the first part all the same.
    pub(super) fn latest(&mut self) -> (Option<Box<Snapshot>>, io::Result<()>) {
        let read = self.read();
        let Some(end) = self.rest.iter().rposition(|&byte| byte == b'\n') else {
            return (None, read);
        };
        let start = self.rest[..end].iter().rposition(|&byte| byte == b'\n');
        let line = &self.rest[start.map_or(0, |at| at + 1)..end];
        let snapshot = serde_json::from_slice(line).ok();
        self.rest.drain(..=end);
        (snapshot, read)
    }

    /// Reads what there is.
    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 1 << 16];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.rest.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.rest.len() > LONGEST {
                return Err(ErrorKind::InvalidData.into());
            }
        }
    }
}

/// Gives orders over the connection.
pub(super) struct Orders(UnixStream);

impl Orders {
    /// Gives an order, or says that it could not be given.
    pub(super) fn give(&mut self, command: Command) -> bool {
        let line = serde_json::json!(command).to_string() + "\n";
        self.0.write_all(line.as_bytes()).is_ok()
    }
}
