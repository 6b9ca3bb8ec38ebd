//! The report as text: short for big graphs unless everything is asked for.

use std::io::{self, Write};

use super::report::{Port, Report, Tensor};
use crate::query::unit_forms;
use crate::text::{clean, truncate};

/// Up to this many tensors are listed one by one.
const FEW_TENSORS: usize = 40;
/// Up to this many nodes in the way are listed one by one.
const FEW_NODES: usize = 10;
/// Facts of a file are cut after this many columns.
const FACT_COLUMNS: usize = 80;

/// Prints the report; everything in it if `all`.
pub(super) fn print(report: &Report, all: bool, out: &mut dyn Write) -> io::Result<()> {
    head(report, out)?;
    for (title, ports) in [("inputs", &report.inputs), ("outputs", &report.outputs)] {
        writeln!(out, "\n{title}")?;
        for port in ports {
            writeln!(out, "  {}", clean(&port.line()))?;
        }
    }
    tensors(report, all, out)?;
    gradients(report, all, out)?;
    if !report.unsupported.is_empty() {
        writeln!(out, "\nnodes that cannot be read")?;
        let lines = report.unsupported.iter().map(ToString::to_string);
        list(lines.collect(), "  ", all, out)?;
    }
    if let Some(obstacle) = &report.obstacle {
        writeln!(out, "\ntensors are not listed: {}", clean(obstacle))?;
    }
    Ok(())
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let joined = |pairs: Vec<String>| clean(&pairs.join(", "));
    let opsets = report
        .opsets
        .iter()
        .map(|(domain, v)| format!("{domain} {v}"));
    let operators = report.operators.iter().map(|(op, n)| format!("{op} {n}"));
    writeln!(out, "{}", clean(&report.file))?;
    writeln!(out, "  sha256      {}", report.sha256)?;
    if !report.producer.is_empty() {
        writeln!(out, "  written by  {}", clean(&report.producer))?;
    }
    writeln!(
        out,
        "  format      IR {}, opsets {}",
        report.ir_version,
        joined(opsets.collect())
    )?;
    writeln!(out, "  parameters  {}", report.parameters)?;
    writeln!(out, "  operators   {}", joined(operators.collect()))?;
    for (key, value) in &report.metadata {
        let fact = truncate(&clean(&format!("{key} = {value}")), FACT_COLUMNS);
        writeln!(out, "  fact        {fact}")?;
    }
    Ok(())
}

fn tensors(report: &Report, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let tensors = &report.tensors;
    if tensors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ntensors that depend on an input, and their units")?;
    for rank in 2..=4 {
        if tensors
            .iter()
            .any(|t| t.shape.len() == rank && t.units.is_some())
        {
            let forms = unit_forms("t", rank);
            let forms = forms.iter().map(|f| format!("{} {}", f.syntax, f.meaning));
            let forms: Vec<String> = forms.collect();
            writeln!(out, "  of rank {rank}: {}", forms.join(", "))?;
        }
    }
    if all || tensors.len() <= FEW_TENSORS {
        for tensor in tensors {
            let line = format!("{}  {}", tensor.name, tensor.kind());
            writeln!(out, "  {}", clean(&line))?;
        }
        return Ok(());
    }
    let mut kinds: Vec<(String, Vec<&str>)> = Vec::new();
    for tensor in tensors {
        let kind = tensor.kind();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(&tensor.name),
            None => kinds.push((kind, vec![&tensor.name])),
        }
    }
    for (kind, names) in kinds {
        let line = match names.as_slice() {
            [name] => format!("{kind}  1 tensor: {name}"),
            [first, second, third, .., last] if names.len() > 4 => format!(
                "{kind}  {} tensors: {first}, {second}, {third}, … {last}",
                names.len()
            ),
            few => format!("{kind}  {} tensors: {}", few.len(), few.join(", ")),
        };
        writeln!(out, "  {}", clean(&line))?;
    }
    writeln!(out, "  ({} tensors; --all lists each)", tensors.len())
}

fn gradients(report: &Report, all: bool, out: &mut dyn Write) -> io::Result<()> {
    if !report.gradients.is_empty() {
        writeln!(out, "\ngradients")?;
    }
    for gradient in &report.gradients {
        let (output, input) = (clean(&gradient.output), clean(&gradient.input));
        let verdict = if gradient.differentiable {
            "yes"
        } else {
            "no, in the way:"
        };
        writeln!(out, "  {output} with respect to {input}: {verdict}")?;
        let lines = gradient.blockers.iter().map(ToString::to_string);
        list(lines.collect(), "    ", all, out)?;
    }
    Ok(())
}

fn list(lines: Vec<String>, indent: &str, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let shown = if all { lines.len() } else { FEW_NODES };
    for line in lines.iter().take(shown) {
        writeln!(out, "{indent}{}", clean(line))?;
    }
    match lines.len().checked_sub(shown) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "{indent}and {more} more (--all lists each)"),
    }
}

impl Port {
    fn line(&self) -> String {
        let dtype = self.dtype.as_deref().unwrap_or("unsupported type");
        let shape = self
            .shape
            .as_ref()
            .map_or_else(|| "unknown shape".to_owned(), |shape| bracket(shape));
        format!("{}  {dtype} {shape}", self.name)
    }
}

impl Tensor {
    /// What several tensors can share.
    fn kind(&self) -> String {
        let units = match self.units {
            None => "no units".to_owned(),
            Some(1) => "1 unit".to_owned(),
            Some(units) => format!("{units} units"),
        };
        format!("{} {}  {units}", self.dtype, bracket(&self.shape))
    }
}

fn bracket(shape: &[String]) -> String {
    format!("[{}]", shape.join(", "))
}
