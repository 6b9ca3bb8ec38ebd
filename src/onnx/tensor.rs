//! Tensors of the file to tensors of a graph; 16-bit floats are widened.

use std::io::{self, Write};
use std::sync::Arc;

use super::external::{ExternalFault, ExternalFolder};
use super::wire::TensorProto;
use super::wire::tensor_proto::{DataLocation, DataType};
use crate::graph::{DType, Data, Tensor};

/// Why a tensor cannot be read.
#[derive(Debug)]
pub(super) enum TensorFault {
    /// The element type, or sparse storage, is not one a graph has. An error only where needed.
    Unsupported(String),
    /// Shape and bytes disagree.
    Broken(String),
    /// Its bytes lie elsewhere and cannot be had.
    External(ExternalFault),
}

/// The element type a graph gives to values of an ONNX element type.
pub(super) fn dtype(element: i32) -> Option<DType> {
    match DataType::try_from(element).ok()? {
        DataType::Float | DataType::Float16 | DataType::Bfloat16 => Some(DType::F32),
        DataType::Double => Some(DType::F64),
        DataType::Int64 => Some(DType::I64),
        DataType::Int32 => Some(DType::I32),
        DataType::Uint8 => Some(DType::U8),
        DataType::Bool => Some(DType::Bool),
        _ => None,
    }
}

/// The element type that a weight is given: integers that a graph has no type for are widened too.
fn stored(kind: DataType) -> Option<DType> {
    match kind {
        DataType::Int8 | DataType::Int16 | DataType::Uint16 => Some(DType::I32),
        DataType::Uint32 | DataType::Uint64 => Some(DType::I64),
        _ => dtype(kind as i32),
    }
}

/// The ONNX element type of a graph's element type.
pub(super) fn element(dtype: DType) -> i32 {
    (match dtype {
        DType::F32 => DataType::Float,
        DType::F64 => DataType::Double,
        DType::I64 => DataType::Int64,
        DType::I32 => DataType::Int32,
        DType::U8 => DataType::Uint8,
        DType::Bool => DataType::Bool,
    }) as i32
}

/// The name of an ONNX element type.
pub(super) fn element_name(element: i32) -> String {
    DataType::try_from(element).map_or_else(
        |_| format!("element type {element}"),
        |known| known.as_str_name().to_lowercase(),
    )
}

/// Reads a tensor. `observe` sees the bytes that come from another file.
pub(super) fn decode(
    proto: TensorProto,
    folder: &ExternalFolder,
    observe: &mut dyn FnMut(&[u8]),
) -> Result<Tensor, TensorFault> {
    let element = proto.data_type.unwrap_or_default();
    let kind = DataType::try_from(element)
        .ok()
        .filter(|&kind| stored(kind).is_some())
        .ok_or_else(|| {
            TensorFault::Unsupported(format!("elements of type {}", element_name(element)))
        })?;
    let shape: Vec<usize> = proto
        .dims
        .iter()
        .map(|&axis| usize::try_from(axis))
        .collect::<Result<_, _>>()
        .map_err(|_| TensorFault::Broken(format!("the shape {:?} is negative", proto.dims)))?;
    let width = match kind {
        DataType::Double | DataType::Int64 | DataType::Uint64 => 8,
        DataType::Float | DataType::Int32 | DataType::Uint32 => 4,
        DataType::Float16 | DataType::Bfloat16 | DataType::Int16 | DataType::Uint16 => 2,
        _ => 1,
    };
    let count = shape
        .iter()
        .try_fold(1usize, |product, &axis| product.checked_mul(axis))
        .filter(|count| count.checked_mul(8).is_some())
        .ok_or_else(|| TensorFault::Broken(format!("the shape {shape:?} is impossibly large")))?;

    let data = if proto.data_location == Some(DataLocation::External as i32) {
        let bytes = folder
            .read(&proto, count * width)
            .map_err(TensorFault::External)?;
        observe(&bytes);
        from_bytes(kind, &bytes)
    } else if let Some(raw) = &proto.raw_data {
        if raw.len() != count * width {
            return Err(TensorFault::Broken(format!(
                "{} bytes do not fill the shape {shape:?} ({} are needed)",
                raw.len(),
                count * width
            )));
        }
        from_bytes(kind, raw)
    } else {
        from_fields(kind, proto)
    };
    Tensor::new(shape, data).map_err(|error| TensorFault::Broken(error.to_string()))
}

