//! `invset doctor`: which runtime and device are used, why not better ones, and what the terminal
//! and the machine offer.

mod machine;
mod pictures;

use std::io::Write;
use std::time::Instant;

use serde::Serialize;

use super::Global;
use crate::machine::{Gpu, Gpus};
use crate::preview::{Facts, GraphicsChoice, terminal_facts};
use crate::runtime::onnxruntime::Outcome;
use crate::runtime::onnxruntime::find::Origin;
use crate::runtime::{self, Backend, Survey};
use crate::text::clean;
use machine::{Configuration, Folders, Machine, Terminal};
use pictures::Pictures;

/// Flags of `invset doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    /// What runs networks; absent where what was asked for cannot be had.
    backend: Option<Backend>,
    /// Why it cannot.
    error: Option<String>,
    /// Why it is not a better one, with the command that mends it.
    notes: Vec<String>,
    libraries: Vec<LibraryLine>,
    nvidia_driver: Option<String>,
    gpus: Vec<Gpu>,
    machine: Machine,
    terminal: Terminal,
    pictures: Pictures,
    folders: Folders,
    configuration: Configuration,
}

/// A library that was looked at.
#[derive(Serialize)]
struct LibraryLine {
    path: String,
    origin: Origin,
    outcome: Outcome,
}

/// Prints the report.
///
/// # Errors
/// `out` fails. A runtime that cannot be had is part of the report.
pub fn run(args: &DoctorArgs, global: &Global, out: &mut dyn Write) -> anyhow::Result<()> {
    let configuration = Configuration::look(global.config.as_deref());
    let facts = terminal_facts(GraphicsChoice::Auto);
    let survey = runtime::survey(&global.runtime_request());
    write(args, &Report::new(survey, &facts, configuration), out)
}

fn write(args: &DoctorArgs, report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    if args.json {
        serde_json::to_writer_pretty(&mut *out, report)?;
        writeln!(out)?;
    } else {
        report.print(out)?;
    }
    Ok(())
}

impl Report {
    fn new(survey: Survey, facts: &Facts, configuration: Configuration) -> Self {
        let (backend, error, notes) = match survey.opened {
            Ok(opened) => (Some(opened.runtime.backend().clone()), None, opened.notes),
            Err(error) => (None, Some(error.to_string()), Vec::new()),
        };
        let libraries = survey.libraries.into_iter().map(|attempt| LibraryLine {
            path: attempt.candidate.path.display().to_string(),
            origin: attempt.candidate.origin,
            outcome: attempt.outcome,
        });
        Report {
            version: env!("CARGO_PKG_VERSION"),
            backend,
            error,
            notes,
            libraries: libraries.collect(),
            nvidia_driver: survey.nvidia_driver,
            gpus: Gpus::new().at(Instant::now()).to_vec(),
            machine: Machine::look(),
            terminal: Terminal::look(),
            pictures: Pictures::of(facts),
            folders: Folders::look(),
            configuration,
        }
    }

    fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut line = |name: &str, text: &str| writeln!(out, "{name:<10} {}", clean(text));
        line("invset", self.version)?;
        match &self.backend {
            Some(backend) => line(
                "runtime",
                &format!("{} {} on {}", backend.name, backend.version, backend.device),
            )?,
            None => line("runtime", "none")?,
        }
        for problem in self.error.iter().chain(&self.notes) {
            line("note", problem)?;
        }
        for library in &self.libraries {
            line("library", &library.describe())?;
        }
        let driver = self.nvidia_driver.as_deref().unwrap_or("none");
        line("NVIDIA", &format!("driver: {driver}"))?;
        for gpu in &self.gpus {
            line("GPU", &gpu.describe())?;
        }
        line("machine", &self.machine.describe())?;
        line("terminal", &self.terminal.describe())?;
        line("pictures", &self.pictures.describe())?;
        line("settings", &self.configuration.describe())?;
        for problem in self.configuration.problems() {
            line("note", problem)?;
        }
        for (name, folder) in self.folders.named() {
            line(name, folder.unwrap_or("unknown: HOME is not set"))?;
        }
        Ok(())
    }
}

impl LibraryLine {
    fn describe(&self) -> String {
        let origin = match self.origin {
            Origin::Flag => "named by --library",
            Origin::Environment => "named by ORT_DYLIB_PATH",
            Origin::Installed => "installed by invset",
            Origin::Python => "in a Python environment",
            Origin::System => "of the system",
        };
        let outcome = match &self.outcome {
            Outcome::Used => "used",
            Outcome::NotTried => "not tried",
            Outcome::Failed(reason) => reason,
        };
        format!("{} ({origin}): {outcome}", self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::preview::{Background, Colours, Decision};
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        global: Global,
    }

    fn report_with(json: bool, flags: &[&str]) -> String {
        let embedded = ["invset", "--runtime", "embedded"];
        let global = Flags::parse_from(embedded.iter().chain(flags)).global;
        let configuration = Configuration::look(global.config.as_deref());
        let survey = runtime::survey(&global.runtime_request());
        let report = Report::new(survey, &no_terminal(), configuration);
        let mut out = Vec::new();
        write(&DoctorArgs { json }, &report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn no_terminal() -> Facts {
        Facts {
            decision: Decision {
                medium: None,
                cell: None,
                note: None,
            },
            media: Vec::new(),
            background: Background::Unknown,
            terminal: None,
            colours: Colours::Indexed,
            multiplexer: false,
            remote: false,
        }
    }

    fn report(json: bool) -> String {
        report_with(json, &[])
    }

    #[test]
    fn the_report_names_the_runtime_and_its_device() {
        let text = report(false);
        assert!(text.contains("embedded"), "{text}");
        assert!(text.contains("on cpu"), "{text}");
    }

    #[test]
    fn the_json_report_is_one_object_with_the_backend() {
        let value: serde_json::Value = serde_json::from_str(&report(true)).unwrap();
        assert_eq!(value["backend"]["name"], "embedded");
        assert!(value["libraries"].is_array());
        assert!(value["machine"]["cores"].as_u64().unwrap() >= 1);
    }

    #[test]
    fn what_is_wrong_with_the_configuration_and_the_themes_is_told_here_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "them = 1").unwrap();
        std::fs::create_dir(folder.path().join("themes")).unwrap();
        std::fs::write(folder.path().join("themes/x.toml"), "hea = 1").unwrap();
        let text = report_with(false, &["--config", file.to_str().unwrap()]);
        assert!(text.contains("did you mean 'theme'?"), "{text}");
        assert!(text.contains("did you mean 'heat'?"), "{text}");
    }
}
