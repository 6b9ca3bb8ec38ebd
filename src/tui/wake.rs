//! Waking the screen's thread from others, through a pipe that it waits on beside the terminal.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// Wakes the screen's thread; may be cloned and sent to other threads.
#[derive(Debug, Clone)]
pub(super) struct Waker {
    pipe: Arc<PipeWriter>,
}

/// The end that the screen's thread waits on.
#[derive(Debug)]
pub(super) struct Alarm {
    pipe: PipeReader,
}

/// Both ends.
///
/// # Errors
/// The system has no pipe.
pub(super) fn pair() -> io::Result<(Waker, Alarm)> {
    let (reader, writer) = io::pipe()?;
    // A full pipe wakes as well as one more byte would; nobody must wait for it.
    for end in [reader.as_fd(), writer.as_fd()] {
        rustix::io::ioctl_fionbio(end, true)?;
    }
    Ok((
        Waker {
            pipe: Arc::new(writer),
        },
        Alarm { pipe: reader },
    ))
}

impl Waker {
    /// Wakes the screen's thread.
    pub(super) fn wake(&self) {
        // It fails where the pipe is full, so that it wakes anyway, and where nobody waits any more.
        let _ = (&*self.pipe).write(&[0]);
    }

    /// Has a signal wake the screen's thread too.
    ///
    /// # Errors
    /// The signal cannot be caught.
    pub(super) fn on_signal(&self, signal: i32) -> io::Result<()> {
        signal_hook::low_level::pipe::register(signal, self.pipe.try_clone()?)?;
        Ok(())
    }
}

impl Alarm {
    /// What is polled.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Takes in everything that woke it.
    pub(super) fn quieten(&mut self) {
        let mut bytes = [0; 256];
        while self.pipe.read(&mut bytes).is_ok_and(|count| count > 0) {}
    }
}