/// Little-endian bytes whose number is a multiple of the element's width.
fn from_bytes(kind: DataType, bytes: &[u8]) -> Data {
    match kind {
        DataType::Float => Data::F32(Arc::new(words(bytes, f32::from_le_bytes))),
        DataType::Double => Data::F64(Arc::new(words(bytes, f64::from_le_bytes))),
        DataType::Int64 => Data::I64(Arc::new(words(bytes, i64::from_le_bytes))),
        DataType::Int32 => Data::I32(Arc::new(words(bytes, i32::from_le_bytes))),
        DataType::Float16 => Data::F32(Arc::new(words(bytes, |b| half(u16::from_le_bytes(b))))),
        DataType::Bfloat16 => Data::F32(Arc::new(words(bytes, |b| brain(u16::from_le_bytes(b))))),
        DataType::Bool => Data::Bool(Arc::new(bytes.iter().map(|&b| b != 0).collect())),
        DataType::Int8 => Data::I32(Arc::new(words(bytes, |b| i32::from(i8::from_le_bytes(b))))),
        DataType::Int16 => Data::I32(Arc::new(words(bytes, |b| i32::from(i16::from_le_bytes(b))))),
        DataType::Uint16 => Data::I32(Arc::new(words(bytes, |b| i32::from(u16::from_le_bytes(b))))),
        DataType::Uint32 => Data::I64(Arc::new(words(bytes, |b| i64::from(u32::from_le_bytes(b))))),
        // Beyond 2⁶³ they wrap, as no index or size does.
        DataType::Uint64 => Data::I64(Arc::new(words(bytes, i64::from_le_bytes))),
        _ => Data::U8(Arc::new(bytes.to_vec())),
    }
}

/// Elements kept in the protobuf field of their type.
fn from_fields(kind: DataType, proto: TensorProto) -> Data {
    let small = proto.int32_data;
    match kind {
        DataType::Float => Data::F32(Arc::new(proto.float_data)),
        DataType::Double => Data::F64(Arc::new(proto.double_data)),
        DataType::Int64 => Data::I64(Arc::new(proto.int64_data)),
        DataType::Int32 | DataType::Int8 | DataType::Int16 | DataType::Uint16 => {
            Data::I32(Arc::new(small))
        }
        DataType::Uint32 | DataType::Uint64 => {
            let wide = proto.uint64_data.iter().map(|&v| v as i64);
            Data::I64(Arc::new(wide.collect()))
        }
        DataType::Float16 => Data::F32(Arc::new(small.iter().map(|&v| half(v as u16)).collect())),
        DataType::Bfloat16 => Data::F32(Arc::new(small.iter().map(|&v| brain(v as u16)).collect())),
        DataType::Bool => Data::Bool(Arc::new(small.iter().map(|&v| v != 0).collect())),
        _ => Data::U8(Arc::new(small.iter().map(|&v| v as u8).collect())),
    }
}

