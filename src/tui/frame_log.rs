//! When frames were drawn and how many bytes they took, for measurements (`--frame-log`).

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

/// A line of JSON for each frame.
pub(super) struct FrameLog {
    file: File,
    bytes_before: u64,
}

impl FrameLog {
    /// An empty log.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn create(path: &Path) -> io::Result<FrameLog> {
        Ok(FrameLog {
            file: File::create(path)?,
            bytes_before: 0,
        })
    }

    /// Notes a frame that stands on the terminal now: bytes written in all, and when the key was
    /// pressed that it answers.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn note(&mut self, bytes: u64, pressed: Option<Instant>) -> io::Result<()> {
        let line = serde_json::json!({
            "unix_ms": std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |now| now.as_secs_f64() * 1e3),
            "bytes": bytes - self.bytes_before,
            "key_ms": pressed.map(|at| at.elapsed().as_secs_f64() * 1e3),
        });
        self.bytes_before = bytes;
        writeln!(self.file, "{line}")
    }
}
