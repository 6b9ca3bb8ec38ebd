//! Exit codes, and which error means which (DESIGN section 4).

use super::forward::RequestError;
use super::grad::GradError;
use super::report::ReportError;
use crate::autodiff::AutodiffError;
use crate::bundle::{BundleError, DraftError, Encoder, EncoderError, PlaceError};
use crate::check::CheckError;
use crate::config::ConfigError;
use crate::engine::EngineError;
use crate::graph::GraphError;
use crate::onnx::OnnxError;
use crate::query::{QueryError, UsageError};
use crate::real::RealError;
use crate::run::RunError;
use crate::run::sweep::SweepError;
use crate::runtime::RuntimeError;
use crate::sampler::{EvaluateError, SettingsError};
use crate::theme::ThemeError;
use crate::tui::ScreenError;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All went well.
    Success,
    /// The command line makes no sense, or another process writes the run.
    Usage,
    /// Fewer samples than asked for are feasible.
    NotFeasible,
    /// A model, bundle or input file is bad.
    BadInput,
    /// The runtime or the device failed.
    Runtime,
    /// The run folder cannot be written.
    CannotWrite,
    /// Interrupted; the run can be resumed.
    Interrupted,
}

impl Status {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Status::Success => 0,
            Status::Usage => 2,
            Status::NotFeasible => 3,
            Status::BadInput => 4,
            Status::Runtime => 5,
            Status::CannotWrite => 6,
            Status::Interrupted => 130,
        }
    }
}

/// The status that an error ends with.
pub fn classify(error: &anyhow::Error) -> Status {
    error
        .chain()
        .find_map(classify_cause)
        .unwrap_or(Status::BadInput)
}

fn classify_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Status> {
    if let Some(error) = cause.downcast_ref::<RunError>() {
        return Some(of_run(error));
    }
    if let Some(error) = cause.downcast_ref::<SweepError>() {
        return Some(of_sweep(error));
    }
    if let Some(error) = cause.downcast_ref::<CheckError>() {
        return Some(match error {
            CheckError::Bundle(_) => Status::BadInput,
            CheckError::Runtime(_) => Status::Runtime,
        });
    }
    if let Some(error) = cause.downcast_ref::<RealError>() {
        return Some(of_real(error));
    }
    if let Some(error) = cause.downcast_ref::<PlaceError>() {
        return Some(match error {
            PlaceError::BuiltIn(_) => Status::Usage,
            PlaceError::Write { .. } | PlaceError::Manifest(_) => Status::CannotWrite,
        });
    }
    if let Some(error) = cause.downcast_ref::<EngineError>() {
        return Some(of_engine(error));
    }
    if let Some(error) = cause.downcast_ref::<QueryError>() {
        return Some(of_query(error));
    }
    if let Some(error) = cause.downcast_ref::<RequestError>() {
        return Some(of_request(error));
    }
    if let Some(GradError::Write { .. }) = cause.downcast_ref::<GradError>() {
        return Some(Status::CannotWrite);
    }
    if let Some(error) = cause.downcast_ref::<ReportError>() {
        return Some(match error {
            ReportError::Write { .. } => Status::CannotWrite,
            ReportError::InRun(_) => Status::Usage,
        });
    }
    if let Some(DraftError::Exists(_) | DraftError::Write { .. }) =
        cause.downcast_ref::<DraftError>()
    {
        return Some(Status::CannotWrite);
    }
    if cause.is::<UsageError>() || cause.is::<SettingsError>() || cause.is::<clap::Error>() {
        return Some(Status::Usage);
    }
    if let Some(error) = cause.downcast_ref::<ScreenError>() {
        return Some(of_screens(error));
    }
    if cause.is::<ConfigError>() || cause.is::<ThemeError>() {
        return Some(Status::Usage);
    }
    if cause.is::<RuntimeError>() || cause.is::<EvaluateError>() {
        return Some(Status::Runtime);
    }
    let bad_input = cause.is::<OnnxError>()
        || cause.is::<BundleError>()
        || cause.is::<DraftError>()
        || cause.is::<GraphError>()
        || cause.is::<AutodiffError>();
    bad_input.then_some(Status::BadInput)
}