fn words<const WIDTH: usize, T>(bytes: &[u8], read: impl Fn([u8; WIDTH]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<WIDTH>()
        .0
        .iter()
        .map(|&word| read(word))
        .collect()
}

/// IEEE 754 binary16, exactly.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

/// bfloat16: the upper half of a float32.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// A tensor under a name, without its elements.
pub(super) fn header(name: &str, tensor: &Tensor) -> TensorProto {
    TensorProto {
        name: Some(name.to_owned()),
        dims: tensor.shape().iter().map(|&axis| axis as i64).collect(),
        data_type: Some(element(tensor.dtype())),
        ..TensorProto::default()
    }
}

/// Writes the elements of a tensor as little-endian bytes.
pub(super) fn write_elements(tensor: &Tensor, out: &mut dyn Write) -> io::Result<()> {
    match tensor.data() {
        Data::F32(values) => write_words(values, f32::to_le_bytes, out),
        Data::F64(values) => write_words(values, f64::to_le_bytes, out),
        Data::I64(values) => write_words(values, i64::to_le_bytes, out),
        Data::I32(values) => write_words(values, i32::to_le_bytes, out),
        Data::U8(values) => out.write_all(values),
        Data::Bool(values) => write_words(values, |truth| [u8::from(truth)], out),
    }
}

/// Through a small buffer: a copy of all weights would not fit where the weights just do.
fn write_words<T: Copy, const WIDTH: usize>(
    values: &[T],
    bytes: impl Fn(T) -> [u8; WIDTH],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut buffer = [[0; WIDTH]; 2048];
    for chunk in values.chunks(buffer.len()) {
        for (word, &value) in buffer.iter_mut().zip(chunk) {
            *word = bytes(value);
        }
        out.write_all(buffer[..chunk.len()].as_flattened())?;
    }
    Ok(())
}

/// A tensor under a name with its elements.
#[cfg(test)]
pub(super) fn encode(name: &str, tensor: &Tensor) -> TensorProto {
    let mut bytes = Vec::new();
    // A vector takes everything.
    let _ = write_elements(tensor, &mut bytes);
    TensorProto {
        raw_data: Some(bytes.into()),
        ..header(name, tensor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(proto: &TensorProto) -> Result<Tensor, TensorFault> {
        decode(proto.clone(), &ExternalFolder::none(), &mut |_| {})
    }

    #[test]
    fn every_element_type_survives_writing_and_reading() {
        for dtype in [
            DType::F32,
            DType::F64,
            DType::I64,
            DType::I32,
            DType::U8,
            DType::Bool,
        ] {
            let tensor = Tensor::from_f64(dtype, [2, 2], &[0.0, 1.0, 1.0, 0.0]).unwrap();
            assert_eq!(read(&encode("t", &tensor)).unwrap(), tensor);
        }
    }

    #[test]
    fn sixteen_bit_floats_are_widened_exactly() {
        for (bits, value) in [
            (0x3c00u16, 1.0f32),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(brain(0x3f80), 1.0);
        let typed = TensorProto {
            dims: vec![2],
            data_type: Some(DataType::Float16 as i32),
            int32_data: vec![0x3c00, 0x4000],
            ..TensorProto::default()
        };
        assert_eq!(read(&typed).unwrap().as_f32().unwrap(), [1.0, 2.0]);
    }

    #[test]
    fn integers_without_a_type_of_their_own_are_widened() {
        let raw = |kind: DataType, count: i64, bytes: &[u8]| {
            let proto = TensorProto {
                dims: vec![count],
                data_type: Some(kind as i32),
                raw_data: Some(bytes.to_vec().into()),
                ..TensorProto::default()
            };
            read(&proto).unwrap().to_i64().unwrap()
        };
        assert_eq!(raw(DataType::Int8, 2, &[0xff, 5]), [-1, 5]);
        assert_eq!(raw(DataType::Int16, 1, &[0xfe, 0xff]), [-2]);
        assert_eq!(raw(DataType::Uint16, 1, &[0xfe, 0xff]), [65534]);
        assert_eq!(raw(DataType::Uint32, 1, &[0, 0, 0, 0x80]), [1 << 31]);
        assert_eq!(raw(DataType::Uint64, 1, &[7, 0, 0, 0, 0, 0, 0, 0]), [7]);
        let typed = TensorProto {
            dims: vec![1],
            data_type: Some(DataType::Int8 as i32),
            int32_data: vec![-3],
            ..TensorProto::default()
        };
        assert_eq!(read(&typed).unwrap().to_i64().unwrap(), [-3]);
    }

    #[test]
    fn shapes_that_the_bytes_do_not_fill_are_refused_without_memory() {
        let shapes: [&[i64]; 4] = [
            &[1 << 40],
            &[i64::MAX, i64::MAX],
            &[-1],
            &[1 << 32, 1 << 32],
        ];
        for dims in shapes {
            let mut proto = TensorProto {
                dims: dims.to_vec(),
                data_type: Some(DataType::Float as i32),
                raw_data: Some(vec![0; 16].into()),
                ..TensorProto::default()
            };
            assert!(matches!(read(&proto), Err(TensorFault::Broken(_))));
            proto.raw_data = None;
            assert!(matches!(read(&proto), Err(TensorFault::Broken(_))));
        }
    }

    #[test]
    fn strings_are_unsupported_rather_than_broken() {
        let proto = TensorProto {
            data_type: Some(DataType::String as i32),
            ..TensorProto::default()
        };
        assert!(matches!(read(&proto), Err(TensorFault::Unsupported(_))));
    }
}
