//! ONNX Runtime, loaded while the program runs.

mod cuda;
pub mod find;
mod library;
mod session;

use std::sync::Arc;

use super::{Backend, Runtime, RuntimeError, Session, SessionOptions};

#[cfg(test)]
pub(super) use cuda::PROBE;
pub(crate) use cuda::driver;
pub(super) use library::Library;
pub(crate) use library::load;
pub use library::{Attempt, Outcome};

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
                name: "onnxruntime".to_owned(),
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
            Device::Cuda(number) => Some(cuda::provider(number)),
        };
        let environment = &self.library.environment;
        let session = session::load(environment, provider, model, options, &self.label)?;
        Ok(Box::new(session))
    }
}
