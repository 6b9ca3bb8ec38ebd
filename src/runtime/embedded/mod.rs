//! The embedded runtime: rten, compiled in, so that the first command works where nothing is
//! installed. CPU only.

mod caught;
mod operators;
mod outline;
mod value;
mod wire;

use std::any::Any;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool};

use crate::graph::DType;

use super::{Backend, Held, Input, Runtime, RuntimeError, Session, SessionOptions};
pub use caught::catches_panics_here;
use caught::caught;
use value::EmbeddedValue;

/// Version of rten in `Cargo.lock`; a test compares them.
pub(super) const VERSION: &str = "0.27.0";

/// Name and version as they stand in messages.
fn label() -> String {
    format!("embedded {VERSION}")
}

fn load_error(reason: String) -> RuntimeError {
    RuntimeError::Load {
        backend: label(),
        reason,
    }
}

fn run_error(reason: String) -> RuntimeError {
    RuntimeError::Run {
        backend: label(),
        reason,
    }
}

/// The text of a caught panic.
fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("no message"))
}

/// rten on the CPU.
#[derive(Debug)]
pub struct Embedded {
    backend: Backend,
}

impl Embedded {
    /// The runtime. It is part of the program, so this cannot fail.
    pub fn new() -> Self {
        Embedded {
            backend: Backend {
                name: super::EMBEDDED.to_owned(),
                version: VERSION.to_owned(),
                device: "cpu".to_owned(),
            },
        }
    }
}

impl Default for Embedded {
    fn default() -> Self {
        Embedded::new()
    }
}

impl Runtime for Embedded {
    fn backend(&self) -> &Backend {
        &self.backend
    }

    fn load(
        &self,
        model: &[u8],
        options: &SessionOptions,
    ) -> Result<Box<dyn Session>, RuntimeError> {
        let outline = outline::read(model).map_err(load_error)?;
        let refused = operators::refused(&outline);
        if !refused.is_empty() {
            return Err(load_error(format!(
                "{}; ONNX Runtime has them: `invset runtime install`",
                refused.join("; ")
            )));
        }
        let loaded = caught(|| {
            ModelOptions::with_all_ops()
                .prepack_weights(true)
                .load(model.to_vec())
        })
        .map_err(|payload| load_error(panic_text(payload.as_ref())))?
        .map_err(|error| load_error(error.to_string()))?;
        let names: Vec<&str> = outline.inputs.iter().map(|&(name, _)| name).collect();
        let inputs: Option<Vec<NodeId>> = names.iter().map(|name| loaded.find_node(name)).collect();
        Ok(Box::new(EmbeddedSession {
            inputs: inputs.ok_or_else(|| load_error("an input was lost in loading".to_owned()))?,
            outputs: loaded.output_ids().to_vec(),
            output_types: outline.outputs,
            model: loaded,
            pool: Arc::new(ThreadPool::with_num_threads(options.threads.max(1))),
        }))
    }
}

/// A model in rten with its own threads.
struct EmbeddedSession {
    model: Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
    output_types: Vec<DType>,
    pool: Arc<ThreadPool>,
}

impl Session for EmbeddedSession {
    fn run(&mut self, inputs: &[Input<'_>]) -> Result<Vec<Box<dyn Held>>, RuntimeError> {
        if inputs.len() != self.inputs.len() {
            return Err(run_error(format!(
                "{} inputs given, the model takes {}",
                inputs.len(),
                self.inputs.len()
            )));
        }
        let values = inputs
            .iter()
            .zip(&self.inputs)
            .map(|(given, &id)| Ok((id, value::input(given)?)))
            .collect::<Result<Vec<_>, RuntimeError>>()?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let model = &self.model;
        let outputs = &self.outputs;
        // The session holds no state that a panic could leave half-changed: a run only reads it.
        let results = caught(|| model.run(values, outputs, Some(options)))
            .map_err(|payload| run_error(panic_text(payload.as_ref())))?
            .map_err(|error| run_error(error.to_string()))?;
        Ok(results
            .into_iter()
            .zip(&self.output_types)
            .map(|(value, &dtype)| Box::new(EmbeddedValue::new(value, dtype)) as Box<dyn Held>)
            .collect())
    }
}
