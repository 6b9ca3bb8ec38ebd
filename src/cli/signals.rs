//! Signals of a run without a screen: the first stops it in order, the second at once, and a
//! terminal that hangs up does neither.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::Status;
use crate::run::control::Commander;

/// Lets signals stop the worker that `commander` orders.
///
/// # Errors
/// The system refuses a handler.
pub fn attach(commander: &Commander) -> std::io::Result<()> {
    let interrupted = commander.interrupt_flag();
    for signal in [SIGINT, SIGTERM] {
        let code = i32::from(Status::Interrupted.code());
        flag::register_conditional_shutdown(signal, code, Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    // A dropped connection leaves the run going: the signal is taken, and nothing follows from it.
    flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}