fn of_run(error: &RunError) -> Status {
    match error {
        RunError::Exists(_) | RunError::Write { .. } => Status::CannotWrite,
        RunError::Held { .. }
        | RunError::InitSyntax(_)
        | RunError::DatasetInit(_)
        | RunError::Settings(_)
        | RunError::Smoothness(_)
        | RunError::Transforms(_)
        | RunError::NoSample { .. } => Status::Usage,
        RunError::NotARun { .. }
        | RunError::Damaged { .. }
        | RunError::Changed { .. }
        | RunError::Init { .. } => Status::BadInput,
        RunError::Bundle(_) => Status::BadInput,
        RunError::Real(error) => of_real(error),
        RunError::Encoder(error) => of_encoder(error),
        RunError::Query(error) => of_query(error),
        RunError::Engine(error) => of_engine(error),
        RunError::Evaluate(error) => error
            .0
            .downcast_ref::<EngineError>()
            .map_or(Status::Runtime, of_engine),
    }
}

fn of_sweep(error: &SweepError) -> Status {
    match error {
        SweepError::NoLabels { .. }
        | SweepError::TooFewLabels { .. }
        | SweepError::NoUnit
        | SweepError::Repeated { .. }
        | SweepError::Different { .. } => Status::Usage,
        SweepError::OtherRun { .. } | SweepError::Occupied(_) => Status::CannotWrite,
        SweepError::NotASweep { .. } => Status::BadInput,
        // What is written wrongly has to be mended first.
        SweepError::Units(problems) => problems
            .iter()
            .map(|problem| of_run(&problem.cause))
            .find(|status| *status == Status::Usage)
            .unwrap_or(Status::BadInput),
        SweepError::Run(error) => of_run(error),
    }
}

fn of_encoder(error: &EncoderError) -> Status {
    match error {
        EncoderError::Syntax(_)
        | EncoderError::Normalisation { .. }
        | EncoderError::UnknownTensor { .. } => Status::Usage,
        EncoderError::File { .. } | EncoderError::Bundle(_) => Status::BadInput,
    }
}

fn of_engine(error: &EngineError) -> Status {
    match error {
        EngineError::Runtime(_) | EngineError::Internal(_) => Status::Runtime,
        // As for a unit that cannot be read off a tensor of its shape.
        EngineError::ChosenEncoder { encoder, .. } if matches!(**encoder, Encoder::Tensor(_)) => {
            Status::Usage
        }
        _ => Status::BadInput,
    }
}

fn of_real(error: &RealError) -> Status {
    match error {
        RealError::NotNamed | RealError::NoImages { .. } => Status::Usage,
        RealError::Folder { .. } | RealError::Empty(_) | RealError::Image { .. } => {
            Status::BadInput
        }
        RealError::Bundle(_) => Status::BadInput,
        RealError::Engine(error) => of_engine(error),
    }
}

fn of_request(error: &RequestError) -> Status {
    match error {
        RequestError::NoSuchInput { .. } | RequestError::NoSuchTensor { .. } => Status::Usage,
        RequestError::NothingToJoin { .. } => Status::BadInput,
    }
}

fn of_screens(error: &ScreenError) -> Status {
    match error {
        ScreenError::Terminal(_) => Status::Runtime,
        ScreenError::NoTerminal
        | ScreenError::DumbTerminal
        | ScreenError::Keymap(_)
        | ScreenError::Theme(_) => Status::Usage,
    }
}

fn of_query(error: &QueryError) -> Status {
    match error {
        QueryError::Usage(_) => Status::Usage,
        QueryError::File(_) | QueryError::Bundle(_) => Status::BadInput,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_bundle_that_the_runtime_cannot_check_is_not_blamed_for_it() {
        let failed = RuntimeError::Unavailable {
            library: "libonnxruntime.so".to_owned(),
            reason: "no device".to_owned(),
            remedy: "take another".to_owned(),
        };
        assert_eq!(classify(&CheckError::from(failed).into()), Status::Runtime);
        let unknown = BundleError::UnknownName {
            name: "x".to_owned(),
            nearest: None,
            known: Vec::new(),
        };
        assert_eq!(
            classify(&CheckError::from(unknown).into()),
            Status::BadInput
        );
    }

    #[test]
    fn a_configuration_or_a_theme_that_cannot_be_used_is_a_usage_error() {
        let config = crate::config::Config::parse("config.toml", "them = 1");
        assert_eq!(classify(&config.unwrap_err().into()), Status::Usage);
        let themes = crate::theme::Themes::built_in().unwrap();
        let unknown = themes.find("x", crate::theme::Depth::True);
        assert_eq!(classify(&unknown.unwrap_err().into()), Status::Usage);
        // What the screens pass on is not hidden behind them.
        let unknown = themes.find("x", crate::theme::Depth::True).unwrap_err();
        let passed_on = ScreenError::from(unknown);
        assert_eq!(classify(&passed_on.into()), Status::Usage);
    }
}
