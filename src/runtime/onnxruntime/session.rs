//! Sessions of ONNX Runtime, and values that stay in its memory.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use ort::environment::Environment;
use ort::ep::ExecutionProviderDispatch;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{DynValue, PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};

use crate::graph::{Data, Tensor};
use crate::runtime::{Held, Input, Rewriting, RuntimeError, Session, SessionOptions, one_line};

/// Name and version of the library, as they stand in messages.
type Label = Arc<str>;

/// Loads a model.
pub(super) fn load(
    environment: &Environment,
    provider: Option<ExecutionProviderDispatch>,
    model: &[u8],
    options: &SessionOptions,
    label: &Label,
) -> Result<OnnxRuntimeSession, RuntimeError> {
    builder(environment, provider, options)
        .and_then(|builder| commit(builder, model, label))
        .map_err(|error| load_error(label, &error))
}

/// Loads a model whose every node must run on the provider's device.
pub(super) fn load_on_device_only(
    environment: &Environment,
    provider: ExecutionProviderDispatch,
    model: &[u8],
    label: &Label,
) -> Result<OnnxRuntimeSession, RuntimeError> {
    builder(environment, Some(provider), &SessionOptions::threads(1))
        .and_then(|builder| {
            builder
                .with_disable_cpu_fallback()
                .map_err(ort::Error::<()>::from)
        })
        .and_then(|builder| commit(builder, model, label))
        .map_err(|error| load_error(label, &error))
}

fn commit(
    mut builder: SessionBuilder,
    model: &[u8],
    label: &Label,
) -> ort::Result<OnnxRuntimeSession> {
    let session = builder.commit_from_memory(model)?;
    Ok(OnnxRuntimeSession {
        outputs: session
            .outputs()
            .iter()
            .map(|output| output.name().to_owned())
            .collect(),
        session,
        label: Arc::clone(label),
    })
}

/// The options that every session shares.
///
/// Spinning is off: with several sessions idle pools would take the cores from the busy one
/// (measured: 324 ms against 306 ms a step), and a waiting program must not burn a core.
#[expect(
    clippy::result_large_err,
    reason = "ort hands its builder back in every error; none is kept beyond this function"
)]
fn builder(
    environment: &Environment,
    provider: Option<ExecutionProviderDispatch>,
    options: &SessionOptions,
) -> ort::Result<SessionBuilder> {
    let mut builder = OrtSession::builder(environment)?
        .with_intra_threads(options.threads.max(1))
        .and_then(|builder| builder.with_intra_op_spinning(false))
        .and_then(|builder| builder.with_memory_pattern(true))
        .and_then(|builder| builder.with_optimization_level(level(options.rewriting)))
        .and_then(|builder| builder.with_deterministic_compute(true))
        .map_err(ort::Error::<()>::from)?;
    if let Some(prefix) = &options.profile {
        builder = builder
            .with_profiling(prefix)
            .map_err(ort::Error::<()>::from)?;
    }
    if let Some(provider) = provider {
        builder = builder
            .with_execution_providers([provider])
            .map_err(ort::Error::<()>::from)?;
    }
    Ok(builder)
}

fn level(rewriting: Rewriting) -> GraphOptimizationLevel {
    match rewriting {
        Rewriting::Nothing => GraphOptimizationLevel::Disable,
        Rewriting::Basic => GraphOptimizationLevel::Level1,
        Rewriting::Fusions => GraphOptimizationLevel::Level2,
        Rewriting::Layout => GraphOptimizationLevel::All,
    }
}

/// A loaded model.
pub(super) struct OnnxRuntimeSession {
    session: OrtSession,
    outputs: Vec<String>,
    label: Label,
}

impl Session for OnnxRuntimeSession {
    fn run(&mut self, inputs: &[Input<'_>]) -> Result<Vec<Box<dyn Held>>, RuntimeError> {
        let label = &self.label;
        if inputs.len() != self.session.inputs().len() {
            let reason = format!(
                "{} inputs given, the model takes {}",
                inputs.len(),
                self.session.inputs().len()
            );
            return Err(run_reason(label, reason));
        }
        let values = inputs
            .iter()
            .map(|input| session_input(input, label))
            .collect::<Result<Vec<_>, _>>()?;
        let mut results = self
            .session
            .run(values.as_slice())
            .map_err(|error| run_error(label, &error))?;
        self.outputs
            .iter()
            .map(|name| {
                let value = results
                    .remove(name)
                    .ok_or_else(|| run_reason(label, format!("no output '{name}'")))?;
                Ok(Box::new(OnnxRuntimeValue {
                    value,
                    label: Arc::clone(label),
                }) as Box<dyn Held>)
            })
            .collect()
    }
}

/// An input without a copy.
fn session_input<'a>(
    input: &Input<'a>,
    label: &Label,
) -> Result<SessionInputValue<'a>, RuntimeError> {
    match *input {
        Input::F32 { shape, values } => view(shape, values, label),
        Input::Tensor(tensor) => {
            let shape = tensor.shape();
            match tensor.data() {
                Data::F32(values) => view(shape, values, label),
                Data::F64(values) => view(shape, values, label),
                Data::I64(values) => view(shape, values, label),
                Data::I32(values) => view(shape, values, label),
                Data::U8(values) => view(shape, values, label),
                Data::Bool(values) => view(shape, values, label),
            }
        }
        Input::Held(held) => held
            .as_any()
            .downcast_ref::<OnnxRuntimeValue>()
            .map(|held| SessionInputValue::from(&held.value))
            .ok_or_else(|| run_reason(label, "a value of another runtime was handed in".into())),
    }
}

