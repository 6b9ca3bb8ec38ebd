//! One step of the joint objective (evaluate, objective, pull back, update) by the engine and the
//! sampler, against PyTorch autograd of the same networks on the same cores.
//!
//! `cargo bench --bench step -- --quick`; `docs/benchmarks.md` says what to set for the peer.

mod common;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use common::options::Options;
use common::peer::{Peer, agree, write_floats};
use common::rounds::{Clock, Contender, Times, interleave};
use common::table::{Table, milliseconds, ratio};
use common::{
    all_threads, embedded, networks, normal_numbers, onnx_runtime, processor, repository,
};
use invset::bundle::Bundle;
use invset::engine::{self, Engine, PlanRequest, SchemeChoice};
use invset::onnx;
use invset::query::{Query, Unit};
use invset::runtime::{DeviceChoice, Runtime};
use invset::sampler::{self, Evaluate, Interval, Method, MethodKind, Prior, Problem, Settings};
use ndarray::Array2;
use serde_json::json;
use tempfile::TempDir;

const TABLES: [(&str, &str); 3] = [
    (
        "peers",
        "against PyTorch, joint and micro-batched (the usual one)",
    ),
    ("plans", "micro-batches and schemes"),
    ("embedded", "the embedded runtime"),
];

const ROUNDS: usize = 12;
const MOST: Duration = Duration::from_secs(60);

/// Rows in one batch of PyTorch's micro-batched step.
const TORCH_BATCH: usize = 32;

/// An interval that no unit reaches, so that no row is ever done and every step does the same.
const OUT_OF_REACH: [f64; 2] = [1e6, 2e6];

fn main() -> anyhow::Result<()> {
    let options = Options::from_command_line("step", &TABLES);
    eprintln!("{}, {} threads", processor(), all_threads());
    let subjects = subjects(&options)?;
    if options.wants_table("peers", true) {
        peers(&options, &subjects)?;
    }
    if options.wants_table("plans", false) {
        plans(&options, &subjects)?;
    }
    if options.wants_table("embedded", false) {
        embedded_runtime(&options, &subjects)?;
    }
    Ok(())
}

/// Networks and a unit.
struct Subject {
    name: &'static str,
    bundle: Arc<Bundle>,
    units: Vec<Unit>,
    /// Most rows that one batch of PyTorch's keeps in memory.
    most_joint: usize,
    /// Most rows measured.
    most: usize,
    /// Holds the bundle's files while it is used.
    _folder: Option<TempDir>,
}

fn subjects(options: &Options) -> anyhow::Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    if options.wants("fashion") {
        let bundle = Bundle::open(&repository("models/fashion").to_string_lossy())?;
        subjects.push(Subject::new("fashion", bundle, 1024, 1024, None)?);
    }
    let name = "taef2_64 ∘ mobilenet_v1_0.50";
    if options.wants(name)
        && let Some((bundle, folder)) = real_pair()?
    {
        subjects.push(Subject::new(name, bundle, 64, 256, Some(folder))?);
    }
    Ok(subjects)
}

/// A decoder of real size and a classifier as a bundle, where they are.
fn real_pair() -> anyhow::Result<Option<(Bundle, TempDir)>> {
    let folder = tempfile::tempdir()?;
    if !networks::write_pair(folder.path(), "")? {
        return Ok(None);
    }
    let bundle = Bundle::open(&folder.path().to_string_lossy())?;
    Ok(Some((bundle, folder)))
}

impl Subject {
    fn new(
        name: &'static str,
        bundle: Bundle,
        most_joint: usize,
        most: usize,
        folder: Option<TempDir>,
    ) -> anyhow::Result<Self> {
        let units = Query::resolve(&["logits[8] in 0..1".to_owned()], &bundle)?.units();
        Ok(Subject {
            name,
            bundle: Arc::new(bundle),
            units,
            most_joint,
            most,
            _folder: folder,
        })
    }

