//! Where an ONNX Runtime library may lie: what the user named, what `invset runtime install` put
//! in place, the active Python environment, the system. Found by looking at paths; no Python runs.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Serialize;

/// Who put a library where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A path given on the command line or in the configuration.
    Flag,
    /// `ORT_DYLIB_PATH`.
    Environment,
    /// `invset runtime install`.
    Installed,
    /// A Python environment.
    Python,
    /// The system's loader.
    System,
}

impl Origin {
    /// Whether the user named this library: then no other one stands in for it.
    pub fn is_explicit(self) -> bool {
        matches!(self, Origin::Flag | Origin::Environment)
    }
}

/// A library that may be ONNX Runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its path; a bare name for [`Origin::System`].
    pub path: PathBuf,
    /// Who put it there.
    pub origin: Origin,
}

/// Every candidate, best first. An explicit one is the only one.
pub(super) fn candidates(flag: Option<&Path>) -> Vec<Candidate> {
    let explicit = flag
        .map(|path| (path.to_path_buf(), Origin::Flag))
        .or_else(|| Some((variable("ORT_DYLIB_PATH")?, Origin::Environment)));
    if let Some((path, origin)) = explicit {
        return vec![Candidate {
            path: absolute(path),
            origin,
        }];
    }
    let installed = install_folder().into_iter().flat_map(|folder| {
        in_site_directory(&folder)
            .into_iter()
            .map(|path| (path, Origin::Installed))
    });
    let python = site_directories().into_iter().flat_map(|folder| {
        in_site_directory(&folder)
            .into_iter()
            .map(|path| (path, Origin::Python))
    });
    let system = system_names().map(|name| (PathBuf::from(name), Origin::System));
    let mut seen = HashSet::new();
    installed
        .chain(python)
        .chain(system)
        .filter(|(path, _)| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())))
        .map(|(path, origin)| Candidate { path, origin })
        .collect()
}

/// The folder that `invset runtime install` fills, laid out like a `site-packages`.
pub fn install_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("invset").join("onnxruntime"))
}

/// The libraries inside `folder/onnxruntime/capi`, newest first.
pub fn in_site_directory(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = children(&folder.join("onnxruntime").join("capi"))
        .into_iter()
        .filter(|path| is_library(path))
        .collect();
    found.sort_by_key(|path| std::cmp::Reverse(version_key(path)));
    found
}

/// The `site-packages` folder that a library inside a Python package belongs to.
pub(super) fn site_of(library: &Path) -> Option<PathBuf> {
    let capi = library.parent()?;
    let package = capi.parent()?;
    let is_package = capi.file_name()? == "capi" && package.file_name()? == "onnxruntime";
    is_package.then(|| package.parent().map(Path::to_path_buf))?
}

/// The environment variable as a path, if it is set and not empty.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// A path as seen from the working directory; the loader would start at the executable.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Names that the system's loader resolves.
fn system_names() -> impl Iterator<Item = &'static str> {
    if cfg!(target_os = "macos") {
        ["libonnxruntime.dylib", "libonnxruntime.1.dylib"].into_iter()
    } else {
        ["libonnxruntime.so", "libonnxruntime.so.1"].into_iter()
    }
}

/// Whether the file name is that of ONNX Runtime itself rather than of a provider.
fn is_library(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.strip_prefix("libonnxruntime."))
        .is_some_and(|rest| rest.starts_with("so") || rest.ends_with("dylib"))
}

/// The numbers in a file name, so that 1.9 comes before 1.32.
fn version_key(path: &Path) -> Vec<u64> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The entries of a folder; none where it cannot be read.
fn children(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// Package folders of the active Python environments, the most specific first.
fn site_directories() -> Vec<PathBuf> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(variable);
    let python = variable("PATH").and_then(|path| {
        env::split_paths(&path)
            .map(|folder| folder.join("python3"))
            .find(|program| program.is_file())
    });
    // A virtual environment's python3 is a link to the system's: both prefixes count.
    let linked = python.clone();
    let target = python.and_then(|program| program.canonicalize().ok());
    let prefixes = [linked, target].into_iter().flatten();
    let prefixes = prefixes.filter_map(|program| Some(program.parent()?.parent()?.to_path_buf()));
    let user = variable("HOME").map(|home| home.join(".local"));
    let local = Some(PathBuf::from("/usr/local"));
    let mut seen = HashSet::new();
    active
        .chain(prefixes)
        .chain(user)
        .chain(local)
        .filter(|prefix| seen.insert(prefix.clone()))
        .flat_map(|prefix| package_folders(&prefix))
        .collect()
}

/// The package folders under one installation prefix, newest Python first.
fn package_folders(prefix: &Path) -> Vec<PathBuf> {
    let mut pythons: Vec<PathBuf> = ["lib", "lib64"]
        .into_iter()
        .flat_map(|library| children(&prefix.join(library)))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("python3")
        })
        .collect();
    pythons.sort_by_key(|path| std::cmp::Reverse(version_key(path)));
    pythons
        .into_iter()
        .flat_map(|python| [python.join("site-packages"), python.join("dist-packages")])
        .filter(|folder| folder.is_dir())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }

    #[test]
    fn a_named_library_is_the_only_candidate() {
        let found = candidates(Some(Path::new("/nowhere/libonnxruntime.so")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].origin, Origin::Flag);
        assert!(found[0].origin.is_explicit());
    }

    #[test]
    fn the_newest_library_of_a_package_comes_first_and_providers_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let capi = folder.path().join("onnxruntime/capi");
        touch(&capi.join("libonnxruntime.so.1.9.0"));
        touch(&capi.join("libonnxruntime.so.1.32.0"));
        touch(&capi.join("libonnxruntime_providers_shared.so"));
        let found = in_site_directory(folder.path());
        assert_eq!(
            found,
            [
                capi.join("libonnxruntime.so.1.32.0"),
                capi.join("libonnxruntime.so.1.9.0")
            ]
        );
        assert_eq!(site_of(&found[0]).unwrap(), folder.path());
    }

    #[test]
    fn package_folders_put_the_newest_python_first() {
        let prefix = tempfile::tempdir().unwrap();
        for python in ["python3.9", "python3.11"] {
            let folder = prefix.path().join("lib").join(python).join("site-packages");
            fs::create_dir_all(folder).unwrap();
        }
        let found = package_folders(prefix.path());
        assert!(found[0].to_string_lossy().contains("python3.11"));
        assert_eq!(found.len(), 2);
    }
}
