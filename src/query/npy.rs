//! A direction from a `.npy` file: a vector of float32 or float64.
//!
//! Format: numpy.lib.format, versions 1 to 3: `\x93NUMPY`, major, minor, length of the header
//! (2 bytes in version 1, else 4, little endian), the header (a Python dictionary), the data.

use std::io::{Read, Take};

use super::error::FileError;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longer than any header of a vector.
const LONGEST_HEADER: usize = 1 << 16;
const REMEDY: &str =
    "save a float32 or float64 array with one number for each unit of the tensor by numpy.save";

/// Reads a vector of `length` numbers.
///
/// # Errors
/// The file cannot be read, or is not such a vector of finite numbers.
pub(super) fn read_vector(path: &str, length: usize) -> Result<Vec<f32>, FileError> {
    let refuse = |reason: String, remedy: String| FileError::Direction {
        path: path.to_owned(),
        reason,
        remedy,
    };
    let cannot = |error: std::io::Error| {
        refuse(
            format!("cannot be read ({error})"),
            "give the path of a .npy file".to_owned(),
        )
    };
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() {
        return Err(refuse(
            "is not a regular file".to_owned(),
            REMEDY.to_owned(),
        ));
    }
    let file = std::fs::File::open(path).map_err(cannot)?;
    parse(file.take(metadata.len()), length).map_err(|reason| refuse(reason, REMEDY.to_owned()))
}

/// The numbers of a file that has exactly `length` of them.
fn parse(mut file: Take<impl Read>, length: usize) -> Result<Vec<f32>, String> {
    let truncated = |_| "is cut off".to_owned();
    let mut start = [0; 8];
    file.read_exact(&mut start).map_err(truncated)?;
    if start[..6] != *MAGIC {
        return Err("is not a .npy file".to_owned());
    }
    let header_length = if start[6] == 1 {
        let mut bytes = [0; 2];
        file.read_exact(&mut bytes).map_err(truncated)?;
        usize::from(u16::from_le_bytes(bytes))
    } else {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes).map_err(truncated)?;
        u32::from_le_bytes(bytes) as usize
    };
    if header_length > LONGEST_HEADER {
        return Err("has a header too long for a vector".to_owned());
    }
    let mut header = vec![0; header_length];
    file.read_exact(&mut header).map_err(truncated)?;
    let header = std::str::from_utf8(&header).map_err(|_| "has no readable header".to_owned())?;
    let kind = element_kind(header)?;
    let count = vector_length(header)?;
    let bytes = (count as u64).checked_mul(kind.size() as u64);
    if bytes != Some(file.limit()) {
        return Err(format!(
            "holds {} bytes of data where its header says {count} numbers",
            file.limit()
        ));
    }
    if count != length {
        return Err(format!(
            "has {count} numbers where the tensor has {length} units"
        ));
    }
    let mut data = Vec::new();
    file.read_to_end(&mut data)
        .map_err(|error| format!("cannot be read ({error})"))?;
    let vector = kind.values(&data);
    if vector.iter().any(|value| !value.is_finite()) {
        return Err("holds a number that is not finite".to_owned());
    }
    if vector.iter().all(|&value| value == 0.0) {
        return Err("is zero everywhere, which is no direction".to_owned());
    }
    Ok(vector)
}

#[derive(Clone, Copy)]
enum ElementKind {
    Float32,
    Float64,
}

impl ElementKind {
    fn size(self) -> usize {
        match self {
            ElementKind::Float32 => 4,
            ElementKind::Float64 => 8,
        }
    }

    fn values(self, data: &[u8]) -> Vec<f32> {
        match self {
            ElementKind::Float32 => {
                let (words, _) = data.as_chunks();
                words.iter().map(|&word| f32::from_le_bytes(word)).collect()
            }
            ElementKind::Float64 => {
                let (words, _) = data.as_chunks();
                words
                    .iter()
                    .map(|&word| f64::from_le_bytes(word) as f32)
                    .collect()
            }
        }
    }
}

fn element_kind(header: &str) -> Result<ElementKind, String> {
    let kind = value_of(header, "descr")?;
    match kind.trim_matches(['\'', '"']) {
        "<f4" => Ok(ElementKind::Float32),
        "<f8" => Ok(ElementKind::Float64),
        other => Err(format!(
            "holds elements of type {other}, not little-endian floats"
        )),
    }
}

