//! The command line: one file a command, no mathematics.

pub mod bundle;
pub mod check_grad;
pub mod doctor;
pub mod exit;
pub mod forward;
pub mod generate;
pub mod grad;
pub mod inspect;
pub mod metrics;
pub mod output;
pub mod progress;
pub mod report;
pub mod resume;
pub mod runtime;
pub mod sample;
mod sampling;
pub mod screens;
pub mod show;
pub mod signals;
pub mod stats;
pub mod sweep;
pub mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::runtime::{DeviceChoice, RuntimeChoice, RuntimeRequest};

/// Sample the inverse set of a neuron: diverse images that drive it to a chosen level.
#[derive(Debug, Parser)]
#[command(name = "invset", version, about, after_help = FIRST_STEPS, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    screens: screens::ScreenArgs,
}

/// What a newcomer can do with no more than the help.
const FIRST_STEPS: &str = "\
Without a command the screens open: type a few letters of what the network should see, press enter,
then ctrl-r. F1 shows all keys. Without a terminal: invset sample --where 'king penguin in 20..30'";

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Where networks run
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "DEVICE"
    )]
    pub device: DeviceChoice,
    /// Which runtime runs them
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "RUNTIME"
    )]
    pub runtime: RuntimeChoice,
    /// An ONNX Runtime library to load (default: found, see `invset doctor`)
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub library: Option<PathBuf>,
    /// The configuration of the screens (default: config.toml in the folder that `invset doctor` names)
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub config: Option<PathBuf>,
    /// What is logged (to stderr; by the screens to invset.log in the folder of states): off, error,
    /// warn, info, debug, trace
    #[arg(
        long,
        global = true,
        default_value = "warn",
        value_name = "LEVEL",
        hide_short_help = true
    )]
    pub log_level: tracing_subscriber::filter::LevelFilter,
}

impl Global {
    /// The runtime asked for.
    pub fn runtime_request(&self) -> RuntimeRequest {
        RuntimeRequest {
            choice: self.runtime,
            device: self.device,
            library: self.library.clone(),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Sample a neuron's inverse set
    Sample(sample::SampleArgs),
    /// Sample the inverse sets of many units, one run each
    Sweep(sweep::SweepArgs),
    /// Go on with a run that was stopped or killed
    Resume(resume::ResumeArgs),
    /// Watch a run in the screens, at work or ended
    Attach(screens::AttachArgs),
    /// Show runs or images in the terminal
    Show(show::ShowArgs),
    /// Score the samples of a run
    Metrics(metrics::MetricsArgs),
    /// Measure what units do on real images
    Stats(stats::StatsArgs),
    /// Show runs on one page that needs nothing else
    Report(report::ReportArgs),
    /// Check a bundle, or make one of model files
    Bundle(bundle::BundleArgs),
    /// Differentiate an ONNX graph into another ONNX graph
    Grad(grad::GradArgs),
    /// Check the gradient of an ONNX graph against differences
    CheckGrad(check_grad::CheckGradArgs),
    /// List what an ONNX file holds and can be asked for
    Inspect(inspect::InspectArgs),
    /// Say which runtime is used and why not a better one
    Doctor(doctor::DoctorArgs),
    /// Install ONNX Runtime
    Runtime(runtime::RuntimeArgs),
    /// Print shell completions
    Completions(generate::CompletionsArgs),
    /// Print the manual page
    Man,
    /// Carry on a prepared run without a screen
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

/// Parses the command line and runs the command.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed like this too, with exit code 0.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let has_screens = matches!(cli.command, None | Some(Command::Attach(_)));
    let log = if has_screens {
        output::Log::File
    } else {
        output::Log::Stderr
    };
    output::start_log(cli.global.log_level, log);
    // Not locked: the screens have other threads that must reach the terminal.
    let mut out = std::io::stdout();
    let Some(command) = &cli.command else {
        return finish(screens::run(&cli.screens, &cli.global));
    };
    if let Some(flag) = cli.screens.given() {
        let error = Cli::command().error(
            ErrorKind::ArgumentConflict,
            format!("{flag} before a command is for the screens: put it after the command, or leave the command out"),
        );
        let _ = error.print();
        return ExitCode::from(error.exit_code() as u8);
    }
    let result = match command {
        Command::Sample(args) => sample::run(args, &cli.global, &mut out),
        Command::Sweep(args) => sweep::run(args, &cli.global, &mut out),
        Command::Resume(args) => resume::run(args, &cli.global, &mut out),
        Command::Attach(args) => screens::attach(args, &cli.global),
        Command::Show(args) => show::run(args, &mut out).map(|()| exit::Status::Success),
        Command::Metrics(args) => metrics::run(args, &cli.global, &mut out),
        Command::Stats(args) => stats::run(args, &cli.global, &mut out),
        Command::Report(args) => report::run(args, &cli.global, &mut out),
        Command::Bundle(args) => bundle::run(args, &cli.global, &mut out),
        Command::Grad(args) => grad::run(args, &mut out).map(|()| exit::Status::Success),
        Command::CheckGrad(args) => check_grad::run(args, &cli.global.runtime_request(), &mut out)
            .map(|()| exit::Status::Success),
        Command::Inspect(args) => inspect::run(args, &mut out).map(|()| exit::Status::Success),
        Command::Doctor(args) => {
            doctor::run(args, &cli.global, &mut out).map(|()| exit::Status::Success)
        }
        Command::Runtime(args) => runtime::run(args, &mut out).map(|()| exit::Status::Success),
        Command::Completions(args) => generate::completions(args, &mut out),
        Command::Man => generate::man(&mut out),
        Command::Worker(args) => worker::run(args, &cli.global),
    };
    finish(result)
}

/// The exit code of what was done; what went wrong is said on stderr.
fn finish(result: anyhow::Result<exit::Status>) -> ExitCode {
    match result {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::report(&error);
            ExitCode::from(exit::classify(&error).code())
        }
    }
}
