//! Weights kept in files beside the model, read only from inside the model's folder.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::wire::TensorProto;
use super::wire::tensor_proto::DataLocation;

/// The folder that external data may come from.
#[derive(Debug, Clone)]
pub(super) struct ExternalFolder {
    /// Canonical path; `None` for a model that came from bytes.
    root: Option<PathBuf>,
}

/// External data of one tensor that cannot be used.
#[derive(Debug)]
pub(super) struct ExternalFault {
    pub(super) location: String,
    pub(super) reason: String,
}

/// Where the bytes of a tensor are said to lie, if that is outside the model file.
pub(super) fn location(tensor: &TensorProto) -> Option<&str> {
    if tensor.data_location() != DataLocation::External {
        return None;
    }
    let mut entries = tensor.external_data.iter();
    let location = entries.find(|entry| entry.key.as_deref() == Some("location"))?;
    location.value.as_deref()
}

impl ExternalFolder {
    /// No folder: every external tensor is refused.
    pub(super) fn none() -> Self {
        ExternalFolder { root: None }
    }

    /// The folder of a model file.
    pub(super) fn of(model: &Path) -> std::io::Result<Self> {
        let folder = match model.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Ok(ExternalFolder {
            root: Some(folder.canonicalize()?),
        })
    }

    /// Reads the `length` bytes that `tensor` refers to. Nothing is allocated before the file is
    /// known to hold them.
    pub(super) fn read(
        &self,
        tensor: &TensorProto,
        length: usize,
    ) -> Result<Vec<u8>, ExternalFault> {
        let entry = |key: &str| {
            tensor
                .external_data
                .iter()
                .find(|entry| entry.key.as_deref() == Some(key))
                .and_then(|entry| entry.value.as_deref())
        };
        let location = entry("location").unwrap_or_default();
        let fault = |reason: String| ExternalFault {
            location: location.to_owned(),
            reason,
        };
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| fault(format!("{key} '{text}' is not a number"))),
        };
        let offset = number("offset")?.unwrap_or(0);
        if let Some(stated) = number("length")?
            && stated != length as u64
        {
            return Err(fault(format!(
                "length {stated} does not fit the tensor's shape, which needs {length} bytes"
            )));
        }
        let path = self.resolve(location).map_err(fault)?;
        let io = |error: std::io::Error| fault(error.to_string());
        let mut file = File::open(&path).map_err(io)?;
        let present = file.metadata().map_err(io)?.len();
        if offset
            .checked_add(length as u64)
            .is_none_or(|end| end > present)
        {
            return Err(fault(format!(
                "the file has {present} bytes, but {length} are needed from {offset} on"
            )));
        }
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|_| fault(format!("{length} bytes do not fit memory")))?;
        file.seek(SeekFrom::Start(offset)).map_err(io)?;
        file.take(length as u64)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(fault(
                "the file became shorter while it was read".to_owned(),
            ))
        }
    }

    /// The regular file at `location`, which lies inside the folder after links are followed.
    fn resolve(&self, location: &str) -> Result<PathBuf, String> {
        let Some(root) = &self.root else {
            return Err("the model was not read from a file, so it has no folder".to_owned());
        };
        let relative = Path::new(location);
        let stays_inside = !location.is_empty()
            && !location.contains(['\\', '\0'])
            && relative
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !stays_inside {
            return Err("the location is not a plain path inside the model's folder".to_owned());
        }
        let path = root
            .join(relative)
            .canonicalize()
            .map_err(|error| error.to_string())?;
        if !path.starts_with(root) {
            return Err("the location leaves the model's folder through a link".to_owned());
        }
        // A pipe or a device would block or never end.
        if !path.is_file() {
            return Err("the location is not a regular file".to_owned());
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::wire::StringStringEntryProto;
    use super::*;

    fn tensor(entries: &[(&str, &str)]) -> TensorProto {
        TensorProto {
            external_data: entries
                .iter()
                .map(|(key, value)| StringStringEntryProto {
                    key: Some((*key).to_owned()),
                    value: Some((*value).to_owned()),
                })
                .collect(),
            ..TensorProto::default()
        }
    }

    fn folder() -> (tempfile::TempDir, ExternalFolder) {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("model");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(outer.path().join("secret"), [9; 16]).unwrap();
        std::fs::write(inner.join("weights.bin"), [0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
        let external = ExternalFolder::of(&inner.join("m.onnx")).unwrap();
        (outer, external)
    }

    #[test]
    fn a_range_inside_the_folder_is_read() {
        let (_guard, external) = folder();
        let bytes = external
            .read(&tensor(&[("location", "weights.bin"), ("offset", "4")]), 4)
            .unwrap();
        assert_eq!(bytes, [4, 5, 6, 7]);
    }

    #[test]
    fn locations_outside_the_folder_are_refused() {
        let (guard, external) = folder();
        std::os::unix::fs::symlink(
            guard.path().join("secret"),
            guard.path().join("model/link.bin"),
        )
        .unwrap();
        let absolute = guard.path().join("secret");
        for location in [
            "../secret",
            "a/../../secret",
            absolute.to_str().unwrap(),
            "link.bin",
            "",
            ".",
            "..\\secret",
        ] {
            let fault = external.read(&tensor(&[("location", location)]), 4);
            assert!(fault.is_err(), "{location}");
        }
    }

    #[test]
    fn ranges_past_the_end_are_refused_before_memory_is_taken() {
        let (_guard, external) = folder();
        for (offset, length) in [("5", 4), ("18446744073709551615", 4), ("0", 1 << 40)] {
            let entries = [("location", "weights.bin"), ("offset", offset)];
            assert!(external.read(&tensor(&entries), length).is_err());
        }
        let lies = [("location", "weights.bin"), ("length", "8")];
        assert!(external.read(&tensor(&lies), 4).is_err());
    }

    #[test]
    fn a_model_from_bytes_has_no_external_data() {
        let read = ExternalFolder::none().read(&tensor(&[("location", "weights.bin")]), 4);
        assert!(read.is_err());
    }
}
