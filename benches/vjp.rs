//! The vector-Jacobian product of whole networks: its time over the forward graph's, and against
//! PyTorch and onnx-ad on the same cores.
//!
//! `cargo bench --bench vjp -- --quick`; `docs/benchmarks.md` says what to set for the peers.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::networks::{Network, ends, gradient, networks};
use common::options::Options;
use common::peer::{Peer, agree, write_floats};
use common::profile::{Share, profile};
use common::rounds::{Clock, Contender, Times, interleave};
use common::table::{Table, milliseconds, ratio};
use common::{all_threads, embedded, normal_numbers, onnx_runtime, processor};
use invset::autodiff::{self, ConvolutionAdjoint, Lowering, MaxPoolAdjoint, ReluMask};
use invset::graph::{Graph, Tensor};
use invset::onnx;
use invset::runtime::{DeviceChoice, Held, Input, Rewriting, Runtime, Session, SessionOptions};
use serde_json::json;

const TABLES: [(&str, &str); 5] = [
    (
        "ratios",
        "the product over the forward pass, and the peers (the usual one)",
    ),
    (
        "shares",
        "time by kind of operator, and what ONNX Runtime fused",
    ),
    ("levels", "how far ONNX Runtime may rewrite the graphs"),
    (
        "forms",
        "the choices of `Lowering`, and one graph against two",
    ),
    ("embedded", "the embedded runtime"),
];

/// Rounds of a comparison, and how long it may take.
const ROUNDS: usize = 20;
const MOST: Duration = Duration::from_secs(40);

fn main() -> anyhow::Result<()> {
    let options = Options::from_command_line("vjp", &TABLES);
    let networks = networks(&options);
    eprintln!("{}, {} threads", processor(), all_threads());
    if options.wants_table("ratios", true) {
        ratios(&options, &networks)?;
    }
    if options.wants_table("shares", false) {
        shares(&options, &networks)?;
    }
    if options.wants_table("levels", false) {
        levels(&options, &networks)?;
    }
    if options.wants_table("forms", false) {
        forms(&options, &networks)?;
    }
    if options.wants_table("embedded", false) {
        embedded_runtime(&options, &networks)?;
    }
    Ok(())
}

fn batches(options: &Options) -> Vec<usize> {
    match (options.sizes.is_empty(), options.quick) {
        (false, _) => options.sizes.clone(),
        (true, true) => vec![1],
        (true, false) => vec![1, 8],
    }
}

fn threads(options: &Options) -> Vec<usize> {
    match (options.threads.is_empty(), options.quick) {
        (false, _) => options.threads.clone(),
        (true, true) => vec![1],
        (true, false) => vec![1, all_threads()],
    }
}

/// A graph in a session, with its inputs.
struct Loaded {
    session: Box<dyn Session>,
    inputs: Vec<Tensor>,
}

impl Loaded {
    fn new(runtime: &dyn Runtime, graph: &Graph, options: &SessionOptions) -> anyhow::Result<Self> {
        Ok(Loaded {
            session: runtime.load(&onnx::serialise(graph)?, options)?,
            inputs: inputs(graph)?,
        })
    }

    fn run(&mut self) -> anyhow::Result<Vec<Box<dyn Held>>> {
        let inputs: Vec<Input<'_>> = self.inputs.iter().map(Input::Tensor).collect();
        Ok(self.session.run(&inputs)?)
    }

    fn contender(&mut self, name: &str, clock: Clock) -> Contender<'_> {
        Contender::new(name, clock, move || self.run().map(|_| ()))
    }
}

/// Normal numbers for every input: the same for an input's position and length.
fn inputs(graph: &Graph) -> anyhow::Result<Vec<Tensor>> {
    let inputs = graph.inputs().iter().enumerate();
    inputs
        .map(|(position, &id)| {
            let shape = graph.shape(id);
            let values = normal_numbers(shape.iter().product(), position as u64);
            Ok(Tensor::f32(shape.to_vec(), values)?)
        })
        .collect()
}

/// The peers that are here.
struct Peers {
    torch: Option<Peer>,
    onnx_ad: Option<Peer>,
}

