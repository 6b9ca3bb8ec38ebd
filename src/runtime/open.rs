//! Which runtime and device are used, and why not a better one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::embedded::Embedded;
use super::onnxruntime::{self, Attempt, Library, OnnxRuntime, Outcome};
use super::{Runtime, RuntimeError};

/// Which runtime is asked for.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeChoice {
    /// ONNX Runtime where it is found, else the embedded one.
    #[default]
    Auto,
    /// ONNX Runtime, or an error.
    #[value(name = "onnxruntime")]
    OnnxRuntime,
    /// The embedded runtime.
    Embedded,
}

/// Which device is asked for.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// CUDA where it works, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// CUDA, or an error.
    Cuda,
}

impl RuntimeChoice {
    /// Every choice.
    pub const ALL: [RuntimeChoice; 3] = [
        RuntimeChoice::Auto,
        RuntimeChoice::OnnxRuntime,
        RuntimeChoice::Embedded,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            RuntimeChoice::Auto => "auto",
            RuntimeChoice::OnnxRuntime => "onnxruntime",
            RuntimeChoice::Embedded => "embedded",
        }
    }
}

impl DeviceChoice {
    /// Every choice.
    pub const ALL: [DeviceChoice; 3] = [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            DeviceChoice::Auto => "auto",
            DeviceChoice::Cpu => "cpu",
            DeviceChoice::Cuda => "cuda",
        }
    }
}

/// A runtime that is ready, and what a user may want to know about the choice.
pub struct Opened {
    /// The runtime.
    pub runtime: Arc<dyn Runtime>,
    /// Why it is not a better one, and the command that mends it: one line each.
    pub notes: Vec<String>,
}

/// Everything that [`open`] looked at, for `invset doctor`.
pub struct Survey {
    /// What [`open`] gives for the same choice.
    pub opened: Result<Opened, RuntimeError>,
    /// The libraries that were looked at, best first.
    pub libraries: Vec<Attempt>,
    /// The NVIDIA driver: its version, or the path of its library.
    pub nvidia_driver: Option<String>,
}

/// What is asked for: `--runtime`, `--device` and `--library` together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeRequest {
    /// Which runtime.
    pub choice: RuntimeChoice,
    /// Which device.
    pub device: DeviceChoice,
    /// An ONNX Runtime library.
    pub library: Option<PathBuf>,
}

impl RuntimeRequest {
    /// Opens what is asked for: see [`open`].
    ///
    /// # Errors
    /// What was asked for by name cannot be had.
    pub fn open(&self) -> Result<Opened, RuntimeError> {
        open(self.choice, self.device, self.library.as_deref())
    }
}

/// The command that gets ONNX Runtime.
const INSTALL: &str = "`invset runtime install`";

/// Opens the best runtime that the choice allows.
///
/// `library` is a path to an ONNX Runtime library. It, else `ORT_DYLIB_PATH`, is the only library
/// tried where it is given.
///
/// # Errors
/// What was asked for by name cannot be had.
pub fn open(
    choice: RuntimeChoice,
    device: DeviceChoice,
    library: Option<&Path>,
) -> Result<Opened, RuntimeError> {
    if choice == RuntimeChoice::Embedded {
        return embedded(device, Vec::new());
    }
    let (loaded, attempts) = onnxruntime::load(library);
    open_with(choice, device, loaded, &attempts)
}

/// Looks at every candidate and opens the best one.
pub fn survey(request: &RuntimeRequest) -> Survey {
    let (loaded, libraries) = onnxruntime::load(request.library.as_deref());
    let opened = match request.choice {
        RuntimeChoice::Embedded => embedded(request.device, Vec::new()),
        choice => open_with(choice, request.device, loaded, &libraries),
    };
    Survey {
        opened,
        libraries,
        nvidia_driver: onnxruntime::driver(),
    }
}

fn open_with(
    choice: RuntimeChoice,
    device: DeviceChoice,
    loaded: Option<&'static Library>,
    attempts: &[Attempt],
) -> Result<Opened, RuntimeError> {
    let Some(library) = loaded else {
        let failures = failures(attempts);
        if choice == RuntimeChoice::OnnxRuntime || device == DeviceChoice::Cuda {
            return Err(no_library(attempts, &failures));
        }
        let slower = "the embedded runtime is used, which takes two to three times as long";
        let mut notes = failures;
        notes.push(format!(
            "ONNX Runtime was not found: {slower}; {INSTALL} gets it"
        ));
        return embedded(device, notes);
    };
    let (runtime, notes) = match device {
        DeviceChoice::Cpu => (OnnxRuntime::cpu(library), Vec::new()),
        DeviceChoice::Cuda => (OnnxRuntime::cuda(library)?, Vec::new()),
        DeviceChoice::Auto => match best_device(library) {
            Ok(runtime) => (runtime, Vec::new()),
            Err(reason) => (
                OnnxRuntime::cpu(library),
                vec![format!("the CPU is used: {reason}")],
            ),
        },
    };
    Ok(Opened {
        runtime: Arc::new(runtime),
        notes,
    })
}

/// CUDA, or why not.
fn best_device(library: &'static Library) -> Result<OnnxRuntime, String> {
    OnnxRuntime::cuda_is_worth_a_try()?;
    OnnxRuntime::cuda(library).map_err(|error| error.to_string())
}

fn embedded(device: DeviceChoice, notes: Vec<String>) -> Result<Opened, RuntimeError> {
    if device == DeviceChoice::Cuda {
        return Err(RuntimeError::Unavailable {
            library: "CUDA".to_owned(),
            reason: "the embedded runtime runs on the CPU only".to_owned(),
            remedy: "use `--runtime onnxruntime`".to_owned(),
        });
    }
    Ok(Opened {
        runtime: Arc::new(Embedded::new()),
        notes,
    })
}

/// One line for each library that is there and fails. A name that the system's loader does not
/// know is no failure.
fn failures(attempts: &[Attempt]) -> Vec<String> {
    attempts
        .iter()
        .filter(|attempt| attempt.candidate.origin != onnxruntime::find::Origin::System)
        .filter_map(|attempt| match &attempt.outcome {
            Outcome::Failed(reason) => {
                Some(format!("{}: {reason}", attempt.candidate.path.display()))
            }
            _ => None,
        })
        .collect()
}

fn no_library(attempts: &[Attempt], failures: &[String]) -> RuntimeError {
    let explicit = attempts
        .first()
        .filter(|attempt| attempt.candidate.origin.is_explicit());
    match explicit {
        Some(Attempt {
            candidate,
            outcome: Outcome::Failed(reason),
        }) => RuntimeError::Unavailable {
            library: candidate.path.display().to_string(),
            reason: reason.clone(),
            remedy: "correct the path, or leave it out to search for the library".to_owned(),
        },
        _ => RuntimeError::Unavailable {
            library: "ONNX Runtime".to_owned(),
            reason: if failures.is_empty() {
                "no library was found".to_owned()
            } else {
                failures.join("; ")
            },
            remedy: format!("{INSTALL} gets it, or name a library with ORT_DYLIB_PATH"),
        },
    }
}
