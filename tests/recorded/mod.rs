//! Reading what `tests/python/write_networks.py` wrote: exports of a network, and rows of its
//! inputs, outputs, cotangents and vector-Jacobian products.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use invset::graph::{DType, Graph, Tensor};
use invset::onnx::{LoadOptions, Model};
use safetensors::{Dtype, SafeTensors};

use crate::common;

fn folder() -> PathBuf {
    match std::env::var_os("INVSET_TEST_NETWORKS") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks"),
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// The names of all networks recorded.
pub(crate) fn names() -> Vec<String> {
    let folders = listed(&folder()).into_iter().filter(|path| path.is_dir());
    folders
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// A network: its exports and its recorded rows.
pub(crate) struct Network {
    folder: PathBuf,
    x: Recorded,
    y: Recorded,
    y_bar: Recorded,
    x_bar: Recorded,
}

/// A recorded tensor: its shape, the first axis being rows.
struct Recorded {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Recorded {
    fn rows(&self, count: usize) -> Recorded {
        let mut shape = self.shape.clone();
        shape[0] = count;
        let length: usize = shape.iter().product();
        Recorded {
            shape,
            values: self.values[..length].to_vec(),
        }
    }

    fn tensor(&self, dtype: DType) -> Tensor {
        Tensor::from_f64(dtype, self.shape.as_slice(), &self.values).unwrap()
    }
}

fn read(tensors: &SafeTensors<'_>, name: &str) -> Recorded {
    let view = tensors.tensor(name).unwrap();
    let data = view.data();
    let values = match view.dtype() {
        Dtype::F32 => {
            let (words, _) = data.as_chunks::<4>();
            words
                .iter()
                .map(|&w| f64::from(f32::from_le_bytes(w)))
                .collect()
        }
        Dtype::F64 => {
            let (words, _) = data.as_chunks::<8>();
            words.iter().map(|&w| f64::from_le_bytes(w)).collect()
        }
        other => panic!("{name} is {other}"),
    };
    Recorded {
        shape: view.shape().to_vec(),
        values,
    }
}

impl Network {
    pub(crate) fn open(name: &str) -> Network {
        let folder = folder().join(name);
        let bytes = std::fs::read(folder.join("vectors.safetensors"))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        Network {
            x: read(&tensors, "x"),
            y: read(&tensors, "y"),
            y_bar: read(&tensors, "y_bar"),
            x_bar: read(&tensors, "x_bar"),
            folder,
        }
    }

    /// All exports, by name.
    pub(crate) fn exports(&self) -> Vec<Export> {
        listed(&self.folder)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|suffix| suffix == "onnx"))
            .map(|path| Export {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                path,
            })
            .collect()
    }

    /// The first rows.
    pub(crate) fn rows(&self, count: usize) -> Rows {
        Rows {
            x: self.x.rows(count),
            y: self.y.rows(count),
            y_bar: self.y_bar.rows(count),
            x_bar: self.x_bar.rows(count),
        }
    }
}

/// One ONNX file of a network.
pub(crate) struct Export {
    /// Exporter, opset, batch.
    pub(crate) name: String,
    path: PathBuf,
}

impl Export {
    /// The exporter that wrote it.
    pub(crate) fn exporter(&self) -> &str {
        self.name.split('-').next().unwrap()
    }

    /// One row and several, or the only batch of the file.
    pub(crate) fn batches(&self) -> &'static [usize] {
        match self.name.ends_with("-dynamic") {
            true => &[1, 3],
            false => &[1],
        }
    }

    /// What `invset grad` makes of the file: inputs `x`, `y_bar`; outputs `y`, `x_bar`.
    pub(crate) fn differentiated(&self, batch: usize) -> Result<Gradient, String> {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("gradient.onnx");
        let batch_text = batch.to_string();
        let (forward, out) = (self.path.to_str().unwrap(), file.to_str().unwrap());
        let output = common::run(&[
            "grad",
            "--forward",
            forward,
            "--wrt",
            "x",
            "--of",
            "y",
            "--batch",
            &batch_text,
            "-o",
            out,
        ]);
        match common::failure(&output) {
            (0, _) => Ok(Gradient {
                bytes: std::fs::read(&file).unwrap(),
                batch,
            }),
            (code, stderr) => Err(format!("exit code {code}: {stderr}")),
        }
    }
}

/// A gradient graph as `invset grad` wrote it.
pub(crate) struct Gradient {
    pub(crate) bytes: Vec<u8>,
    batch: usize,
}

impl Gradient {
    pub(crate) fn graph(&self) -> Graph {
        let options = LoadOptions {
            batch: self.batch,
            ..LoadOptions::default()
        };
        let model = Model::from_bytes(self.bytes.clone(), "gradient.onnx").unwrap();
        model.graph(&options).unwrap()
    }
}

/// Some rows of what was recorded.
pub(crate) struct Rows {
    x: Recorded,
    y: Recorded,
    y_bar: Recorded,
    x_bar: Recorded,
}

impl Rows {
    /// `x` and `y_bar`.
    pub(crate) fn inputs(&self, dtype: DType) -> Vec<Tensor> {
        vec![self.x.tensor(dtype), self.y_bar.tensor(dtype)]
    }

    /// Whether `y` and `x_bar` are as recorded, to `tolerance` of the largest entry of each.
    pub(crate) fn compare(&self, found: &[Vec<f64>], tolerance: f64) -> Result<(), String> {
        for (name, expected, found) in
            [("y", &self.y, &found[0]), ("x_bar", &self.x_bar, &found[1])]
        {
            let expected = &expected.values;
            if found.len() != expected.len() {
                return Err(format!(
                    "{name} has {} entries, not {}",
                    found.len(),
                    expected.len()
                ));
            }
            let scale = expected
                .iter()
                .fold(0.0, |largest: f64, v| largest.max(v.abs()));
            let errors = found.iter().zip(expected).map(|(f, e)| (f - e).abs());
            let worst = errors.fold(0.0, |worst: f64, error| match error.is_finite() {
                true => worst.max(error),
                false => f64::INFINITY,
            });
            let relative = worst / scale;
            if relative > tolerance {
                return Err(format!(
                    "{name} is off by {relative:.1e} of its largest entry"
                ));
            }
        }
        Ok(())
    }
}