fn ratios(options: &Options, networks: &[Network]) -> anyhow::Result<()> {
    let runtime = onnx_runtime(options.device)?;
    let mut peers = Peers {
        torch: Peer::start("INVSET_BENCH_TORCH", "torch_vjp.py"),
        onnx_ad: match options.device {
            DeviceChoice::Cuda => None,
            _ => Peer::start("INVSET_BENCH_ONNX_AD", "onnx_ad_vjp.py"),
        },
    };
    let mut table = Table::new(&[
        "network",
        "batch",
        "threads",
        "nodes",
        "forward ms",
        "VJP ms",
        "VJP / forward",
        "median",
        "torch forward",
        "torch VJP",
        "torch channels_last",
        "onnx-ad VJP",
        "torch / ours",
        "onnx-ad / ours",
    ]);
    for network in networks {
        for batch in batches(options) {
            let forward = network.graph(batch)?;
            let product = gradient(&forward, &Lowering::default())?;
            for threads in threads(options) {
                let times = compare(options, &runtime, &mut peers, &forward, &product, threads)?;
                let time = |name: &str| times.of(name).min();
                let torch = time("torch VJP").min(time("torch channels_last"));
                table.row(vec![
                    network.name.clone(),
                    batch.to_string(),
                    threads.to_string(),
                    format!("{} / {}", forward.nodes().len(), product.nodes().len()),
                    milliseconds(time("forward")),
                    milliseconds(time("VJP")),
                    ratio(time("VJP"), time("forward")),
                    ratio(times.of("VJP").median(), times.of("forward").median()),
                    milliseconds(time("torch forward")),
                    milliseconds(time("torch VJP")),
                    milliseconds(time("torch channels_last")),
                    milliseconds(time("onnx-ad VJP")),
                    ratio(torch, time("VJP")),
                    ratio(time("onnx-ad VJP"), time("VJP")),
                ]);
            }
        }
    }
    table.print("VJP over forward, and the peers (minima of interleaved rounds, ms)");
    Ok(())
}

/// Times by name.
struct Comparison(Vec<(String, Times)>);

impl Comparison {
    /// NaN for a contender that was not there.
    fn of(&self, name: &str) -> Times {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, times)| times.clone()).unwrap_or_default()
    }
}

fn compare(
    options: &Options,
    runtime: &Arc<dyn Runtime>,
    peers: &mut Peers,
    forward: &Graph,
    product: &Graph,
    threads: usize,
) -> anyhow::Result<Comparison> {
    let clock = options.clock(threads);
    let session = SessionOptions {
        tensor_float32: options.tf32,
        ..SessionOptions::threads(threads)
    };
    let mut plain = Loaded::new(runtime.as_ref(), forward, &session)?;
    let mut ours = Loaded::new(runtime.as_ref(), product, &session)?;
    let expected = ours.run()?[1].read_f32()?.into_owned();

    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("forward.onnx"), onnx::serialise(forward)?)?;
    for (name, tensor) in ["x", "g"].iter().zip(&ours.inputs) {
        write_floats(
            &at(name),
            &tensor
                .to_f64()
                .iter()
                .map(|&v| v as f32)
                .collect::<Vec<_>>(),
        )?;
    }
    let (x, y) = ends(forward);
    let rows = forward.shape(x)[0];
    let request = |what: &str, result: &str| {
        json!({
            "what": what,
            "model": at("forward.onnx"),
            "x": at("x"), "x_shape": forward.shape(x), "x_name": forward.name(x),
            "g": at("g"), "g_shape": forward.shape(y), "y_name": forward.name(y),
            "threads": threads,
            "tf32": options.tf32,
            "device": match options.device { DeviceChoice::Cuda => "cuda", _ => "cpu" },
            "result": at(result),
        })
    };
    let mut ready = Vec::new();
    if let Some(torch) = &mut peers.torch {
        torch.clear()?;
        for what in ["forward", "VJP", "channels_last"] {
            let name = format!("torch {what}");
            if torch.prepare(&name, request(what, what)) {
                agree(&at(what), &expected, rows, &name)?;
                ready.push(name);
            }
        }
    }
    let mut with_onnx_ad = false;
    if let Some(onnx_ad) = &mut peers.onnx_ad {
        onnx_ad.clear()?;
        with_onnx_ad = onnx_ad.prepare("onnx-ad VJP", request("VJP", "onnx-ad"));
        // PyTorch agreed with ours: a wrong gradient is not worth its time.
        if let (true, Err(error)) = (
            with_onnx_ad,
            agree(&at("onnx-ad"), &expected, rows, "onnx-ad"),
        ) {
            eprintln!("SKIPPED: {error}");
            with_onnx_ad = false;
        }
    }

    let mut contenders = vec![
        plain.contender("forward", clock),
        ours.contender("VJP", clock),
    ];
    let torch = peers.torch.as_mut().map(std::cell::RefCell::new);
    let torch = torch.as_ref();
    for name in &ready {
        contenders.push(Contender::timed(name.clone(), move |repeats| match torch {
            Some(torch) => torch.borrow_mut().run(name, repeats, clock),
            None => Ok(Duration::ZERO),
        }));
    }
    if let (true, Some(onnx_ad)) = (with_onnx_ad, &mut peers.onnx_ad) {
        contenders.push(Contender::timed("onnx-ad VJP", move |repeats| {
            onnx_ad.run("onnx-ad VJP", repeats, clock)
        }));
    }
    measured(contenders, options)
}

