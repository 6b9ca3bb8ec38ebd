//! Signals: caught before the terminal is taken, so that none leaves it as it must not be left.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};

use super::wake::{self, Alarm, Waker};

/// Signals that came, by flag, and the pipe by which they and other threads wake the screens.
pub(super) struct Signals {
    /// The program is asked to end.
    pub(super) end: Arc<AtomicBool>,
    /// The terminal is gone.
    pub(super) hang_up: Arc<AtomicBool>,
    /// The program is asked to stop until it is told to go on.
    pub(super) stop: Arc<AtomicBool>,
    /// The terminal has another size.
    pub(super) resize: Arc<AtomicBool>,
    /// For other threads.
    pub(super) waker: Waker,
    /// What the screens wait on.
    pub(super) alarm: Alarm,
}

impl Signals {
    /// Catches signals from now on.
    ///
    /// # Errors
    /// The system has no pipe, or a signal cannot be caught.
    pub(super) fn catch() -> io::Result<Signals> {
        let (waker, alarm) = wake::pair()?;
        let flag = |signals: &[i32]| -> io::Result<Arc<AtomicBool>> {
            let flag = Arc::new(AtomicBool::new(false));
            for &signal in signals {
                // The flag is set before the pipe wakes anybody: handlers run in order.
                signal_hook::flag::register(signal, Arc::clone(&flag))?;
                waker.on_signal(signal)?;
            }
            Ok(flag)
        };
        Ok(Signals {
            end: flag(&[SIGTERM, SIGINT, SIGQUIT])?,
            hang_up: flag(&[SIGHUP])?,
            stop: flag(&[SIGTSTP])?,
            resize: flag(&[SIGWINCH])?,
            waker,
            alarm,
        })
    }
}
