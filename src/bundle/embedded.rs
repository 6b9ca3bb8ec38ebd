//! The bundles compiled into the binary, file by file.

/// A bundle whose files are part of the binary.
#[derive(Debug)]
pub struct EmbeddedBundle {
    /// Its name, as given to `--bundle`.
    pub name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

impl EmbeddedBundle {
    /// The bytes of a file.
    pub fn file(&self, name: &str) -> Option<&'static [u8]> {
        self.files
            .iter()
            .find(|(file, _)| *file == name)
            .map(|&(_, bytes)| bytes)
    }

    /// Names of its files.
    pub fn file_names(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().map(|&(file, _)| file)
    }
}

/// A file of a bundle in `models/`, with its bytes.
macro_rules! file {
    ($path:literal / $file:literal) => {
        (
            $file,
            include_bytes!(concat!("../../models/", $path, "/", $file)),
        )
    };
}

/// Every bundle in the binary.
pub static EMBEDDED: &[EmbeddedBundle] = &[
    EmbeddedBundle {
        name: "scenes64",
        files: &[
            file!("scenes64" / "bundle.toml"),
            file!("scenes64" / "classifier.onnx"),
            file!("scenes64" / "generator.onnx"),
            file!("scenes64" / "inverse.onnx"),
            file!("scenes64" / "judge.onnx"),
            file!("scenes64" / "labels.txt"),
            file!("scenes64" / "prior.safetensors"),
            file!("scenes64" / "stats.safetensors"),
        ],
    },
    EmbeddedBundle {
        name: "fashion",
        files: &[
            file!("fashion" / "bundle.toml"),
            file!("fashion" / "classifier.onnx"),
            file!("fashion" / "encoder.onnx"),
            file!("fashion" / "generator.onnx"),
            file!("fashion" / "inverse.onnx"),
            file!("fashion" / "judge.onnx"),
            file!("fashion" / "labels.txt"),
            file!("fashion" / "prior.safetensors"),
            file!("fashion" / "stats.safetensors"),
        ],
    },
    EmbeddedBundle {
        name: "halfspace",
        files: &[
            file!("halfspace" / "bundle.toml"),
            file!("halfspace" / "classifier.onnx"),
            file!("halfspace" / "labels.txt"),
            file!("halfspace" / "stats.safetensors"),
        ],
    },
    EmbeddedBundle {
        name: "heartbeats",
        files: &[
            file!("heartbeats" / "bundle.toml"),
            file!("heartbeats" / "channels.txt"),
            file!("heartbeats" / "classifier.onnx"),
            file!("heartbeats" / "generator.onnx"),
            file!("heartbeats" / "inverse.onnx"),
            file!("heartbeats" / "judge.onnx"),
            file!("heartbeats" / "labels.txt"),
            file!("heartbeats" / "prior.safetensors"),
            file!("heartbeats" / "stats.safetensors"),
        ],
    },
];
