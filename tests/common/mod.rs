//! What the tests from outside share: running the binary, and what else the machine has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Each test file uses its own part of this module.
#![allow(dead_code, unreachable_pub)]

#[cfg(unix)]
pub mod pty;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary, on the embedded runtime unless the test says otherwise, away from the user's
/// settings, with the smallest bundle of garments unless the test names another.
pub fn invset() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invset"));
    command
        .env_remove("ORT_DYLIB_PATH")
        .env_remove("VIRTUAL_ENV")
        .env_remove("CONDA_PREFIX")
        .env("INVSET_BUNDLE", "fashion")
        .env(
            "INVSET_CACHE",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
        )
        .env("INVSET_TEST", "1");
    command
}

/// Runs the binary on the embedded runtime.
pub fn run(arguments: &[&str]) -> Output {
    invset()
        .args(arguments)
        .args(["--runtime", "embedded"])
        .output()
        .unwrap()
}

/// The exit code, and stderr as text.
pub fn failure(output: &Output) -> (i32, String) {
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The JSON object on stdout of a run that went well.
pub fn json(output: &Output) -> serde_json::Value {
    let (code, stderr) = failure(output);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A copy of a built-in bundle, to change.
pub fn bundle_copy(name: &str, folder: &Path) -> PathBuf {
    let copy = folder.join(name);
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(repository("models").join(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

/// A file of the shared data beside the repository; says by name what is skipped without it.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = repository("../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    eprintln!("SKIPPED: ../shared/data/{path} is not here");
    None
}

/// An ONNX Runtime library named by `INVSET_TEST_ONNXRUNTIME`; says so where there is none.
pub fn onnxruntime() -> Option<PathBuf> {
    from_environment("INVSET_TEST_ONNXRUNTIME")
}

/// A Python with onnxruntime and numpy named by `INVSET_TEST_PYTHON`; says so where there is none.
pub fn python() -> Option<PathBuf> {
    from_environment("INVSET_TEST_PYTHON")
}

fn from_environment(variable: &str) -> Option<PathBuf> {
    match std::env::var_os(variable).map(PathBuf::from) {
        Some(path) if path.exists() => Some(path),
        Some(path) => panic!("{variable} names {}, which is not there", path.display()),
        None => {
            eprintln!("SKIPPED: {variable} is not set");
            None
        }
    }
}

/// The bytes that a repeated run must reproduce: samples and pictures.
pub fn fingerprint(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = vec![run.join("samples.safetensors"), run.join("samples.jsonl")];
    for entry in std::fs::read_dir(run.join("images")).unwrap() {
        files.push(entry.unwrap().path());
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(run).unwrap().display().to_string();
            let bytes = std::fs::read(&path).unwrap_or_default();
            (name, bytes)
        })
        .collect()
}

/// Asserts that two runs saved the same bytes.
pub fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (fingerprint(one), fingerprint(other));
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&one), names(&other));
    for ((name, a), (_, b)) in one.iter().zip(&other) {
        assert!(a == b, "{name} differs");
    }
}