fn measured(mut contenders: Vec<Contender<'_>>, options: &Options) -> anyhow::Result<Comparison> {
    let most = if options.quick { MOST / 4 } else { MOST };
    let times = interleave(&mut contenders, options.rounds(ROUNDS), most)?;
    let names = contenders.iter().map(|contender| contender.name.clone());
    Ok(Comparison(names.zip(times).collect()))
}

fn shares(options: &Options, networks: &[Network]) -> anyhow::Result<()> {
    let runtime = onnx_runtime(options.device)?;
    for network in networks {
        for batch in batches(options) {
            let forward = network.graph(batch)?;
            let product = gradient(&forward, &Lowering::default())?;
            let runs = options.rounds(ROUNDS);
            let profiled = |graph: &Graph| {
                let tensors = inputs(graph)?;
                let inputs: Vec<Input<'_>> = tensors.iter().map(Input::Tensor).collect();
                profile(runtime.as_ref(), &onnx::serialise(graph)?, &inputs, runs)
            };
            let (plain, whole) = (profiled(&forward)?, profiled(&product)?);
            let total = |shares: &std::collections::BTreeMap<String, Share>| -> f64 {
                shares.values().map(|share| share.seconds).sum()
            };
            let (plain_total, whole_total) = (total(&plain), total(&whole));
            let mut table = Table::new(&[
                "operator",
                "nodes in the file",
                "nodes that run",
                "ms",
                "share of VJP",
                "ms in forward",
            ]);
            let mut kinds: Vec<&str> = whole.keys().map(String::as_str).collect();
            let written: Vec<&str> = product.nodes().iter().map(|node| node.op.name()).collect();
            kinds.extend(&written);
            kinds.sort_unstable();
            kinds.dedup();
            let of = |kind: &str| whole.get(kind).copied().unwrap_or_default();
            kinds.sort_by(|a, b| of(b).seconds.total_cmp(&of(a).seconds));
            for kind in kinds {
                let share = of(kind);
                let in_file = written.iter().filter(|&&other| other == kind).count();
                if share.seconds < 0.002 * whole_total && in_file == share.nodes {
                    continue;
                }
                table.row(vec![
                    kind.to_owned(),
                    in_file.to_string(),
                    share.nodes.to_string(),
                    milliseconds(share.seconds),
                    format!("{:.1} %", 100.0 * share.seconds / whole_total),
                    milliseconds(plain.get(kind).copied().unwrap_or_default().seconds),
                ]);
            }
            let products: f64 = [
                "Conv",
                "ConvTranspose",
                "Gemm",
                "FusedGemm",
                "MatMul",
                "FusedMatMul",
            ]
            .iter()
            .map(|kind| of(kind).seconds)
            .sum();
            table.print(&format!(
                "{}, batch {batch}, 1 thread: VJP {} ms over forward {} ms = {}; its convolutions and \
                 matrix products alone over forward: {}",
                network.name,
                milliseconds(whole_total),
                milliseconds(plain_total),
                ratio(whole_total, plain_total),
                ratio(products, plain_total),
            ));
        }
    }
    Ok(())
}

