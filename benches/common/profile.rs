//! Where ONNX Runtime's time goes: the profile it writes, one event for each node of each run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use invset::runtime::{Input, Runtime, SessionOptions};
use serde_json::Value;

/// Nodes of one kind in the graph that runs, and their time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub nodes: usize,
    /// Sum over the nodes of each node's shortest run, in seconds.
    pub seconds: f64,
}

/// Runs a model `runs` times and sums up by kind of operator.
pub(crate) fn profile(
    runtime: &dyn Runtime,
    model: &[u8],
    inputs: &[Input<'_>],
    runs: usize,
) -> anyhow::Result<BTreeMap<String, Share>> {
    let folder = tempfile::tempdir()?;
    let options = SessionOptions {
        profile: Some(folder.path().join("profile")),
        ..SessionOptions::threads(1)
    };
    {
        let mut session = runtime.load(model, &options)?;
        for _ in 0..runs {
            session.run(inputs)?;
        }
    }
    let text = std::fs::read_to_string(written(folder.path())?)?;
    let events: Vec<Value> = serde_json::from_str(&text)?;
    let mut nodes: BTreeMap<String, (String, Vec<f64>)> = BTreeMap::new();
    for event in &events {
        let name = event["name"].as_str().unwrap_or_default();
        let (Some("Node"), Some(node)) = (event["cat"].as_str(), name.strip_suffix("_kernel_time"))
        else {
            continue;
        };
        let op = event["args"]["op_name"].as_str().unwrap_or_default();
        let microseconds = event["dur"].as_f64().unwrap_or(0.0);
        let entry = nodes.entry(node.to_owned()).or_default();
        entry.0 = op.to_owned();
        entry.1.push(microseconds / 1e6);
    }
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for (op, seconds) in nodes.into_values() {
        let share = shares.entry(op).or_default();
        share.nodes += 1;
        share.seconds += seconds.iter().copied().fold(f64::INFINITY, f64::min);
    }
    Ok(shares)
}

fn written(folder: &Path) -> anyhow::Result<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "json") {
            return Ok(path);
        }
    }
    anyhow::bail!("ONNX Runtime wrote no profile; an embedded session has none")
}
