//! A bundle as text.

use std::io::{self, Write};

use crate::bundle::{Guess, MANIFEST, PriorKind};
use crate::check::{Facts, NetworkFacts, Port, Report};
use crate::text::clean;

/// Digits of a hash that are enough to compare by eye.
const SHORT_HASH: usize = 12;

/// What is wrong, or else what is in it.
pub(super) fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.ok {
        return facts(&report.facts, out);
    }
    let count = match report.problems.len() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    writeln!(out, "{}: {count}", report.bundle)?;
    for problem in &report.problems {
        writeln!(out, "  {problem}")?;
    }
    Ok(())
}

/// What a new bundle's owner has to look at.
pub(super) fn guesses(guesses: &[Guess], out: &mut dyn Write) -> io::Result<()> {
    if guesses.is_empty() {
        return Ok(());
    }
    writeln!(out, "to check in {MANIFEST}:")?;
    for guess in guesses {
        writeln!(out, "  {}: {}", guess.key, clean(&guess.remark))?;
    }
    Ok(())
}

fn facts(facts: &Facts, out: &mut dyn Write) -> io::Result<()> {
    let text = |text: &Option<String>| text.as_deref().map(clean);
    writeln!(
        out,
        "{}: nothing is wrong",
        text(&facts.name).unwrap_or_default()
    )?;
    let lines = [text(&facts.description), text(&facts.licence)];
    for line in lines.into_iter().flatten() {
        writeln!(out, "  {line}")?;
    }
    for network in &facts.networks {
        writeln!(out, "  {}", describe(network))?;
    }
    let number = |number: Option<usize>| number.unwrap_or_default();
    let prior = match facts.prior {
        Some(PriorKind::Box) => "in a box",
        Some(PriorKind::Normal) | None => "normal",
    };
    writeln!(
        out,
        "  codes: {} numbers, {prior}",
        number(facts.code_length)
    )?;
    if let (Some(shape), Some([low, high])) = (&facts.image_shape, facts.image_range) {
        writeln!(
            out,
            "  {}s: {}, from {low:.3} to {high:.3} in two codes tried",
            facts.sample.unwrap_or("image"),
            product(shape)
        )?;
    }
    writeln!(
        out,
        "  embeddings: {} numbers, of {}",
        number(facts.embedding_length),
        text(&facts.encoder).unwrap_or_default()
    )?;
    match facts.labels {
        Some(labels) => writeln!(out, "  labels: {labels}")?,
        None => writeln!(out, "  labels: none, {} logits", number(facts.logits))?,
    }
    match &facts.statistics {
        Some(statistics) => writeln!(
            out,
            "  statistics: {} tensors over {} images",
            statistics.tensors, statistics.images
        )?,
        None => writeln!(
            out,
            "  statistics: none, so intervals cannot be in p90..p99"
        )?,
    }
    if let Some(backend) = &facts.backend {
        writeln!(
            out,
            "  tried on {} {} on {}",
            backend.name, backend.version, backend.device
        )?;
    }
    Ok(())
}

fn describe(network: &NetworkFacts) -> String {
    let port = |port: &Option<Port>| match port {
        Some(port) => format!("{} {}", clean(&port.name), product(&port.shape)),
        None => "?".to_owned(),
    };
    let hash: String = network.sha256.chars().take(SHORT_HASH).collect();
    format!(
        "{}: {}, {} bytes, {} -> {}, {} parameters, sha256 {hash}…",
        network.section,
        clean(&network.file),
        network.bytes,
        port(&network.input),
        port(&network.output),
        network.parameters,
    )
}

/// `1x28x28`.
fn product(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    lengths.join("x")
}
