//! CUDA in ONNX Runtime: its options, the libraries it needs, and whether it truly runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ort::ep::{self, ArenaExtendStrategy, ExecutionProvider, ExecutionProviderDispatch};

use super::find;
use super::library::Library;
use super::session;
use crate::runtime::{Input, RuntimeError, Session, one_line};

/// The command that mends what is missing on the side of ONNX Runtime.
const INSTALL: &str = "`invset runtime install --cuda`";

/// What most machines lack.
const NO_DRIVER: &str = "no NVIDIA driver on this machine";

/// The provider for one device.
///
/// TF32 is off unless asked for, though on in the library. cuDNN's
/// heuristic finds a plan for a fixed shape at once, and the arena grows by what is asked for
/// rather than to the next power of two, so that a memory cap means what it says.
pub(super) fn provider(device: i32, tensor_float32: bool) -> ExecutionProviderDispatch {
    ep::CUDA::default()
        .with_device_id(device)
        .with_tf32(tensor_float32)
        .with_conv_algorithm_search(ep::cuda::ConvAlgorithmSearch::Heuristic)
        .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
        .build()
        .error_on_failure()
}

/// Whether CUDA is worth a try, which takes a second: the library has it and a driver is there.
///
/// # Errors
/// One line that says what is missing.
pub(super) fn worth_a_try() -> Result<(), String> {
    match (driver().is_some(), compiled_in()) {
        (true, true) => Ok(()),
        (true, false) => Err(format!("this ONNX Runtime has no CUDA support: {INSTALL}")),
        (false, _) => Err(NO_DRIVER.to_owned()),
    }
}

/// Whether the loaded library was built with CUDA. It says nothing about the machine.
fn compiled_in() -> bool {
    ep::CUDA::is_available().unwrap_or(false)
}

/// Version of the NVIDIA driver, or where its library lies, if there is one.
pub(in crate::runtime) fn driver() -> Option<String> {
    let version = fs::read_to_string("/proc/driver/nvidia/version")
        .ok()
        .and_then(|text| driver_version(&text));
    version.or_else(|| {
        let folders = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let usual = [
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/usr/lib",
            "/usr/lib/wsl/lib",
            "/usr/local/nvidia/lib64",
        ];
        std::env::split_paths(&folders)
            .chain(usual.iter().map(PathBuf::from))
            .map(|folder| folder.join("libcuda.so.1"))
            .find(|path| path.exists())
            .map(|path| path.display().to_string())
    })
}

/// The version in `/proc/driver/nvidia/version`: the first word that is numbers and dots.
fn driver_version(text: &str) -> Option<String> {
    let line = text.lines().next()?;
    line.split_whitespace()
        .find(|word| word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.'))
        .map(ToOwned::to_owned)
}

/// Loads what the provider needs and runs a convolution on the device.
///
/// # Errors
/// [`RuntimeError::Unavailable`] with the cause and what mends it.
pub(super) fn prepare(
    library: &Library,
    device: i32,
    label: &Arc<str>,
) -> Result<(), RuntimeError> {
    if !compiled_in() {
        return Err(match driver() {
            Some(_) => unavailable("this ONNX Runtime has no CUDA support", INSTALL),
            None => unavailable(NO_DRIVER, "install one, or use `--device cpu`"),
        });
    }
    if let Some(site) = find::site_of(&library.candidate.path) {
        preload(&site);
    }
    probe(library, device, label).map_err(|message| {
        let (reason, remedy) = explain(&message);
        unavailable(&reason, &remedy)
    })
}

fn unavailable(reason: &str, remedy: &str) -> RuntimeError {
    RuntimeError::Unavailable {
        library: "CUDA".to_owned(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// The libraries of CUDA and cuDNN, those that others need first. PyPI's wheels spread them over
/// `nvidia/*/lib`, where the system's loader does not look; a library that is loaded already is
/// found by its name.
const LIBRARIES: &[&str] = &[
    "libcudart.so.",
    "libnvJitLink.so.",
    "libcublasLt.so.",
    "libcublas.so.",
    "libnvrtc.so.",
    "libcurand.so.",
    "libcufft.so.",
    "libcudnn.so.",
    "libcudnn_graph.so.",
    "libcudnn_ops.so.",
    "libcudnn_heuristic.so.",
    "libcudnn_adv.so.",
    "libcudnn_cnn.so.",
    "libcudnn_engines_precompiled.so.",
    "libcudnn_engines_runtime_compiled.so.",
];

/// Loads the libraries that lie beside `onnxruntime` in a Python environment. A failure shows in
/// the probe, with the name of what is missing.
fn preload(site: &Path) {
    for path in libraries(site) {
        if let Err(error) = ort::util::preload_dylib(&path) {
            tracing::warn!("{}: {error}", path.display());
        }
    }
}

/// The files under `site/nvidia/*/lib` that match [`LIBRARIES`], in its order.
fn libraries(site: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        entries.sort();
        entries
    };
    let files: Vec<PathBuf> = list(&site.join("nvidia"))
        .iter()
        .flat_map(|package| list(&package.join("lib")))
        .collect();
    let named = |path: &PathBuf, stem: &str| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(stem)
            .is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit()))
    };
    LIBRARIES
        .iter()
        .flat_map(|stem| files.iter().filter(move |path| named(path, stem)).cloned())
        .collect()
}