fn view<'a, T>(
    shape: &[usize],
    values: &'a [T],
    label: &Label,
) -> Result<SessionInputValue<'a>, RuntimeError>
where
    T: PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
{
    TensorRef::from_array_view((shape.to_vec(), values))
        .map(SessionInputValue::from)
        .map_err(|error| run_error(label, &error))
}

/// A result, where ONNX Runtime put it.
struct OnnxRuntimeValue {
    value: DynValue,
    label: Label,
}

impl OnnxRuntimeValue {
    fn extract<T: PrimitiveTensorElementType>(&self) -> Result<&[T], RuntimeError> {
        self.value
            .try_extract_tensor::<T>()
            .map(|(_, values)| values)
            .map_err(|error| run_error(&self.label, &error))
    }
}

impl Held for OnnxRuntimeValue {
    fn bytes(&self) -> usize {
        match self.value.dtype() {
            ValueType::Tensor { ty, shape, .. } => ty.byte_size(shape.num_elements()).unwrap_or(0),
            _ => 0,
        }
    }

    fn read_f32(&self) -> Result<Cow<'_, [f32]>, RuntimeError> {
        self.extract::<f32>().map(Cow::Borrowed)
    }

    fn to_tensor(&self) -> Result<Tensor, RuntimeError> {
        let ValueType::Tensor { ty, shape, .. } = self.value.dtype() else {
            return Err(run_reason(&self.label, "an output is no tensor".into()));
        };
        let data = match ty {
            TensorElementType::Float32 => Data::F32(Arc::new(self.extract::<f32>()?.to_vec())),
            TensorElementType::Float64 => Data::F64(Arc::new(self.extract::<f64>()?.to_vec())),
            TensorElementType::Int64 => Data::I64(Arc::new(self.extract::<i64>()?.to_vec())),
            TensorElementType::Int32 => Data::I32(Arc::new(self.extract::<i32>()?.to_vec())),
            TensorElementType::Uint8 => Data::U8(Arc::new(self.extract::<u8>()?.to_vec())),
            TensorElementType::Bool => Data::Bool(Arc::new(self.extract::<bool>()?.to_vec())),
            other => {
                let reason = format!("an output has the element type {other}");
                return Err(run_reason(&self.label, reason));
            }
        };
        let axes: Result<Vec<usize>, _> = shape.iter().map(|&axis| usize::try_from(axis)).collect();
        let axes = axes
            .map_err(|_| run_reason(&self.label, "an output has an axis without length".into()))?;
        Tensor::new(axes, data).map_err(|error| run_reason(&self.label, error.to_string()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn run_reason(label: &Label, reason: String) -> RuntimeError {
    RuntimeError::Run {
        backend: label.to_string(),
        reason,
    }
}

fn run_error(label: &Label, error: &ort::Error) -> RuntimeError {
    let reason = one_line(error.message());
    if is_out_of_memory(&reason) {
        RuntimeError::OutOfMemory {
            backend: label.to_string(),
            reason,
        }
    } else {
        run_reason(label, reason)
    }
}

fn load_error(label: &Label, error: &ort::Error) -> RuntimeError {
    let backend = label.to_string();
    let reason = one_line(error.message());
    if is_out_of_memory(&reason) {
        RuntimeError::OutOfMemory { backend, reason }
    } else {
        RuntimeError::Load { backend, reason }
    }
}

/// Whether a message of ONNX Runtime means that memory ran out. It has no error code for that.
fn is_out_of_memory(message: &str) -> bool {
    const SIGNS: &[&str] = &[
        "failed to allocate memory",
        "out of memory",
        "bad_alloc",
        "bfcarena::allocaterawinternal",
        "bfc_arena",
        "cudnn_status_alloc_failed",
        "cublas_status_alloc_failed",
        "cuda_error_out_of_memory",
        "available memory of",
    ];
    let message = message.to_lowercase();
    SIGNS.iter().any(|sign| message.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_is_told_from_other_failures() {
        assert!(is_out_of_memory(
            "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:359 void* \
             onnxruntime::BFCArena::AllocateRawInternal(size_t) Failed to allocate memory for \
             requested buffer of size 1099511627776"
        ));
        assert!(is_out_of_memory("std::bad_alloc"));
        assert!(is_out_of_memory("CUDA failure 2: out of memory ; GPU=0"));
        assert!(!is_out_of_memory("Got invalid dimensions for input: code"));
    }
}
