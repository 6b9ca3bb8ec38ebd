//! The `invset sample` that repeats a request: only what differs from the defaults.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::run_file::RunFile;
use super::{Manner, Request, defaults};
use crate::engine::{Plan, Scheme, SchemeChoice};
use crate::runtime::{EMBEDDED, RuntimeChoice, RuntimeRequest};
use crate::sampler::{Chain, Settings};
use crate::text::shell_word;

/// Bytes in the unit of `--memory-cap`.
const MEGABYTE: u64 = 1_000_000;

/// The words of a command line, the program's name first. As text, a line for a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(Vec<OsString>);

impl CommandLine {
    /// The shortest line that repeats `request` where a line that names no bundle means
    /// `default_bundle`; an empty one has the bundle named always.
    pub fn of(request: &Request, default_bundle: &str) -> CommandLine {
        let mut line = CommandLine(vec!["invset".into(), "sample".into()]);
        if request.bundle != default_bundle {
            line.flag("--bundle", &request.bundle);
        }
        for constraint in &request.query {
            line.flag("--where", constraint);
        }
        if !request.manner.encoder.is_bundles() {
            line.flag("--encoder", request.manner.encoder.to_string());
        }
        line.settings(&request.manner);
        if let Some(smoothness) = request.manner.smoothness {
            line.flag("--smoothness", smoothness.to_string());
        }
        if let Some(transforms) = request.manner.transforms {
            line.flag("--transform", transforms.to_string());
        }
        line.layout(&request.manner);
        line.runtime(&request.manner.runtime);
        if let Some(out) = &request.out {
            line.flag("--out", out);
        }
        if request.runs != Path::new(defaults::RUNS) {
            line.flag("--runs", &request.runs);
        }
        line
    }

    /// The words, the program's name first.
    pub fn words(&self) -> &[OsString] {
        &self.0
    }

    fn settings(&mut self, manner: &Manner) {
        let settings = &manner.settings;
        if settings.n != defaults::SAMPLES {
            self.flag("-n", settings.n.to_string());
        }
        let transforms = manner.transforms.as_ref();
        if settings.method != defaults::method(&settings.init, &manner.encoder, transforms) {
            self.flag("--method", settings.method.name());
        }
        let usual = Settings::new(settings.method, settings.n);
        if settings.k != usual.k {
            self.flag("-k", settings.k.to_string());
        }
        if settings.init != usual.init {
            self.flag("--init", &settings.init);
        }
        if settings.stop != usual.stop {
            self.flag("--stop", settings.stop.name());
        }
        if settings.seed != usual.seed {
            self.flag("--seed", settings.seed.to_string());
        }
        if settings.max_steps != usual.max_steps {
            self.flag("--max-steps", settings.max_steps.to_string());
        }
        for (flag, value, usual) in [
            ("--step-size", settings.step_size, usual.step_size),
            ("--plain-step", settings.plain_step, usual.plain_step),
            ("--alpha", settings.alpha, usual.alpha),
        ] {
            if value != usual {
                self.flag(flag, value.to_string());
            }
        }
        if settings.update != usual.update {
            self.flag("--update", settings.update.name());
        }
        if settings.constraint != usual.constraint {
            self.flag("--constraint", settings.constraint.name());
        }
        if !settings.seeds_grow {
            self.0.push("--fixed-seeds".into());
        }
        if settings.give_up_after != usual.give_up_after {
            self.flag("--give-up-after", settings.give_up_after.to_string());
        }
        if settings.ascent.steps != usual.ascent.steps {
            self.flag("--ascent-steps", settings.ascent.steps.to_string());
        }
        if settings.ascent.decay != usual.ascent.decay {
            self.flag("--decay", settings.ascent.decay.to_string());
        }
        self.chain(&settings.chain, &usual.chain);
    }

    fn chain(&mut self, chain: &Chain, usual: &Chain) {
        if chain.count != usual.count {
            self.flag("--chains", chain.count.to_string());
        }
        for (flag, value, usual) in [
            ("--epsilon1", chain.epsilon1, usual.epsilon1),
            ("--epsilon3", chain.epsilon3, usual.epsilon3),
        ] {
            if value != usual {
                self.flag(flag, value.to_string());
            }
        }
        for (flag, value, usual) in [
            ("--save-every", chain.save_every, usual.save_every),
            ("--reset-every", chain.reset_every, usual.reset_every),
        ] {
            if value != usual {
                self.flag(flag, value.to_string());
            }
        }
    }

    fn layout(&mut self, manner: &Manner) {
        if let Some(batch) = manner.micro_batch {
            self.flag("--batch", batch.to_string());
        }
        self.choice("--scheme", manner.scheme);
        if let Some(bytes) = manner.memory_cap {
            self.flag("--memory-cap", (bytes / MEGABYTE).to_string());
        }
        if let Some(threads) = manner.threads {
            self.flag("--threads", threads.to_string());
        }
    }

    fn runtime(&mut self, runtime: &RuntimeRequest) {
        self.choice("--runtime", runtime.choice);
        self.choice("--device", runtime.device);
        if let Some(library) = &runtime.library {
            self.flag("--library", library);
        }
    }

    /// A flag whose choices have the same names in files as on the command line, left out where it is
    /// the default one.
    fn choice<T: Serialize + Default + PartialEq>(&mut self, flag: &str, choice: T) {
        if choice != T::default()
            && let Some(name) = serde_json::json!(choice).as_str()
        {
            self.flag(flag, name);
        }
    }

    fn flag(&mut self, flag: &str, value: impl AsRef<OsStr>) {
        let value = value.as_ref();
        // A value that looks like a flag has to be tied to its own.
        if value.as_encoded_bytes().starts_with(b"-") {
            let mut word = OsString::from(flag);
            word.push("=");
            word.push(value);
            self.0.push(word);
        } else {
            self.0.extend([flag.into(), value.to_owned()]);
        }
    }
}

impl fmt::Display for CommandLine {
    /// One line that a POSIX shell reads as these words. A path that is no Unicode comes out with
    /// signs in place of what cannot be written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, word) in self.0.iter().enumerate() {
            if number > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(&shell_word(&word.to_string_lossy()))?;
        }
        Ok(())
    }
}

impl Request {
    /// What a new run is asked for to repeat one that there is: the same query, settings and runtime;
    /// its folder and its layout on the machine are chosen anew.
    pub fn repeating(file: &RunFile) -> Request {
        let backend = &file.plan.backend;
        let mut runtime = RuntimeRequest::default();
        if backend.name == EMBEDDED {
            runtime.choice = RuntimeChoice::Embedded;
        }
        Request {
            bundle: file.bundle.clone(),
            query: file.query.clone(),
            manner: Manner {
                encoder: file.encoder.clone(),
                settings: file.settings.clone(),
                runtime,
                micro_batch: None,
                scheme: SchemeChoice::default(),
                memory_cap: None,
                threads: None,
                smoothness: file.smoothness,
                transforms: file.transforms,
            },
            out: None,
            runs: PathBuf::from(defaults::RUNS),
        }
    }

    /// The same request with the layout of a run's plan, on which the last digits depend.
    #[must_use]
    pub fn laid_out_as(mut self, plan: &Plan) -> Request {
        self.manner.micro_batch = Some(plan.micro_batch);
        self.manner.threads = Some(plan.workers * plan.threads_per_worker);
        self.manner.scheme = match plan.scheme {
            Scheme::Split => SchemeChoice::Split,
            Scheme::TwoPass => SchemeChoice::TwoPass,
        };
        self
    }
}