    fn rows(&self, options: &Options) -> Vec<usize> {
        let usual: &[usize] = if options.quick {
            &[8, 32]
        } else {
            &[8, 32, 256, 1024]
        };
        let rows = match options.sizes.is_empty() {
            true => usual.to_vec(),
            false => options.sizes.clone(),
        };
        rows.into_iter().filter(|&rows| rows <= self.most).collect()
    }

    /// A sampler at work on this subject.
    fn run(&self, runtime: &Arc<dyn Runtime>, request: &PlanRequest) -> anyhow::Result<Run> {
        let engine = Engine::new(
            Arc::clone(runtime),
            Arc::clone(&self.bundle),
            self.units.clone(),
            request,
            None,
        )?;
        let length = engine.shapes().code_length;
        let codes = codes(request.rows, length)?;
        let [low, high] = OUT_OF_REACH;
        let settings = Settings {
            max_steps: u64::MAX,
            give_up_after: u64::MAX,
            ..Settings::new(MethodKind::Joint, request.rows)
        };
        let problem = Problem {
            prior: Prior::normal(vec![0.0; length], vec![1.0; length])?,
            intervals: vec![Interval::new(Some(low), Some(high))?],
            starts: Some(codes),
        };
        Ok(Run {
            method: sampler::start(&settings, problem)?,
            engine,
        })
    }
}

fn codes(rows: usize, length: usize) -> anyhow::Result<Array2<f32>> {
    // Well inside the prior, so that no start is refused.
    let values = normal_numbers(rows * length, 1);
    let values = values.into_iter().map(|value| 0.5 * value).collect();
    Ok(Array2::from_shape_vec((rows, length), values)?)
}

struct Run {
    method: Box<dyn Method>,
    engine: Engine,
}

impl Run {
    fn step(&mut self) -> anyhow::Result<()> {
        let report = self.method.step(&mut self.engine)?;
        anyhow::ensure!(
            report.finish.is_none() && report.live == report.activations.nrows(),
            "a step left rows out"
        );
        Ok(())
    }

    /// The gradient of the objective at the start, `[rows, d]`.
    fn gradient(&mut self, codes: &Array2<f32>) -> anyhow::Result<Array2<f32>> {
        let embeddings = self.engine.evaluate(codes.view())?.embeddings;
        let rows = embeddings.rows();
        let centre = sampler::objective::mean(rows.into_iter(), embeddings.ncols());
        let mut sums = sampler::objective::Sums::about(centre);
        embeddings.rows().into_iter().for_each(|row| sums.add(row));
        let mut bar = Array2::zeros(embeddings.dim());
        for (row, mut bar) in embeddings.rows().into_iter().zip(bar.rows_mut()) {
            if let Some(bar) = bar.as_slice_mut() {
                sums.gradient_into(row, None, bar);
            }
        }
        Ok(self.engine.pull_back(bar.view())?.code_bar)
    }

    fn contender<'a>(&'a mut self, name: &str, outside: &'a RefCell<Outside>) -> Contender<'a> {
        Contender::timed(name, move |repeats| {
            let before = self.engine.time_in_runtime();
            let start = std::time::Instant::now();
            for _ in 0..repeats {
                self.step()?;
            }
            let all = start.elapsed();
            outside
                .borrow_mut()
                .note(all, self.engine.time_in_runtime() - before);
            Ok(all)
        })
    }
}

/// Time of steps, and how much of it no session was running.
#[derive(Debug, Default)]
struct Outside {
    all: f64,
    inside: f64,
}

impl Outside {
    fn note(&mut self, all: Duration, inside: Duration) {
        self.all += all.as_secs_f64();
        self.inside += inside.as_secs_f64();
    }

    fn share(&self) -> String {
        format!("{:.1} %", 100.0 * (1.0 - self.inside / self.all))
    }
}

fn threads(options: &Options) -> usize {
    options.threads.first().copied().unwrap_or_else(all_threads)
}

fn request(rows: usize, threads: usize) -> PlanRequest {
    PlanRequest {
        rows,
        threads: Some(threads),
        ..PlanRequest::default()
    }
}

