//! ONNX Runtime, loaded while the program runs.

mod cuda;
pub mod find;
mod library;
mod session;

use std::path::Path;
use std::sync::Arc;

use super::{Backend, Runtime, RuntimeError, Session, SessionOptions};

#[cfg(test)]
pub(super) use cuda::PROBE;
pub(super) use cuda::driver;
pub(super) use library::Library;
pub(super) use library::load;
pub use library::{Attempt, Outcome};

/// A freshly installed library that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its version.
    pub version: String,
    /// Whether CUDA runs with it; `None` where it was not asked for.
    pub cuda: Option<Result<(), String>>,
}

/// Loads a library at a path, and runs a convolution on the GPU if `cuda` is asked for. For
/// `invset runtime install`: the process keeps the library.
///
/// # Errors
/// The library cannot be used; the reason in one line.
pub fn try_library(path: &Path, cuda: bool) -> Result<Tried, String> {
    let (loaded, attempts) = load(Some(path));
    let Some(library) = loaded else {
        let reason = attempts
            .into_iter()
            .find_map(|attempt| match attempt.outcome {
                Outcome::Failed(reason) => Some(reason),
                _ => None,
            });
        return Err(reason.unwrap_or_else(|| "it was not tried".to_owned()));
    };
    let cuda = cuda.then(|| {
        OnnxRuntime::cuda(library)
            .map(|_| ())
            .map_err(|error| error.to_string())
    });
    Ok(Tried {
        version: library.version.clone(),
        cuda,
    })
}

/// ONNX Runtime on one device.
pub(super) struct OnnxRuntime {
    library: &'static Library,
    device: Device,
    backend: Backend,
    label: Arc<str>,
}

/// Where sessions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    Cpu,
    Cuda(i32),
}

impl OnnxRuntime {
    /// On the CPU.
    pub(super) fn cpu(library: &'static Library) -> Self {
        OnnxRuntime::on(library, Device::Cpu)
    }

    /// On the first CUDA device that the process sees, after a convolution ran there.
    ///
    /// # Errors
    /// CUDA does not work; the error says why and what mends it.
    pub(super) fn cuda(library: &'static Library) -> Result<Self, RuntimeError> {
        let runtime = OnnxRuntime::on(library, Device::Cuda(0));
        cuda::prepare(library, 0, &runtime.label)?;
        Ok(runtime)
    }

    /// Whether [`OnnxRuntime::cuda`] is worth its second.
    ///
    /// # Errors
    /// One line that says what is missing.
    pub(super) fn cuda_is_worth_a_try() -> Result<(), String> {
        cuda::worth_a_try()
    }

    fn on(library: &'static Library, device: Device) -> Self {
        OnnxRuntime {
            library,
            device,
            backend: Backend {
                name: super::ONNX_RUNTIME.to_owned(),
                version: library.version.clone(),
                device: match device {
                    Device::Cpu => "cpu".to_owned(),
                    Device::Cuda(number) => format!("cuda:{number}"),
                },
            },
            label: Arc::from(format!("ONNX Runtime {}", library.version)),
        }
    }
}

impl Runtime for OnnxRuntime {
    fn backend(&self) -> &Backend {
        &self.backend
    }

    fn load(
        &self,
        model: &[u8],
        options: &SessionOptions,
    ) -> Result<Box<dyn Session>, RuntimeError> {
        let provider = match self.device {
            Device::Cpu => None,
            Device::Cuda(number) => Some(cuda::provider(number, options.tensor_float32)),
        };
        let environment = &self.library.environment;
        let session = session::load(environment, provider, model, options, &self.label)?;
        Ok(Box::new(session))
    }
}
