//! A method's whole state as plain named values, for a checkpoint.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The elements of one array of a [`State`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
    /// 64-bit unsigned integers.
    U64(Vec<u64>),
}

impl Values {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::U64(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One array of a [`State`], row-major.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Values,
}

/// Everything that the next steps of a method depend on, besides its settings and problem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Arrays by name.
    pub arrays: BTreeMap<String, Array>,
    /// Counters by name.
    pub integers: BTreeMap<String, u64>,
}

/// A state does not belong to this method with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A value is absent.
    #[error("the checkpoint lacks `{name}`: it belongs to another method or version")]
    Missing {
        /// Which.
        name: String,
    },
    /// An array has another type or shape.
    #[error("`{name}` in the checkpoint does not have the type and shape {expected:?}")]
    Shape {
        /// Which.
        name: String,
        /// The shape needed.
        expected: Vec<usize>,
    },
    /// A value that this method never writes.
    #[error("`{name}` in the checkpoint holds a value that no run writes")]
    Value {
        /// Which.
        name: String,
    },
}

impl State {
    /// Stores a matrix.
    pub(super) fn put_matrix(&mut self, name: &str, matrix: &Array2<f32>) {
        let shape = vec![matrix.nrows(), matrix.ncols()];
        self.put(name, shape, Values::F32(matrix.iter().copied().collect()));
    }

    /// Stores a list of floats.
    pub(super) fn put_f64(&mut self, name: &str, values: &[f64]) {
        self.put(name, vec![values.len()], Values::F64(values.to_vec()));
    }

    /// Stores a list of counters.
    pub(super) fn put_u64(&mut self, name: &str, values: Vec<u64>) {
        self.put(name, vec![values.len()], Values::U64(values));
    }

    /// Stores a list of floats that may be absent: the bits of each, or all ones for none.
    pub(super) fn put_optional_f32(&mut self, name: &str, values: &[Option<f32>]) {
        let bits = |value: &Option<f32>| value.map_or(u64::MAX, |value| u64::from(value.to_bits()));
        self.put_u64(name, values.iter().map(bits).collect());
    }

    /// Stores a counter.
    pub(super) fn put_integer(&mut self, name: &str, value: u64) {
        self.integers.insert(name.to_owned(), value);
    }

    fn put(&mut self, name: &str, shape: Vec<usize>, values: Values) {
        self.arrays.insert(name.to_owned(), Array { shape, values });
    }

    /// Reads a matrix of the given shape.
    ///
    /// # Errors
    /// It is absent or of another shape or type.
    pub(super) fn matrix(
        &self,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Array2<f32>, StateError> {
        let wrong = || StateError::Shape {
            name: name.to_owned(),
            expected: vec![shape.0, shape.1],
        };
        let array = self.array(name)?;
        match &array.values {
            Values::F32(values) if array.shape == [shape.0, shape.1] => {
                Array2::from_shape_vec(shape, values.clone()).map_err(|_| wrong())
            }
            _ => Err(wrong()),
        }
    }

    /// Reads a matrix of the given number of rows.
    ///
    /// # Errors
    /// It is absent or has another number of rows.
    pub(super) fn matrix_of_rows(
        &self,
        name: &str,
        rows: usize,
    ) -> Result<Array2<f32>, StateError> {
        let columns = self.array(name)?.shape.last().copied().unwrap_or(0);
        self.matrix(name, (rows, columns))
    }

    /// Reads a list of floats, of the given length where one is given.
    ///
    /// # Errors
    /// It is absent or of another length or type.
    pub(super) fn f64(&self, name: &str, length: Option<usize>) -> Result<Vec<f64>, StateError> {
        match &self.array(name)?.values {
            Values::F64(values) if length.is_none_or(|length| length == values.len()) => {
                Ok(values.clone())
            }
            _ => Err(StateError::Shape {
                name: name.to_owned(),
                expected: length.into_iter().collect(),
            }),
        }
    }

    /// Reads a list of counters of the given length.
    ///
    /// # Errors
    /// It is absent or of another length or type.
    pub(super) fn u64(&self, name: &str, length: usize) -> Result<Vec<u64>, StateError> {
        self.counters(name, Some(length)).map(<[u64]>::to_vec)
    }

    /// Reads a list of floats that may be absent, of the given length where one is given.
    ///
    /// # Errors
    /// It is absent or of another length or type.
    pub(super) fn optional_f32(
        &self,
        name: &str,
        length: Option<usize>,
    ) -> Result<Vec<Option<f32>>, StateError> {
        let bits = self.counters(name, length)?.iter();
        Ok(bits
            .map(|&bits| u32::try_from(bits).ok().map(f32::from_bits))
            .collect())
    }

    /// Reads a list of counters, of the given length where one is given.
    ///
    /// # Errors
    /// It is absent or of another length or type.
    pub(super) fn counters(&self, name: &str, length: Option<usize>) -> Result<&[u64], StateError> {
        match &self.array(name)?.values {
            Values::U64(values) if length.is_none_or(|length| length == values.len()) => Ok(values),
            _ => Err(StateError::Shape {
                name: name.to_owned(),
                expected: length.into_iter().collect(),
            }),
        }
    }

    /// Reads a counter.
    ///
    /// # Errors
    /// It is absent.
    pub(super) fn integer(&self, name: &str) -> Result<u64, StateError> {
        self.integers
            .get(name)
            .copied()
            .ok_or_else(|| StateError::Missing {
                name: name.to_owned(),
            })
    }

    fn array(&self, name: &str) -> Result<&Array, StateError> {
        self.arrays.get(name).ok_or_else(|| StateError::Missing {
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::array;

    #[test]
    fn what_is_put_is_read_back_and_what_does_not_fit_is_refused() {
        let mut state = State::default();
        state.put_matrix("codes", &array![[1.0, 2.0], [3.0, 4.0]]);
        state.put_f64("sums", &[0.5]);
        state.put_u64("starts", vec![7, 8]);
        state.put_optional_f32("best", &[Some(-0.5), None]);
        state.put_integer("step", 3);
        assert_eq!(state.matrix("codes", (2, 2)).unwrap()[[1, 0]], 3.0);
        assert_eq!(state.f64("sums", Some(1)).unwrap(), [0.5]);
        assert_eq!(state.u64("starts", 2).unwrap(), [7, 8]);
        let best = state.optional_f32("best", Some(2)).unwrap();
        assert_eq!(best, [Some(-0.5), None]);
        assert_eq!(state.integer("step").unwrap(), 3);
        assert!(state.matrix("codes", (1, 4)).is_err());
        assert!(state.u64("sums", 1).is_err());
        assert!(state.f64("starts", None).is_err());
        assert!(matches!(
            state.integer("steps"),
            Err(StateError::Missing { .. })
        ));
    }
}
