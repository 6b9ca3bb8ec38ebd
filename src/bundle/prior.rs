//! The code prior: what a valid code is.

use super::error::Problem;
use super::manifest::{MANIFEST, PriorKind, PriorSource};
use super::tensor_file::TensorFile;

/// Facts of the code prior as vectors with one number for each dimension of the code.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    /// Family.
    pub kind: PriorKind,
    /// Centre; none means 0 everywhere.
    pub mean: Option<Vec<f32>>,
    /// Standard deviation; none means 1 everywhere.
    pub sd: Option<Vec<f32>>,
    /// Lower ends: of the box, or of the clip of a normal prior.
    pub low: Option<Vec<f32>>,
    /// Upper ends: of the box, or of the clip of a normal prior.
    pub high: Option<Vec<f32>>,
}

const KEYS: [&str; 4] = ["mean", "sd", "low", "high"];
const REMEDY: &str =
    "write mean, sd, low and high as float32 vectors, one number for each dimension of the code";

/// What the prior's file holds, checked for everything but the length of a code.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PriorFile {
    vectors: [Option<Vec<f32>>; 4],
}

impl PriorFile {
    /// Reads the file's vectors.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<PriorFile, Vec<Problem>> {
        let file = TensorFile::parse(name, bytes, REMEDY).map_err(|problem| vec![problem])?;
        let mut problems: Vec<Problem> = file
            .keys()
            .into_iter()
            .filter(|key| !KEYS.contains(key))
            .map(|key| Problem::new(name, key, "is not a fact of a prior", REMEDY))
            .collect();
        let vectors = KEYS.map(|key| {
            read_vector(&file, name, key).unwrap_or_else(|problem| {
                problems.push(problem);
                None
            })
        });
        let [_, sd, low, high] = &vectors;
        if sd.iter().flatten().any(|&sd| sd <= 0.0) {
            problems.push(Problem::new(
                name,
                "sd",
                "is not positive everywhere",
                REMEDY,
            ));
        }
        if let (Some(low), Some(high)) = (low, high)
            && low.iter().zip(high).any(|(low, high)| low > high)
        {
            problems.push(Problem::new(name, "low", "is above high somewhere", REMEDY));
        }
        let mut lengths = KEYS
            .iter()
            .zip(&vectors)
            .filter_map(|(key, vector)| Some((key, vector.as_ref()?.len())));
        if let Some((first, length)) = lengths.next() {
            for (key, other) in lengths.filter(|&(_, other)| other != length) {
                let reason = format!("has {other} numbers where {first} has {length}");
                problems.push(Problem::new(name, key, reason, REMEDY));
            }
        }
        if problems.is_empty() {
            Ok(PriorFile { vectors })
        } else {
            Err(problems)
        }
    }

    /// Whether a box can be made of it.
    pub(super) fn has_box(&self) -> bool {
        self.vectors[2].is_some() && self.vectors[3].is_some()
    }
}

fn read_vector(file: &TensorFile<'_>, name: &str, key: &str) -> Result<Option<Vec<f32>>, Problem> {
    let Some((shape, values)) = file.floats(key, REMEDY)? else {
        return Ok(None);
    };
    if shape.len() != 1 || values.is_empty() {
        let reason = format!("has the shape {shape:?}, not [d]");
        return Err(Problem::new(name, key, reason, REMEDY));
    }
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Problem::new(
            name,
            key,
            "holds a number that is not finite",
            REMEDY,
        ));
    }
    Ok(Some(values))
}

impl Prior {
    /// The prior of codes of `code_length` numbers.
    pub(super) fn new(
        source: &PriorSource,
        file: &PriorFile,
        code_length: usize,
    ) -> Result<Prior, Vec<Problem>> {
        let name = source.file.as_deref().unwrap_or(MANIFEST);
        let mut problems = Vec::new();
        for (key, vector) in KEYS.iter().zip(&file.vectors) {
            if let Some(vector) = vector
                && vector.len() != code_length
            {
                let reason = format!("has {} numbers but a code has {code_length}", vector.len());
                problems.push(Problem::new(name, key, reason, REMEDY));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let [mean, sd, low, high] = file.vectors.clone();
        let everywhere = |ends: &[f32]| {
            let each = code_length / ends.len().max(1);
            let ends = ends.iter().flat_map(|&end| std::iter::repeat_n(end, each));
            let ends: Vec<f32> = ends.collect();
            (ends.len() == code_length).then_some(ends)
        };
        Ok(Prior {
            kind: source.kind,
            mean,
            sd,
            low: low.or_else(|| everywhere(&source.low)),
            high: high.or_else(|| everywhere(&source.high)),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::bundle::test_files::tensors;

    fn source(kind: PriorKind, low: Option<f32>, high: Option<f32>) -> PriorSource {
        PriorSource {
            kind,
            low: low.into_iter().collect(),
            high: high.into_iter().collect(),
            file: None,
        }
    }

    #[test]
    fn numbers_hold_for_every_dimension() {
        let source = source(PriorKind::Box, Some(-1.0), Some(2.0));
        let prior = Prior::new(&source, &PriorFile::default(), 3).unwrap();
        assert_eq!(prior.low, Some(vec![-1.0; 3]));
        assert_eq!(prior.high, Some(vec![2.0; 3]));
        assert_eq!(prior.mean, None);
    }

    #[test]
    fn ends_of_equal_parts_hold_for_their_dimensions() {
        let mut source = source(PriorKind::Box, None, None);
        (source.low, source.high) = (vec![-1.0, 0.0], vec![1.0, 5.0]);
        let prior = Prior::new(&source, &PriorFile::default(), 4).unwrap();
        assert_eq!(prior.low, Some(vec![-1.0, -1.0, 0.0, 0.0]));
        assert_eq!(prior.high, Some(vec![1.0, 1.0, 5.0, 5.0]));
    }

    #[test]
    fn vectors_of_a_file_must_have_the_length_of_a_code() {
        let bytes = tensors(
            &[("mean", &[2], &[1.0, 2.0]), ("sd", &[2], &[1.0, 0.5])],
            &[],
        );
        let file = PriorFile::parse("prior.safetensors", &bytes).unwrap();
        let source = source(PriorKind::Normal, None, None);
        assert_eq!(
            Prior::new(&source, &file, 2).unwrap().sd,
            Some(vec![1.0, 0.5])
        );
        let problems = Prior::new(&source, &file, 3).unwrap_err();
        let keys: Vec<_> = problems.iter().filter_map(|p| p.key.as_deref()).collect();
        assert_eq!(keys, ["mean", "sd"]);
    }

    #[test]
    fn bad_vectors_are_reported_together() {
        let bytes = tensors(
            &[
                ("mean", &[1, 2], &[1.0, 2.0]),
                ("sd", &[2], &[1.0, 0.0]),
                ("low", &[1], &[f32::NAN]),
                ("mode", &[1], &[0.0]),
            ],
            &[],
        );
        let problems = PriorFile::parse("prior.safetensors", &bytes).unwrap_err();
        let keys: Vec<_> = problems.iter().filter_map(|p| p.key.as_deref()).collect();
        assert_eq!(keys, ["mode", "mean", "low", "sd"]);
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let bytes = tensors(&[("mean", &[2], &[1.0, 2.0])], &[]);
        for length in 0..bytes.len() {
            assert!(PriorFile::parse("p", &bytes[..length]).is_err());
        }
    }
}