/// `y = Conv(x, w)`, x `[1, 1, 4, 4]`, w `[1, 1, 3, 3]`, opset 18. A convolution, since cuDNN is
/// opened only when one runs.
pub(in crate::runtime) const PROBE: &[u8] = b"\
    \x08\x08:\xcd\x01\nm\n\x01x\n\x01w\x12\x01y\"\x04Conv*\x12\n\x09dilations@\x01@\x01\xa0\
    \x01\x07*\x0c\n\x05group\x18\x01\xa0\x01\x02*\x15\n\x0ckernel_shape@\x03@\x03\xa0\x01\
    \x07*\x11\n\x04pads@\x00@\x00@\x00@\x00\xa0\x01\x07*\x10\n\x07strides@\x01@\x01\xa0\x01\
    \x07\x12\x05probeZ\x1b\n\x01x\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\x01\n\x02\x08\x01\
    \n\x02\x08\x04\n\x02\x08\x04Z\x1b\n\x01w\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\x01\n\
    \x02\x08\x01\n\x02\x08\x03\n\x02\x08\x03b\x1b\n\x01y\x12\x16\n\x14\x08\x01\x12\x10\n\x02\
    \x08\x01\n\x02\x08\x01\n\x02\x08\x02\n\x02\x08\x02B\x04\n\x00\x10\x12";

/// Runs the probe with every node on the device.
fn probe(library: &Library, device: i32, label: &Arc<str>) -> Result<(), String> {
    let mut session =
        session::load_on_device_only(&library.environment, provider(device, false), PROBE, label)
            .map_err(|error| error.to_string())?;
    let image = [1.0f32; 16];
    let kernel = [1.0f32; 9];
    let results = session
        .run(&[
            Input::F32 {
                shape: &[1, 1, 4, 4],
                values: &image,
            },
            Input::F32 {
                shape: &[1, 1, 3, 3],
                values: &kernel,
            },
        ])
        .map_err(|error| error.to_string())?;
    let sums = results
        .first()
        .ok_or_else(|| "the probe has no result".to_owned())?
        .read_f32()
        .map_err(|error| error.to_string())?
        .to_vec();
    if sums == [9.0; 4] {
        Ok(())
    } else {
        Err(format!("a convolution of ones gave {sums:?} instead of 9"))
    }
}

/// Reason and remedy for a message of ONNX Runtime, each one line that a person can act on.
fn explain(message: &str) -> (String, String) {
    let cause = message
        .split_once("with error: ")
        .map_or(message, |(_, cause)| cause);
    let mentions = |words: &[&str]| words.iter().any(|word| cause.contains(word));
    let use_cpu = "or use `--device cpu`";
    if mentions(&["libcuda.so"]) {
        (NO_DRIVER.to_owned(), format!("install one, {use_cpu}"))
    } else if mentions(&[
        "libcudnn",
        "CUDNN_STATUS_NOT_INITIALIZED",
        "CUDNN_STATUS_SUBLIBRARY",
    ]) {
        (
            format!("cuDNN 9 cannot be loaded ({})", first_words(cause)),
            INSTALL.to_owned(),
        )
    } else if mentions(&[
        "libcublas",
        "libcudart",
        "libcurand",
        "libcufft",
        "libnvrtc",
        "libnvJitLink",
    ]) {
        (
            format!(
                "the CUDA libraries cannot be loaded ({})",
                first_words(cause)
            ),
            INSTALL.to_owned(),
        )
    } else if mentions(&["libonnxruntime_providers"]) {
        (
            "ONNX Runtime's CUDA provider is not beside the library".to_owned(),
            INSTALL.to_owned(),
        )
    } else if mentions(&["driver version is insufficient", "CUDA failure 35"]) {
        (
            "the NVIDIA driver is older than this CUDA".to_owned(),
            format!("update the driver, {use_cpu}"),
        )
    } else if mentions(&["no CUDA-capable device", "CUDA failure 100"]) {
        (
            "no CUDA device is visible".to_owned(),
            format!("look at CUDA_VISIBLE_DEVICES, {use_cpu}"),
        )
    } else {
        (one_line(cause), "use `--device cpu`".to_owned())
    }
}

/// A cause up to its second colon: the file and what is wrong with it.
fn first_words(cause: &str) -> String {
    one_line(
        cause
            .splitn(3, ": ")
            .take(2)
            .collect::<Vec<_>>()
            .join(": ")
            .as_str(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_missing_cuda_library_names_the_command_that_installs_it() {
        let (reason, remedy) = explain(
            "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2043 FAIL : Failed \
             to load library /x/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: \
             cannot open shared object file: No such file or directory",
        );
        assert_eq!(
            reason,
            "the CUDA libraries cannot be loaded (libcublasLt.so.13: cannot open shared object file)"
        );
        assert_eq!(remedy, INSTALL);
    }

    #[test]
    fn a_missing_driver_is_called_one() {
        let (reason, _) = explain(
            "Failed to load library /x.so with error: libcuda.so.1: cannot open shared object file",
        );
        assert_eq!(reason, NO_DRIVER);
    }

    #[test]
    fn the_driver_version_is_read_from_its_first_line() {
        let text = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27\nGCC";
        assert_eq!(driver_version(text).unwrap(), "580.65.06");
    }

    #[test]
    fn libraries_of_wheels_come_in_the_order_of_their_needs() {
        let site = tempfile::tempdir().unwrap();
        for file in [
            "nvidia/cudnn/lib/libcudnn.so.9",
            "nvidia/cu13/lib/libcublas.so.13",
            "nvidia/cu13/lib/libcublasLt.so.13",
            "nvidia/cu13/lib/libcudart.so.13",
            "nvidia/cu13/lib/libother.so.1",
        ] {
            let path = site.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        let names: Vec<String> = libraries(site.path())
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            [
                "libcudart.so.13",
                "libcublasLt.so.13",
                "libcublas.so.13",
                "libcudnn.so.9"
            ]
        );
    }
}
