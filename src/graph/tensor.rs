//! Dense tensors: element types, shapes and values.

use std::fmt;
use std::sync::Arc;

/// The element type of a tensor.
///
/// 16-bit floats are widened to [`DType::F32`] when a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 64-bit signed integer.
    I64,
    /// 32-bit signed integer.
    I32,
    /// 8-bit unsigned integer.
    U8,
    /// Truth value, one byte each.
    Bool,
}

impl DType {
    /// Whether a derivative can flow through values of this type.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            DType::F64 | DType::I64 => 8,
            DType::F32 | DType::I32 => 4,
            DType::U8 | DType::Bool => 1,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::I64 => "int64",
            DType::I32 => "int32",
            DType::U8 => "uint8",
            DType::Bool => "bool",
        })
    }
}

/// Element type and shape of a value. Shapes are always concrete: the batch size is fixed when a
/// graph is built.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// Element type.
    pub dtype: DType,
    /// Length of each axis, outermost first.
    pub shape: Vec<usize>,
}

impl TensorType {
    /// A type from its parts.
    pub fn new(dtype: DType, shape: impl Into<Vec<usize>>) -> Self {
        TensorType {
            dtype,
            shape: shape.into(),
        }
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether some axis has length zero.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all elements.
    pub fn bytes(&self) -> usize {
        self.len() * self.dtype.size()
    }

    /// Bytes of all elements, or `None` where they cannot be addressed. An axis of length zero
    /// does not hide an overflow of the others.
    pub fn checked_bytes(&self) -> Option<usize> {
        let bytes = self
            .shape
            .iter()
            .try_fold(self.dtype.size(), |product, &axis| {
                product
                    .checked_mul(axis.max(1))
                    .filter(|&bytes| isize::try_from(bytes).is_ok())
            })?;
        Some(if self.is_empty() { 0 } else { bytes })
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{:?}", self.dtype, self.shape)
    }
}

/// The elements of a tensor in row-major order, shared between clones.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// 32-bit floats.
    F32(Arc<Vec<f32>>),
    /// 64-bit floats.
    F64(Arc<Vec<f64>>),
    /// 64-bit signed integers.
    I64(Arc<Vec<i64>>),
    /// 32-bit signed integers.
    I32(Arc<Vec<i32>>),
    /// 8-bit unsigned integers.
    U8(Arc<Vec<u8>>),
    /// Truth values.
    Bool(Arc<Vec<bool>>),
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Data::F32(values) => values.len(),
            Data::F64(values) => values.len(),
            Data::I64(values) => values.len(),
            Data::I32(values) => values.len(),
            Data::U8(values) => values.len(),
            Data::Bool(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        match self {
            Data::F32(_) => DType::F32,
            Data::F64(_) => DType::F64,
            Data::I64(_) => DType::I64,
            Data::I32(_) => DType::I32,
            Data::U8(_) => DType::U8,
            Data::Bool(_) => DType::Bool,
        }
    }
}

/// A tensor whose number of elements agrees with its shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

/// The number of elements does not agree with the shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{elements} elements do not fill the shape {shape:?}")]
pub struct LengthMismatch {
    /// The shape asked for.
    pub shape: Vec<usize>,
    /// The elements given.
    pub elements: usize,
}

impl Tensor {
    /// A tensor from its shape and elements.
    ///
    /// # Errors
    /// The number of elements is not the product of the axis lengths.
    pub fn new(shape: impl Into<Vec<usize>>, data: Data) -> Result<Self, LengthMismatch> {
        let shape = shape.into();
        let length = shape
            .iter()
            .try_fold(1usize, |product, &axis| product.checked_mul(axis));
        if length == Some(data.len()) {
            Ok(Tensor { shape, data })
        } else {
            Err(LengthMismatch {
                shape,
                elements: data.len(),
            })
        }
    }