fn levels(options: &Options, networks: &[Network]) -> anyhow::Result<()> {
    let runtime = onnx_runtime(options.device)?;
    let levels = [
        ("nothing", Rewriting::Nothing),
        ("basic", Rewriting::Basic),
        ("fusions", Rewriting::Fusions),
        ("layout", Rewriting::Layout),
    ];
    let mut head = vec!["network", "batch"];
    let names: Vec<String> = levels
        .iter()
        .flat_map(|(name, _)| [format!("forward, {name}"), format!("VJP, {name}")])
        .collect();
    head.extend(names.iter().map(String::as_str));
    let mut table = Table::new(&head);
    for network in networks {
        for batch in batches(options) {
            let forward = network.graph(batch)?;
            let product = gradient(&forward, &Lowering::default())?;
            let mut loaded = Vec::new();
            for (_, rewriting) in levels {
                let session = SessionOptions {
                    rewriting,
                    ..SessionOptions::threads(1)
                };
                loaded.push(Loaded::new(runtime.as_ref(), &forward, &session)?);
                loaded.push(Loaded::new(runtime.as_ref(), &product, &session)?);
            }
            let contenders = loaded.iter_mut().zip(&names);
            let contenders =
                contenders.map(|(loaded, name)| loaded.contender(name, options.clock(1)));
            let times = measured(contenders.collect(), options)?;
            let mut cells = vec![network.name.clone(), batch.to_string()];
            cells.extend(names.iter().map(|name| milliseconds(times.of(name).min())));
            table.row(cells);
        }
    }
    table.print("How far ONNX Runtime may rewrite (1 thread, ms)");
    Ok(())
}

/// A name and a way to write derivatives.
fn lowerings() -> Vec<(&'static str, Lowering)> {
    let usual = Lowering::default();
    vec![
        ("default", usual),
        (
            "ConvTranspose for every Conv",
            Lowering {
                convolution: ConvolutionAdjoint::Transposed,
                ..usual
            },
        ),
        (
            "MaxPool by Indices",
            Lowering {
                max_pool: MaxPoolAdjoint::Indices,
                ..usual
            },
        ),
        (
            "Relu by a step",
            Lowering {
                relu: ReluMask::Step,
                ..usual
            },
        ),
    ]
}

fn forms(options: &Options, networks: &[Network]) -> anyhow::Result<()> {
    let runtime = onnx_runtime(options.device)?;
    let mut head = vec!["network", "batch", "forward ms"];
    let lowerings = lowerings();
    head.extend(lowerings.iter().map(|(name, _)| *name));
    head.extend(["forward part", "backward part", "both parts", "bytes kept"]);
    let mut table = Table::new(&head);
    for network in networks {
        for batch in batches(options) {
            let forward = network.graph(batch)?;
            let session = SessionOptions::threads(1);
            let mut plain = Loaded::new(runtime.as_ref(), &forward, &session)?;
            let mut loaded = Vec::new();
            for (_, lowering) in &lowerings {
                let graph = gradient(&forward, lowering)?;
                loaded.push(Loaded::new(runtime.as_ref(), &graph, &session)?);
            }
            let mut halves = Halves::new(runtime.as_ref(), &forward, &session)?;
            let kept = halves.bytes();
            let mut contenders = vec![plain.contender("forward", options.clock(1))];
            for (loaded, (name, _)) in loaded.iter_mut().zip(&lowerings) {
                contenders.push(loaded.contender(name, options.clock(1)));
            }
            let (first, second) = halves.contenders(options.clock(1));
            contenders.extend([first, second]);
            let times = measured(contenders, options)?;
            let time = |name: &str| times.of(name).min();
            let over = |seconds: f64| {
                let over = ratio(seconds, time("forward"));
                format!("{} ({over})", milliseconds(seconds))
            };
            let mut cells = vec![
                network.name.clone(),
                batch.to_string(),
                milliseconds(time("forward")),
            ];
            cells.extend(lowerings.iter().map(|(name, _)| over(time(name))));
            let (first, second) = (time("forward part"), time("backward part"));
            cells.extend([over(first), over(second), over(first + second)]);
            cells.push(format!("{:.2} MB", kept as f64 / 1e6));
            table.row(cells);
        }
    }
    table.print("Forms of the product (1 thread, ms and in brackets over the forward graph)");
    Ok(())
}

