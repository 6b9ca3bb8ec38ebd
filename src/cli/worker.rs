//! `invset worker`: a run in a process of its own, which outlives the screen that started it.

use std::path::PathBuf;

use clap::Args;

use super::exit::Status;
use super::{Global, signals};
use crate::run::snapshot::Unobserved;
use crate::run::{self, Ending, control};

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// A prepared run folder
    run: PathBuf,
    /// Wait for orders before the first step
    #[arg(long, hide = true)]
    paused: bool,
}

/// Leaves the session of the terminal, then works the run to its end. Clients watch it and order
/// it about on the socket that its lock names.
///
/// # Errors
/// See [`super::exit::classify`].
pub fn run(args: &WorkerArgs, global: &Global) -> anyhow::Result<Status> {
    // Fails only for a process that leads a session already, which is as good.
    let _ = rustix::process::setsid();
    let mut prepared = run::resume(&args.run, global.library.as_deref())?;
    let (commander, mut control) = control::line_of_command();
    signals::attach(&commander)?;
    if args.paused {
        control.pause();
    }
    let outcome = prepared
        .run
        .work(&commander, &mut control, &mut Unobserved)?;
    Ok(match outcome.ending {
        Ending::Interrupted => Status::Interrupted,
        _ if outcome.samples.len() < prepared.run.file().settings.n => Status::NotFeasible,
        _ => Status::Success,
    })
}