/// The length in `(length,)`.
fn vector_length(header: &str) -> Result<usize, String> {
    if value_of(header, "fortran_order")? != "False" {
        return Err("is in Fortran order, not in C order".to_owned());
    }
    let start = header
        .find("'shape'")
        .ok_or("has a header without a shape")?;
    let shape = header[start..]
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .ok_or("has a header without a shape")?
        .0;
    let axes: Vec<&str> = shape
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty())
        .collect();
    match axes[..] {
        [length] => length
            .parse()
            .map_err(|_| format!("has the length {length}, which is no number")),
        _ => Err(format!("has {} axes, not one", axes.len())),
    }
}

/// What stands behind `'key':`, up to the next comma.
fn value_of<'a>(header: &'a str, key: &str) -> Result<&'a str, String> {
    header
        .split_once(&format!("'{key}':"))
        .and_then(|(_, rest)| rest.split([',', '}']).next())
        .map(str::trim)
        .ok_or_else(|| format!("has a header without {key}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [MAGIC, &[1, 0][..], &length, header.as_bytes(), data].concat()
    }

    fn read(bytes: &[u8], length: usize) -> Result<Vec<f32>, String> {
        parse(bytes.take(bytes.len() as u64), length)
    }

    fn header(kind: &str, shape: &str) -> String {
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}  \n")
    }

    #[test]
    fn vectors_of_both_float_types_are_read() {
        let four: Vec<u8> = [1.5_f32, -2.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let eight: Vec<u8> = [1.5_f64, -2.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert_eq!(
            read(&npy(&header("<f4", "(2,)"), &four), 2),
            Ok(vec![1.5, -2.0])
        );
        assert_eq!(
            read(&npy(&header("<f8", "(2,)"), &eight), 2),
            Ok(vec![1.5, -2.0])
        );
        let mut third = npy(&header("<f4", "(2,)"), &four);
        third[6] = 3;
        third.splice(10..10, [0, 0]);
        assert_eq!(read(&third, 2), Ok(vec![1.5, -2.0]));
    }

    #[test]
    fn what_is_no_finite_vector_is_refused_with_the_reason() {
        let zeros = [0; 8];
        let nan = [0x7f; 4].map(|_| 0xff);
        for (bytes, reason) in [
            (b"PNG".to_vec(), "cut off"),
            (b"not numpy at all".to_vec(), "not a .npy"),
            (npy(&header("<i8", "(1,)"), &zeros), "type <i8"),
            (npy(&header(">f4", "(2,)"), &zeros), "type >f4"),
            (npy(&header("<f4", "(1, 2)"), &zeros), "2 axes"),
            (npy(&header("<f4", "()"), &zeros), "0 axes"),
            (npy(&header("<f4", "(3,)"), &zeros), "8 bytes of data"),
            (npy(&header("<f4", "(2,)"), &zeros), "zero everywhere"),
            (npy(&header("<f4", "(1,)"), &nan), "not finite"),
            (
                npy(&header("<f8", "(2305843009213693952,)"), &zeros),
                "bytes of data",
            ),
            (
                npy(&header("<f4", "(2,)").replace("False", "True"), &zeros),
                "Fortran",
            ),
            (npy("{}", &zeros), "without descr"),
        ] {
            let length = if reason == "not finite" { 1 } else { 2 };
            let message = read(&bytes, length).unwrap_err();
            assert!(message.contains(reason), "{message} for {reason}");
        }
    }

    #[test]
    fn a_vector_of_another_length_is_refused() {
        let data: Vec<u8> = [1.0_f32, 2.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let message = read(&npy(&header("<f4", "(2,)"), &data), 512).unwrap_err();
        assert!(
            message.contains("2 numbers where the tensor has 512"),
            "{message}"
        );
    }

    #[test]
    fn a_missing_file_names_its_path() {
        let message = read_vector("none/v.npy", 2).unwrap_err().to_string();
        assert!(
            message.starts_with("none/v.npy: cannot be read"),
            "{message}"
        );
    }
}