    /// A float32 tensor.
    ///
    /// # Errors
    /// See [`Tensor::new`].
    pub fn f32(shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Result<Self, LengthMismatch> {
        Tensor::new(shape, Data::F32(Arc::new(values)))
    }

    /// An int64 tensor of rank 1.
    pub fn i64_vector(values: Vec<i64>) -> Self {
        Tensor {
            shape: vec![values.len()],
            data: Data::I64(Arc::new(values)),
        }
    }

    /// A tensor of rank 0 of a float type: `value` rounded to `dtype`.
    pub fn scalar(dtype: DType, value: f64) -> Self {
        Tensor::filled(dtype, Vec::new(), value)
    }

    /// A tensor whose every element is `value`, converted to `dtype`.
    pub fn filled(dtype: DType, shape: impl Into<Vec<usize>>, value: f64) -> Self {
        let shape = shape.into();
        let length: usize = shape.iter().product();
        let data = match dtype {
            DType::F32 => Data::F32(Arc::new(vec![value as f32; length])),
            DType::F64 => Data::F64(Arc::new(vec![value; length])),
            DType::I64 => Data::I64(Arc::new(vec![value as i64; length])),
            DType::I32 => Data::I32(Arc::new(vec![value as i32; length])),
            DType::U8 => Data::U8(Arc::new(vec![value as u8; length])),
            DType::Bool => Data::Bool(Arc::new(vec![value != 0.0; length])),
        };
        Tensor { shape, data }
    }

    /// Floats rounded to `dtype` (`F32` or `F64`; integers and truth values are converted too).
    ///
    /// # Errors
    /// See [`Tensor::new`].
    pub fn from_f64(
        dtype: DType,
        shape: impl Into<Vec<usize>>,
        values: &[f64],
    ) -> Result<Self, LengthMismatch> {
        let data = match dtype {
            DType::F32 => Data::F32(Arc::new(values.iter().map(|&v| v as f32).collect())),
            DType::F64 => Data::F64(Arc::new(values.to_vec())),
            DType::I64 => Data::I64(Arc::new(values.iter().map(|&v| v as i64).collect())),
            DType::I32 => Data::I32(Arc::new(values.iter().map(|&v| v as i32).collect())),
            DType::U8 => Data::U8(Arc::new(values.iter().map(|&v| v as u8).collect())),
            DType::Bool => Data::Bool(Arc::new(values.iter().map(|&v| v != 0.0).collect())),
        };
        Tensor::new(shape, data)
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// Element type and shape.
    pub fn tensor_type(&self) -> TensorType {
        TensorType::new(self.dtype(), self.shape.clone())
    }

    /// The same elements under another shape.
    ///
    /// # Errors
    /// See [`Tensor::new`].
    pub fn reshaped(&self, shape: impl Into<Vec<usize>>) -> Result<Self, LengthMismatch> {
        Tensor::new(shape, self.data.clone())
    }

    /// The elements if they are float32.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            Data::F32(values) => Some(values),
            _ => None,
        }
    }

    /// The elements as integers, if they are of an integer type.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        match &self.data {
            Data::I64(values) => Some(values.to_vec()),
            Data::I32(values) => Some(values.iter().map(|&v| i64::from(v)).collect()),
            Data::U8(values) => Some(values.iter().map(|&v| i64::from(v)).collect()),
            _ => None,
        }
    }

    /// The elements as f64 whatever their type (`true` is 1).
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Data::F32(values) => values.iter().map(|&v| f64::from(v)).collect(),
            Data::F64(values) => values.to_vec(),
            Data::I64(values) => values.iter().map(|&v| v as f64).collect(),
            Data::I32(values) => values.iter().map(|&v| f64::from(v)).collect(),
            Data::U8(values) => values.iter().map(|&v| f64::from(v)).collect(),
            Data::Bool(values) => values.iter().map(|&v| f64::from(u8::from(v))).collect(),
        }
    }
}