fn measured(
    contenders: &mut [Contender<'_>],
    options: &Options,
) -> anyhow::Result<Vec<(String, Times)>> {
    let most = if options.quick { MOST / 4 } else { MOST };
    let times = interleave(contenders, options.rounds(ROUNDS), most)?;
    let names = contenders.iter().map(|contender| contender.name.clone());
    Ok(names.zip(times).collect())
}

fn of(times: &[(String, Times)], name: &str) -> f64 {
    let found = times.iter().find(|(known, _)| known == name);
    found.map_or(f64::NAN, |(_, times)| times.min())
}

const TORCH: [&str; 3] = ["eager", "channels_last", "compile"];

fn peers(options: &Options, subjects: &[Subject]) -> anyhow::Result<()> {
    let runtime = onnx_runtime(options.device)?;
    let mut torch = Peer::start("INVSET_BENCH_TORCH", "torch_step.py");
    let threads = threads(options);
    let mut head = vec!["networks", "n", "plan", "ours ms", "outside the runtime"];
    let names: Vec<String> = TORCH
        .iter()
        .flat_map(|what| [format!("{what}, joint"), format!("{what}, micro")])
        .collect();
    head.extend(names.iter().map(String::as_str));
    head.push("best of torch / ours");
    let mut table = Table::new(&head);
    for subject in subjects {
        for rows in subject.rows(options) {
            let mut run = subject.run(&runtime, &request(rows, threads))?;
            let ready = match &mut torch {
                Some(torch) => prepare(torch, options, subject, rows, &mut run)?,
                None => Vec::new(),
            };
            let plan = run.engine.plan().clone();
            let outside = RefCell::new(Outside::default());
            let shared = torch.as_mut().map(RefCell::new);
            let shared = shared.as_ref();
            let mut contenders = vec![run.contender("ours", &outside)];
            for name in &ready {
                contenders.push(Contender::timed(
                    name.clone(),
                    move |repeats| match shared {
                        Some(torch) => torch.borrow_mut().run(name, repeats, Clock::Wall),
                        None => Ok(Duration::ZERO),
                    },
                ));
            }
            let times = measured(&mut contenders, options)?;
            drop(contenders);
            let ours = of(&times, "ours");
            let best = names
                .iter()
                .map(|name| of(&times, name))
                .fold(f64::NAN, f64::min);
            let mut cells = vec![
                subject.name.to_owned(),
                rows.to_string(),
                format!("{} × {}, {}", plan.workers, plan.micro_batch, plan.scheme),
                milliseconds(ours),
                outside.borrow().share(),
            ];
            cells.extend(names.iter().map(|name| milliseconds(of(&times, name))));
            cells.push(ratio(best, ours));
            table.row(cells);
        }
    }
    table.print(&format!(
        "One step of the joint objective, {threads} threads (minima of interleaved rounds, ms)"
    ));
    Ok(())
}

/// Makes PyTorch's steps ready and compares its gradient with ours; the names of those that are.
fn prepare(
    torch: &mut Peer,
    options: &Options,
    subject: &Subject,
    rows: usize,
    run: &mut Run,
) -> anyhow::Result<Vec<String>> {
    torch.clear()?;
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let codes = codes(rows, run.engine.shapes().code_length)?;
    write_floats(&at("codes"), &codes.iter().copied().collect::<Vec<_>>())?;
    let ours: Vec<f32> = run.gradient(&codes)?.into_iter().collect();
    let [low, high] = OUT_OF_REACH;
    let mut ready = Vec::new();
    for (kind, batch) in [("joint", rows), ("micro", TORCH_BATCH)] {
        let one_batch = kind == "joint";
        if one_batch && rows > subject.most_joint || !one_batch && rows <= batch {
            continue;
        }
        let graph = engine::composed(&subject.bundle, &subject.units, batch)?;
        std::fs::write(at("model.onnx"), onnx::serialise(&graph)?)?;
        for what in TORCH {
            let name = format!("{what}, {kind}");
            let request = json!({
                "what": what,
                "model": at("model.onnx"),
                "codes": at("codes"), "rows": rows, "batch": batch,
                "low": low, "high": high,
                "threads": threads(options),
                "device": match options.device { DeviceChoice::Cuda => "cuda", _ => "cpu" },
                "result": at("gradient"),
            });
            if torch.prepare(&name, request) {
                agree(&at("gradient"), &ours, rows, &name)?;
                ready.push(name);
            }
        }
    }
    Ok(ready)
}

fn plans(options: &Options, subjects: &[Subject]) -> anyhow::Result<()> {
    let runtime = onnx_runtime(options.device)?;
    let threads = threads(options);
    let micro_batches = [1, 2, 4, 8, 16, 32];
    let schemes = [
        ("split", SchemeChoice::Split),
        ("two-pass", SchemeChoice::TwoPass),
    ];
    let mut head = vec!["networks".to_owned(), "n".to_owned(), "scheme".to_owned()];
    head.extend(
        micro_batches
            .iter()
            .map(|batch| format!("micro-batch {batch}")),
    );
    head.extend(["kept per code".to_owned(), "chosen".to_owned()]);
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let mut table = Table::new(&head);
    for subject in subjects {
        for rows in subject.rows(options) {
            for (name, scheme) in schemes {
                let mut runs = Vec::new();
                for batch in micro_batches.into_iter().filter(|&batch| batch <= rows) {
                    let request = PlanRequest {
                        micro_batch: Some(batch),
                        scheme,
                        ..request(rows, threads)
                    };
                    runs.push((batch.to_string(), subject.run(&runtime, &request)?));
                }
                let chosen = subject.run(&runtime, &request(rows, threads))?;
                let chosen = chosen.engine.plan().clone();
                let outside = RefCell::new(Outside::default());
                let contenders = runs.iter_mut();
                let contenders = contenders.map(|(name, run)| run.contender(name, &outside));
                let times = measured(&mut contenders.collect::<Vec<_>>(), options)?;
                let mut cells = vec![subject.name.to_owned(), rows.to_string(), name.to_owned()];
                for batch in micro_batches {
                    cells.push(milliseconds(of(&times, &batch.to_string())));
                }
                cells.push(format!("{:.2} MB", chosen.bytes_per_code as f64 / 1e6));
                cells.push(format!(
                    "{} × {}, {}",
                    chosen.workers, chosen.micro_batch, chosen.scheme
                ));
                table.row(cells);
            }
        }
    }
    table.print(&format!(
        "Micro-batches and schemes, {threads} threads (ms a step)"
    ));
    Ok(())
}

fn embedded_runtime(options: &Options, subjects: &[Subject]) -> anyhow::Result<()> {
    let (runtime, other) = (embedded()?, onnx_runtime(DeviceChoice::Cpu)?);
    let threads = threads(options);
    let mut table = Table::new(&[
        "networks",
        "n",
        "embedded ms",
        "ONNX Runtime ms",
        "embedded / ONNX Runtime",
    ]);
    for subject in subjects {
        for rows in subject.rows(options) {
            let mut ours = subject.run(&runtime, &request(rows, threads))?;
            let mut theirs = subject.run(&other, &request(rows, threads))?;
            let outside = RefCell::new(Outside::default());
            let mut contenders = [
                ours.contender("embedded", &outside),
                theirs.contender("ONNX Runtime", &outside),
            ];
            let times = measured(&mut contenders, options)?;
            let (ours, theirs) = (of(&times, "embedded"), of(&times, "ONNX Runtime"));
            table.row(vec![
                subject.name.to_owned(),
                rows.to_string(),
                milliseconds(ours),
                milliseconds(theirs),
                ratio(ours, theirs),
            ]);
        }
    }
    table.print(&format!(
        "One step in the embedded runtime, {threads} threads"
    ));
    Ok(())
}
