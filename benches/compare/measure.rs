//! One cell: the program itself is run, as its user would.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use super::grid::{
    BATCH, DRAWS_PER_SAMPLE, FORWARDS_PER_GRADIENT, GRADIENTS_PER_SAMPLE, Key, SAMPLES,
};
use super::store::CellResult;
use super::subject::Subject;
use invset::sampler::MethodKind;

/// The command of a cell, without the program's name and the folder it writes.
pub(crate) fn command(key: &Key, subject: &Subject) -> Vec<String> {
    // A step is one gradient for each row. `incremental` has fewer rows; `cover` takes no gradients.
    let steps = match key.method {
        MethodKind::Incremental => GRADIENTS_PER_SAMPLE * (SAMPLES / BATCH) as u64,
        MethodKind::Cover => GRADIENTS_PER_SAMPLE * FORWARDS_PER_GRADIENT - DRAWS_PER_SAMPLE,
        _ => GRADIENTS_PER_SAMPLE,
    };
    let init = match key.method {
        MethodKind::Dataset => format!("images:{}", subject.images.display()),
        _ => subject.init.clone(),
    };
    [
        "sample",
        "--bundle",
        &subject.bundle,
        "--where",
        &format!("{} in {}", key.unit, key.interval),
        "-n",
        &SAMPLES.to_string(),
        "-k",
        &BATCH.to_string(),
        "--method",
        key.method.name(),
        "--seed",
        &key.seed.to_string(),
        "--max-steps",
        &steps.to_string(),
        "--init",
        &init,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Runs a cell and reads off what it came to.
///
/// # Errors
/// The program failed for another reason than too few samples; its message is passed on.
pub(crate) fn measure(key: &Key, subject: &Subject) -> anyhow::Result<CellResult> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let run = run.display().to_string();
    let mut arguments = command(key, subject);
    arguments.extend(["--out", &run, "--json", "--quiet"].map(str::to_owned));
    let sampled = json(&arguments, &[0, 3])?;
    let number = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_f64);
    let mut result = CellResult {
        n_feasible: number(&sampled, "/n_feasible").context("no n_feasible")? as usize,
        steps: number(&sampled, "/steps").unwrap_or_default() as u64,
        gradients: number(&sampled, "/gradients").unwrap_or_default() as u64,
        forwards: number(&sampled, "/forwards").unwrap_or_default() as u64,
        seconds: number(&sampled, "/seconds").unwrap_or_default(),
        ..CellResult::default()
    };
    if result.n_feasible == 0 {
        return Ok(result);
    }
    result.sum_sq = number(&sampled, "/diversity/0/sum_sq");
    result.mean = number(&sampled, "/diversity/0/mean_pairwise");
    result.min = number(&sampled, "/diversity/0/min_pairwise");
    result.vendi = number(&sampled, "/diversity/0/vendi");
    result.judge_vendi = number(&sampled, "/diversity/1/vendi");
    result.judge_rke = number(&sampled, "/diversity/1/rke");
    result.judge_min = number(&sampled, "/diversity/1/min_pairwise");
    let images = subject.images.display().to_string();
    let measured = json(
        &["metrics", &run, "--images", &images, "--json"].map(str::to_owned),
        &[0],
    )?;
    result.real = number(&measured, "/real/inside").unwrap_or_default() as usize;
    result.coverage = number(&measured, "/real/against/1/coverage/value");
    result.precision = number(&measured, "/real/against/1/precision/value");
    result.sanity = number(&measured, "/real/sanity/score");
    Ok(result)
}

/// Seconds of one step of all samples, from a run of a few steps.
///
/// # Errors
/// The program failed.
pub(crate) fn seconds_per_step(key: &Key, subject: &Subject) -> anyhow::Result<f64> {
    const STEPS: u64 = 4;
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run").display().to_string();
    let probe = Key {
        method: MethodKind::Joint,
        ..key.clone()
    };
    let mut arguments = command(&probe, subject);
    if let Some(steps) = arguments.iter().position(|word| word == "--max-steps") {
        arguments[steps + 1] = STEPS.to_string();
    }
    arguments.extend(["--out", &run, "--json", "--quiet"].map(str::to_owned));
    let sampled = json(&arguments, &[0, 3])?;
    let seconds = sampled.pointer("/seconds").and_then(Value::as_f64);
    Ok(seconds.context("no seconds")? / STEPS as f64)
}

fn json(arguments: &[String], good: &[i32]) -> anyhow::Result<Value> {
    let output = Command::new(Path::new(env!("CARGO_BIN_EXE_invset")))
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    let words = arguments.join(" ");
    if !output
        .status
        .code()
        .is_some_and(|code| good.contains(&code))
    {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("invset {words}\n{}\n{message}", output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("invset {words}"))
}
