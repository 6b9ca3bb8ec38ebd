//! `invset runtime install`: ONNX Runtime from the wheels of the Python registry that `pip` is set
//! up for, into a folder of our own.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::runtime::RuntimeError;
use crate::runtime::onnxruntime::{Tried, find, try_library};
use crate::text::shell_word;

/// The CPU build.
const CPU_WHEELS: &[&str] = &["onnxruntime==1.32.0"];

/// The CUDA build and the libraries it needs: those it is linked to (cuBLAS, cuRAND, the runtime)
/// and those it opens while it runs. Compatible releases only: the next major has other sonames.
const CUDA_WHEELS: &[&str] = &[
    "onnxruntime-gpu==1.31.1",
    "nvidia-cublas~=13.0",
    "nvidia-cuda-runtime~=13.0",
    "nvidia-cuda-nvrtc~=13.0",
    "nvidia-cufft~=12.0",
    "nvidia-curand~=10.0",
    "nvidia-cudnn-cu13~=9.0",
    "nvidia-nvjitlink~=13.0",
];

/// Flags of `invset runtime`.
#[derive(Debug, clap::Args)]
pub struct RuntimeArgs {
    #[command(subcommand)]
    command: RuntimeCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RuntimeCommand {
    /// Install ONNX Runtime with pip into a folder of invset's own
    Install(InstallArgs),
}

/// Flags of `invset runtime install`.
#[derive(Debug, clap::Args)]
struct InstallArgs {
    /// The CUDA build and NVIDIA's libraries for it (about 1.6 GB) rather than the CPU build (28 MB)
    #[arg(long)]
    cuda: bool,
    /// The folder to install into (default: under the data folder, where invset looks by itself)
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Print the command instead of running it
    #[arg(long)]
    dry_run: bool,
}

/// Runs `invset runtime`.
///
/// # Errors
/// [`RuntimeError::Unavailable`]: Python, pip, the network or the installed library fail;
/// [`io::Error`]: a folder cannot be written. Nothing is left behind.
pub fn run(args: &RuntimeArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let RuntimeCommand::Install(args) = &args.command;
    let target = target(args)?;
    if args.dry_run {
        writeln!(out, "{}", shell_line(&pip_arguments(&target, args.cuda)))?;
        return Ok(());
    }
    refuse_foreign(&target)?;
    check_pip()?;
    let tried = install(&target, args.cuda)?;
    writeln!(
        out,
        "ONNX Runtime {} is installed in {}",
        tried.version,
        target.display()
    )?;
    match tried.cuda {
        Some(Ok(())) => writeln!(out, "CUDA works")?,
        Some(Err(reason)) => writeln!(out, "CUDA does not work yet: {reason}")?,
        None => {}
    }
    let found_by_itself = find::install_folder().is_some_and(|folder| folder == target);
    if let (false, Some(library)) = (found_by_itself, find::in_site_directory(&target).first()) {
        writeln!(
            out,
            "to use it: export ORT_DYLIB_PATH={}",
            library.display()
        )?;
    }
    Ok(())
}

fn target(args: &InstallArgs) -> Result<PathBuf, RuntimeError> {
    let chosen = match &args.dir {
        Some(folder) => std::path::absolute(folder).ok(),
        None => find::install_folder(),
    };
    chosen.ok_or_else(|| {
        unavailable(
            "ONNX Runtime",
            "there is no home folder to install into".to_owned(),
            "name a folder with `--dir`",
        )
    })
}

/// The folder is replaced as a whole, so it must be new, empty or an earlier installation.
fn refuse_foreign(target: &Path) -> Result<(), RuntimeError> {
    let mut entries = match fs::read_dir(target) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            let reason = format!("{}: {error}", target.display());
            return Err(unavailable(
                "ONNX Runtime",
                reason,
                "choose another `--dir`",
            ));
        }
    };
    if target.join("onnxruntime").is_dir() || entries.next().is_none() {
        return Ok(());
    }
    Err(unavailable(
        "ONNX Runtime",
        format!("{} holds other files", target.display()),
        "choose an empty or new folder with `--dir`",
    ))
}

