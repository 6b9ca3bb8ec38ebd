//! Whole networks against PyTorch: each export under `tests/networks/NAME` gives, in the
//! interpreter and in every runtime, the outputs and the vector-Jacobian products that
//! `tests/python/write_networks.py` recorded from float64 autograd.
//!
//! `INVSET_TEST_NETWORKS` names another folder of the same form, as `write_networks.py --full`
//! writes it. ONNX Runtime takes part where `INVSET_TEST_ONNXRUNTIME` names its library.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod recorded;

use std::sync::Arc;

use invset::graph::{DType, Tensor, interpret, passes};
use invset::runtime::{self, DeviceChoice, Input, Runtime, RuntimeChoice, SessionOptions};
use recorded::{Gradient, Network, Rows};

/// Of the largest entry: float32 arithmetic.
const SINGLE: f64 = 1e-4;
/// Of the largest entry: float64 arithmetic on weights and constants that the file rounds to
/// float32, some of them after folding.
const DOUBLE: f64 = 1e-6;

fn runtimes() -> Vec<Arc<dyn Runtime>> {
    let cpu = DeviceChoice::Cpu;
    let embedded = runtime::open(RuntimeChoice::Embedded, cpu, None).unwrap();
    let mut runtimes = vec![embedded.runtime];
    if let Some(library) = common::onnxruntime() {
        let found = runtime::open(RuntimeChoice::OnnxRuntime, cpu, Some(&library)).unwrap();
        runtimes.push(found.runtime);
    }
    runtimes
}

/// Every export of the network, at every batch it allows; all failures are listed.
fn agrees_with_pytorch(name: &str) {
    let network = Network::open(name);
    let runtimes = runtimes();
    let exports = network.exports();
    let mut failures = Vec::new();
    let mut passed = 0;
    let mut checks = 0;
    for export in &exports {
        let failed_before = failures.len();
        for &batch in export.batches() {
            let rows = network.rows(batch);
            let place = format!("{name}/{} at batch {batch}", export.name);
            match export.differentiated(batch) {
                Err(error) => failures.push(format!("{place}: {error}")),
                Ok(gradient) => {
                    let mut check = |how: &str, found: Result<Vec<Vec<f64>>, String>, tolerance| {
                        checks += 1;
                        if let Err(error) = found.and_then(|found| rows.compare(&found, tolerance))
                        {
                            failures.push(format!("{place} in {how}: {error}"));
                        }
                    };
                    check("the interpreter", interpreted(&gradient, &rows), DOUBLE);
                    for runtime in &runtimes {
                        let found = run(runtime.as_ref(), &gradient, &rows);
                        check(&runtime.backend().name, found, SINGLE);
                    }
                }
            }
        }
        passed += usize::from(failures.len() == failed_before);
    }
    eprintln!(
        "{name}: {passed} of {} files pass, {checks} checks",
        exports.len()
    );
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(checks > 0, "{name} has no exports");
}

fn interpreted(gradient: &Gradient, rows: &Rows) -> Result<Vec<Vec<f64>>, String> {
    let wide = passes::convert_floats(&gradient.graph(), DType::F64);
    let found = interpret::run(&wide, &rows.inputs(DType::F64))?;
    Ok(found.iter().map(Tensor::to_f64).collect())
}

fn run(runtime: &dyn Runtime, gradient: &Gradient, rows: &Rows) -> Result<Vec<Vec<f64>>, String> {
    let fed = rows.inputs(DType::F32);
    let fed: Vec<Input<'_>> = fed.iter().map(Input::Tensor).collect();
    runtime
        .load(&gradient.bytes, &SessionOptions::threads(1))
        .and_then(|mut session| {
            let held = session.run(&fed)?;
            let tensors = held.iter().map(|held| Ok(held.to_tensor()?.to_f64()));
            tensors.collect()
        })
        .map_err(|error| error.to_string())
}

/// One test for each network, and one that none is without.
macro_rules! networks {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { agrees_with_pytorch(stringify!($name)); })*

        #[test]
        fn every_recorded_network_has_a_test() {
            assert_eq!(recorded::names(), [$(stringify!($name)),*]);
        }
    };
}

networks!(
    caffenet,
    convnext,
    dcgan,
    decoder,
    deepsim,
    densenet,
    efficientnet,
    inception,
    mobilenet_v2,
    mobilenet_v3,
    resnet,
    stylegan,
    stylegan2,
    stylegan2_fused,
    swin,
    unet,
    vgg,
    vit,
    vit_fused,
);