/// The product cut in two.
struct Halves {
    forward: Loaded,
    backward: Box<dyn Session>,
    /// What the backward part is fed: kept values, then the cotangent.
    kept: Vec<Box<dyn Held>>,
    cotangent: Tensor,
    /// The code itself, where the backward part takes it: its position among the inputs.
    own: Option<usize>,
}

impl Halves {
    fn new(
        runtime: &dyn Runtime,
        forward: &Graph,
        session: &SessionOptions,
    ) -> anyhow::Result<Self> {
        let whole = gradient(forward, &Lowering::default())?;
        let cotangents = &whole.inputs()[1..];
        let parts = autodiff::split(&whole, cotangents, &[whole.outputs()[1]]);
        let mut first = Loaded::new(runtime, &parts.forward, session)?;
        let names: Vec<&str> = parts
            .forward
            .outputs()
            .iter()
            .map(|&id| parts.forward.name(id))
            .collect();
        let mut outputs: Vec<Option<Box<dyn Held>>> = first.run()?.into_iter().map(Some).collect();
        let mut kept = Vec::new();
        let mut own = None;
        for (position, saved) in parts.saved.iter().enumerate() {
            match names.iter().position(|name| name == saved) {
                Some(output) => kept.extend(outputs[output].take()),
                None => own = Some(position),
            }
        }
        Ok(Halves {
            backward: runtime.load(&onnx::serialise(&parts.backward)?, session)?,
            cotangent: inputs(&whole)?.swap_remove(1),
            forward: first,
            kept,
            own,
        })
    }

    fn bytes(&self) -> usize {
        self.kept.iter().map(|held| held.bytes()).sum()
    }

    fn contenders(&mut self, clock: Clock) -> (Contender<'_>, Contender<'_>) {
        let x = self.forward.inputs[0].clone();
        let (kept, cotangent, own) = (&self.kept, &self.cotangent, self.own);
        let backward = &mut self.backward;
        (
            self.forward.contender("forward part", clock),
            Contender::new("backward part", clock, move || {
                let mut inputs: Vec<Input<'_>> =
                    kept.iter().map(|held| Input::Held(held.as_ref())).collect();
                if let Some(position) = own {
                    inputs.insert(position, Input::Tensor(&x));
                }
                inputs.push(Input::Tensor(cotangent));
                backward.run(&inputs)?;
                Ok(())
            }),
        )
    }
}

fn embedded_runtime(options: &Options, networks: &[Network]) -> anyhow::Result<()> {
    let (runtime, other) = (embedded()?, onnx_runtime(DeviceChoice::Cpu)?);
    let mut table = Table::new(&[
        "network",
        "batch",
        "threads",
        "forward ms",
        "VJP ms",
        "VJP / forward",
        "over ONNX Runtime's VJP",
    ]);
    for network in networks {
        for batch in batches(options) {
            let forward = network.graph(batch)?;
            let product = gradient(&forward, &Lowering::default())?;
            for threads in threads(options) {
                let session = SessionOptions::threads(threads);
                let mut plain = Loaded::new(runtime.as_ref(), &forward, &session)?;
                let mut ours = Loaded::new(runtime.as_ref(), &product, &session)?;
                let mut theirs = Loaded::new(other.as_ref(), &product, &session)?;
                let contenders = vec![
                    plain.contender("forward", Clock::Wall),
                    ours.contender("VJP", Clock::Wall),
                    theirs.contender("ONNX Runtime", Clock::Wall),
                ];
                let times = measured(contenders, options)?;
                let time = |name: &str| times.of(name).min();
                table.row(vec![
                    network.name.clone(),
                    batch.to_string(),
                    threads.to_string(),
                    milliseconds(time("forward")),
                    milliseconds(time("VJP")),
                    ratio(time("VJP"), time("forward")),
                    ratio(time("VJP"), time("ONNX Runtime")),
                ]);
            }
        }
    }
    table.print("The embedded runtime (ms)");
    Ok(())
}