fn check_pip() -> Result<(), RuntimeError> {
    let elsewhere = "or set ORT_DYLIB_PATH to an ONNX Runtime library that you have";
    let status = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .output();
    match status {
        Err(error) => Err(unavailable(
            "python3",
            format!("it cannot be run: {error}"),
            &format!("install Python 3 with pip, {elsewhere}"),
        )),
        Ok(output) if !output.status.success() => Err(unavailable(
            "python3",
            "it has no pip".to_owned(),
            &format!("run `python3 -m ensurepip --user`, {elsewhere}"),
        )),
        Ok(_) => Ok(()),
    }
}

/// Installs beside `target` and moves the result into its place once the library loads.
fn install(target: &Path, cuda: bool) -> anyhow::Result<Tried> {
    // Ctrl-C ends pip; this process lives on to remove what pip left.
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted)?;
    let parent = target.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let workplace = tempfile::Builder::new()
        .prefix(".invset-install-")
        .tempdir_in(parent)?;
    let fresh = workplace.path().join("new");
    let status = Command::new("python3")
        .args(pip_arguments(&fresh, cuda))
        .stdout(io::stderr())
        .status()?;
    if !status.success() {
        return Err(unavailable(
            "pip",
            format!("it failed ({status}); its messages stand above"),
            "look at the network and pip's settings, or set ORT_DYLIB_PATH to a library you have",
        )
        .into());
    }
    let libraries = find::in_site_directory(&fresh);
    let tried = libraries
        .first()
        .ok_or_else(|| "the wheel holds no library for this system".to_owned())
        .and_then(|library| try_library(library, cuda))
        .map_err(|reason| {
            unavailable(
                "the installed ONNX Runtime",
                reason,
                "use `--runtime embedded`, or set ORT_DYLIB_PATH to a library that fits this system",
            )
        })?;
    let old = workplace.path().join("old");
    let replaces = target.exists();
    if replaces {
        fs::rename(target, &old)?;
    }
    if let Err(error) = fs::rename(&fresh, target) {
        if replaces {
            fs::rename(&old, target)?;
        }
        return Err(error.into());
    }
    Ok(tried)
}

fn pip_arguments(target: &Path, cuda: bool) -> Vec<OsString> {
    let fixed = [
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--target",
    ];
    let wheels = if cuda { CUDA_WHEELS } else { CPU_WHEELS };
    fixed
        .into_iter()
        .map(OsString::from)
        .chain([target.as_os_str().to_owned()])
        .chain(wheels.iter().map(OsString::from))
        .collect()
}

/// The command as one line for a shell.
fn shell_line(arguments: &[OsString]) -> String {
    let quoted = arguments
        .iter()
        .map(|argument| shell_word(&argument.to_string_lossy()));
    let quoted: Vec<String> = quoted.collect();
    format!("python3 {}", quoted.join(" "))
}

fn unavailable(library: &str, reason: String, remedy: &str) -> RuntimeError {
    RuntimeError::Unavailable {
        library: library.to_owned(),
        reason,
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn dry_run(cuda: bool) -> String {
        let args = RuntimeArgs {
            command: RuntimeCommand::Install(InstallArgs {
                cuda,
                dir: Some(PathBuf::from("/tmp/with space")),
                dry_run: true,
            }),
        };
        let mut out = Vec::new();
        run(&args, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_dry_run_prints_a_command_that_a_shell_takes() {
        let line = dry_run(false);
        assert!(
            line.starts_with("python3 -m pip install --no-deps"),
            "{line}"
        );
        assert!(
            line.ends_with("--target '/tmp/with space' onnxruntime==1.32.0\n"),
            "{line}"
        );
    }

    #[test]
    fn the_cuda_build_brings_the_libraries_it_is_linked_to() {
        let line = dry_run(true);
        for wheel in [
            "onnxruntime-gpu",
            "nvidia-cublas",
            "nvidia-cudnn-cu13",
            "nvidia-curand",
        ] {
            assert!(line.contains(wheel), "{line}");
        }
    }

    #[test]
    fn a_folder_of_somebody_elses_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_foreign(folder.path()).is_ok());
        fs::write(folder.path().join("thesis.tex"), b"").unwrap();
        assert!(refuse_foreign(folder.path()).is_err());
    }
}
