//! Peers in Python: processes of their own that take one JSON object a line and answer with one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::repository;
use super::rounds::Clock;

/// A peer at work.
pub(crate) struct Peer {
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts `benches/peers/SCRIPT` with the Python that an environment variable names. Says so
    /// where it names none or the script does not start.
    pub(crate) fn start(variable: &str, script: &str) -> Option<Peer> {
        let Some(python) = std::env::var_os(variable) else {
            eprintln!("SKIPPED: {script}: {variable} names no Python");
            return None;
        };
        let started = Command::new(&python)
            .arg(repository("benches/peers").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => {
                eprintln!("SKIPPED: {script}: {}: {error}", python.display());
                return None;
            }
        };
        let requests = child.stdin.take()?;
        let replies = BufReader::new(child.stdout.take()?);
        let mut peer = Peer {
            child,
            requests,
            replies,
        };
        match peer.ask(&json!({"do": "versions"})) {
            Ok(reply) => {
                eprintln!("{script}: {}", reply["versions"].as_str().unwrap_or("?"));
                Some(peer)
            }
            Err(error) => {
                eprintln!("SKIPPED: {script}: {error}");
                None
            }
        }
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        if self.replies.read_line(&mut line)? == 0 {
            anyhow::bail!("the peer ended");
        }
        let reply: Value = serde_json::from_str(&line)?;
        match reply["error"].as_str() {
            Some(error) => anyhow::bail!("{error}"),
            None => Ok(reply),
        }
    }

    /// Makes something ready under a name; false, with the reason on stderr, where it cannot.
    pub(crate) fn prepare(&mut self, name: &str, mut request: Value) -> bool {
        request["do"] = json!("prepare");
        request["name"] = json!(name);
        match self.ask(&request) {
            Ok(_) => true,
            Err(error) => {
                eprintln!("SKIPPED: {name}: {error}");
                false
            }
        }
    }

    /// Runs what was made ready.
    pub(crate) fn run(
        &mut self,
        name: &str,
        repeats: usize,
        clock: Clock,
    ) -> anyhow::Result<Duration> {
        let cpu = clock == Clock::Thread;
        let request = json!({"do": "run", "name": name, "repeats": repeats, "cpu_time": cpu});
        let reply = self.ask(&request)?;
        let seconds = reply["seconds"].as_f64().unwrap_or(f64::NAN);
        Ok(Duration::from_secs_f64(seconds))
    }

    /// Forgets everything that was made ready.
    pub(crate) fn clear(&mut self) -> anyhow::Result<()> {
        self.ask(&json!({"do": "clear"})).map(|_| ())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes floats as they lie in memory, for a peer to read.
pub(crate) fn write_floats(path: &Path, values: &[f32]) -> anyhow::Result<()> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    Ok(std::fs::write(path, bytes)?)
}

/// Reads what [`write_floats`] or a peer wrote.
pub(crate) fn read_floats(path: &Path) -> anyhow::Result<Vec<f32>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes
        .chunks_exact(4)
        .map(|chunk| f32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]))
        .collect())
}

/// Two correct float32 gradients differ by less, in the median over rows and relative to the row's
/// norm, though units lie on different sides of their kinks; a wrong graph is further off.
const AGREEMENT: f64 = 5e-2;

/// That the gradient `[rows, …]` which a peer wrote is ours. A forward pass writes none.
pub(crate) fn agree(file: &Path, ours: &[f32], rows: usize, peer: &str) -> anyhow::Result<()> {
    if !file.exists() {
        return Ok(());
    }
    let theirs = read_floats(file)?;
    anyhow::ensure!(
        theirs.len() == ours.len() && rows > 0,
        "{peer} gives {} numbers, we give {}",
        theirs.len(),
        ours.len()
    );
    let length = (ours.len() / rows).max(1);
    let norm = |values: &mut dyn Iterator<Item = f32>| -> f64 {
        values
            .map(|value| f64::from(value).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let mut errors: Vec<f64> = ours
        .chunks(length)
        .zip(theirs.chunks(length))
        .map(|(ours, theirs)| {
            let apart = norm(&mut ours.iter().zip(theirs).map(|(a, b)| a - b));
            apart / norm(&mut ours.iter().copied()).max(f64::MIN_POSITIVE)
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    let median = errors[errors.len() / 2];
    anyhow::ensure!(
        median <= AGREEMENT,
        "the gradient of {peer} differs from ours by {median:.1e}, relative, in the median over rows"
    );
    Ok(())
}
