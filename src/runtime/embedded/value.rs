//! Tensors to rten's values and back. rten holds int64 and bool as int32.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use rten::{Value, ValueOrView, ValueView};
use rten_tensor::{AsView, Layout, Tensor as RtenTensor};

use crate::graph::{DType, Data, Tensor};
use crate::runtime::{Held, Input, RuntimeError};

use super::run_error;

/// A result of a run: rten's value under the element type that the model declares.
pub(super) struct EmbeddedValue {
    value: Value,
    dtype: DType,
}

impl EmbeddedValue {
    /// A value of a declared type.
    pub(super) fn new(value: Value, dtype: DType) -> Self {
        EmbeddedValue { value, dtype }
    }
}

impl Held for EmbeddedValue {
    fn bytes(&self) -> usize {
        match &self.value {
            Value::FloatTensor(tensor) => tensor.len() * 4,
            Value::Int32Tensor(tensor) => tensor.len() * 4,
            Value::Int8Tensor(tensor) => tensor.len(),
            Value::UInt8Tensor(tensor) => tensor.len(),
            _ => 0,
        }
    }

    fn read_f32(&self) -> Result<Cow<'_, [f32]>, RuntimeError> {
        match &self.value {
            Value::FloatTensor(tensor) => Ok(match tensor.data() {
                Some(values) => Cow::Borrowed(values),
                None => Cow::Owned(tensor.to_vec()),
            }),
            _ => Err(run_error(format!(
                "the output is {}, not float32",
                self.dtype
            ))),
        }
    }

    fn to_tensor(&self) -> Result<Tensor, RuntimeError> {
        let (shape, data) = match (&self.value, self.dtype) {
            (Value::FloatTensor(tensor), DType::F32) => (
                tensor.shape().to_vec(),
                Data::F32(Arc::new(tensor.to_vec())),
            ),
            (Value::UInt8Tensor(tensor), DType::U8) => {
                (tensor.shape().to_vec(), Data::U8(Arc::new(tensor.to_vec())))
            }
            (Value::Int32Tensor(tensor), DType::I32) => (
                tensor.shape().to_vec(),
                Data::I32(Arc::new(tensor.to_vec())),
            ),
            (Value::Int32Tensor(tensor), DType::I64) => (
                tensor.shape().to_vec(),
                Data::I64(Arc::new(tensor.iter().map(|&v| i64::from(v)).collect())),
            ),
            (Value::Int32Tensor(tensor), DType::Bool) => (
                tensor.shape().to_vec(),
                Data::Bool(Arc::new(tensor.iter().map(|&v| v != 0).collect())),
            ),
            (value, declared) => {
                return Err(run_error(format!(
                    "an output declared {declared} came as {}",
                    value.dtype()
                )));
            }
        };
        Tensor::new(shape, data).map_err(|mismatch| run_error(mismatch.to_string()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An input as rten takes it, without a copy where rten has the element type.
pub(super) fn input<'a>(input: &Input<'a>) -> Result<ValueOrView<'a>, RuntimeError> {
    match *input {
        Input::F32 { shape, values } => view(shape, values).map(ValueOrView::View),
        Input::Tensor(tensor) => from_tensor(tensor),
        Input::Held(held) => held
            .as_any()
            .downcast_ref::<EmbeddedValue>()
            .map(|held| ValueOrView::View(held.value.as_view()))
            .ok_or_else(|| run_error("a value of another runtime was handed in".to_owned())),
    }
}

fn from_tensor(tensor: &Tensor) -> Result<ValueOrView<'_>, RuntimeError> {
    let shape = tensor.shape();
    match tensor.data() {
        Data::F32(values) => view(shape, values).map(ValueOrView::View),
        Data::I32(values) => view(shape, values).map(ValueOrView::View),
        Data::U8(values) => view(shape, values).map(ValueOrView::View),
        Data::I64(values) => {
            let narrow: Result<Vec<i32>, _> = values.iter().map(|&v| i32::try_from(v)).collect();
            let narrow = narrow
                .map_err(|_| run_error("an int64 input does not fit into 32 bits".to_owned()))?;
            owned(shape, narrow)
        }
        Data::Bool(values) => owned(shape, values.iter().map(|&v| i32::from(v)).collect()),
        Data::F64(_) => Err(run_error("float64 inputs are not supported".to_owned())),
    }
}

fn view<'a, T>(shape: &[usize], values: &'a [T]) -> Result<ValueView<'a>, RuntimeError>
where
    ValueView<'a>: From<rten_tensor::TensorView<'a, T>>,
{
    ValueView::from_shape(shape, values).map_err(|error| run_error(error.to_string()))
}

fn owned<'a>(shape: &[usize], values: Vec<i32>) -> Result<ValueOrView<'a>, RuntimeError> {
    RtenTensor::try_from_data(shape, values)
        .map(|tensor| ValueOrView::Value(Value::Int32Tensor(tensor)))
        .map_err(|error| run_error(error.to_string()))
}
