//! `cover` through the networks and the program: its samples are draws of the cube cut with the half-space.

use std::path::Path;

use invset::metrics::KolmogorovSmirnov;

use super::{Neuron, exact_draws, json, run, sigmoid};

/// Standard deviations of w·x above its mean that hold about 5 % of the cube.
const DEVIATIONS: f64 = 1.645;
const SAMPLES: usize = 300;

/// Logits of the samples of a run of `three` from `z1` up.
fn logits(neuron: &Neuron, z1: f64, out: &Path, flags: &[&str]) -> Vec<f64> {
    let query = format!("three in {z1}..");
    let out_text = out.to_str().unwrap();
    let mut words = vec!["sample", "--bundle", "halfspace", "--where", &query];
    words.extend(["--json", "--quiet", "--out", out_text]);
    words.extend(flags);
    let result = json(&run(&words));
    assert_eq!(result["n_feasible"], result["n_requested"], "{flags:?}");
    super::codes_of(out, neuron.w.len())
        .iter()
        .map(|code| neuron.logit(code.iter().map(|&pixel| f64::from(pixel))))
        .collect()
}

#[test]
fn draws_and_chains_have_the_logits_of_exact_draws() {
    let neuron = Neuron::of_the_bundle();
    let mean = neuron.w.iter().sum::<f64>() / 2.0 + neuron.b;
    let sd = (neuron.w.iter().map(|w| w * w).sum::<f64>() / 12.0).sqrt();
    let threshold = mean + DEVIATIONS * sd;
    let exact: Vec<f64> = exact_draws(neuron.w.len())
        .map(|code| neuron.logit(code.iter().map(|&pixel| f64::from(pixel))))
        .filter(|&logit| logit >= threshold)
        .take(2000)
        .collect();
    let z1 = sigmoid(threshold);
    let folder = tempfile::tempdir().unwrap();
    let n = SAMPLES.to_string();
    let agrees = |name: &str, flags: &[&str]| {
        let found = logits(&neuron, z1, &folder.path().join(name), flags);
        KolmogorovSmirnov::of(&found, &exact).unwrap().p_value
    };
    let drawn = agrees("draws", &["-n", &n]);
    assert!(drawn > 0.01, "{drawn}");
    // Given starts are forgotten by chains, whose seeds `spread` put in far corners.
    let apart = agrees(
        "apart",
        &["-n", "8", "--method", "spread", "--max-steps", "60"],
    );
    let init = format!("run:{}", folder.path().join("apart").display());
    let walked = agrees("chains", &["-n", &n, "--method", "cover", "--init", &init]);
    assert!(walked > 0.01, "{walked}");
    let near = agrees("near", &["-n", &n, "--method", "incremental", "-k", "8"]);
    assert!(near < 1e-6, "{near}, {apart}");
}
