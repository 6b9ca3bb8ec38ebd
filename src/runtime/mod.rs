//! Model bytes to running sessions, behind one trait. Only this module knows `ort` and `rten`.

mod embedded;
pub mod onnxruntime;
mod open;

use std::path::PathBuf;

use crate::graph::Tensor;

pub use embedded::{Embedded, catches_panics_here};
pub use open::{DeviceChoice, Opened, RuntimeChoice, RuntimeRequest, Survey, open, survey};

/// [`Backend::name`] of the embedded runtime.
pub const EMBEDDED: &str = "embedded";

/// [`Backend::name`] of ONNX Runtime.
pub const ONNX_RUNTIME: &str = "onnxruntime";

/// Which runtime runs, as it stands in reports and `run.toml`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Backend {
    /// [`ONNX_RUNTIME`] or [`EMBEDDED`].
    pub name: String,
    /// Version of the library.
    pub version: String,
    /// `cpu` or `cuda:0`.
    pub device: String,
}

/// What a session is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOptions {
    /// Threads inside one session.
    pub threads: usize,
    /// How far ONNX Runtime may rewrite the graph.
    pub rewriting: Rewriting,
    /// Whether CUDA may round the factors of products to 10 bits: faster, but a gradient loses three
    /// decimal digits.
    pub tensor_float32: bool,
    /// Where ONNX Runtime writes the time of every node of every run, in Chrome's trace format:
    /// `PREFIX_TIME.json`, complete once the session is dropped.
    pub profile: Option<PathBuf>,
}

impl SessionOptions {
    /// The fastest session of this many threads.
    pub const fn threads(threads: usize) -> Self {
        SessionOptions {
            threads,
            rewriting: Rewriting::Layout,
            tensor_float32: false,
            profile: None,
        }
    }
}

/// How far ONNX Runtime may rewrite a graph; the embedded runtime has one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rewriting {
    /// Not at all.
    Nothing,
    /// Constants folded, what is superfluous removed.
    Basic,
    /// Operators fused too.
    Fusions,
    /// Convolutions in a layout of their own too (blocks of channels).
    #[default]
    Layout,
}

/// Loads models.
pub trait Runtime: Send + Sync {
    /// Name, version and device.
    fn backend(&self) -> &Backend;

    /// A session for a serialised ONNX model (opset 18, every shape concrete).
    ///
    /// # Errors
    /// The runtime cannot load the model.
    fn load(
        &self,
        model: &[u8],
        options: &SessionOptions,
    ) -> Result<Box<dyn Session>, RuntimeError>;
}

/// A loaded model.
pub trait Session: Send {
    /// Runs the model. `inputs` are in the order of the model's inputs, the results in the order
    /// of its outputs.
    ///
    /// # Errors
    /// The run failed; [`RuntimeError::OutOfMemory`] when memory was the reason.
    fn run(&mut self, inputs: &[Input<'_>]) -> Result<Vec<Box<dyn Held>>, RuntimeError>;
}

/// One input of a run.
pub enum Input<'a> {
    /// Float32 values on this side, row-major.
    F32 {
        /// Length of each axis.
        shape: &'a [usize],
        /// The values.
        values: &'a [f32],
    },
    /// Any tensor on this side.
    Tensor(&'a Tensor),
    /// A result of an earlier run of the same runtime, handed on without a copy.
    Held(&'a dyn Held),
}

/// A result that stays where the runtime put it until somebody reads it.
pub trait Held: Send {
    /// Bytes it occupies.
    fn bytes(&self) -> usize;

    /// Reads float32 values without a copy where they lie in this process's memory.
    ///
    /// # Errors
    /// The elements are of another type, or cannot be brought here.
    fn read_f32(&self) -> Result<std::borrow::Cow<'_, [f32]>, RuntimeError>;

    /// A copy as a tensor of any type.
    ///
    /// # Errors
    /// The elements cannot be brought here.
    fn to_tensor(&self) -> Result<Tensor, RuntimeError>;

    /// For the runtime that made it.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A runtime, a library or a device failed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The library cannot be used.
    #[error("{library}: {reason}; {remedy}")]
    Unavailable {
        /// Which library, with its path where one was found.
        library: String,
        /// The cause, in one line.
        reason: String,
        /// What to do next.
        remedy: String,
    },
    /// The runtime refuses the model.
    #[error("{backend} cannot load the model: {reason}")]
    Load {
        /// Name and version of the runtime.
        backend: String,
        /// Its message.
        reason: String,
    },
    /// A run failed.
    #[error("{backend} failed: {reason}")]
    Run {
        /// Name and version of the runtime.
        backend: String,
        /// Its message.
        reason: String,
    },
    /// Not enough memory for this batch.
    #[error("{backend} ran out of memory: {reason}")]
    OutOfMemory {
        /// Name and version of the runtime.
        backend: String,
        /// Its message.
        reason: String,
    },
}

/// A library's message as one printable line.
fn one_line(text: &str) -> String {
    let printable: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
