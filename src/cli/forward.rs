//! The graph that `grad` and `check-grad` differentiate: one ONNX file, or two joined.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::graph::{Graph, passes};
use crate::onnx::{LoadOptions, Model, OnnxError};

/// What stands before a name of the second file that the first one uses already.
const SECOND_PREFIX: &str = "then/";

/// Flags that say which graph the files make.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ForwardArgs {
    /// A second file, fed by the first
    #[arg(long, value_name = "F2.onnx")]
    pub then: Option<PathBuf>,
    /// Which output feeds which input (default: the first output, the first input)
    #[arg(long, value_name = "OUT=IN", requires = "then", value_parser = parse_join)]
    pub join: Option<Join>,
    /// The batch size
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: u32,
    /// Size of a dynamic dimension other than the batch, by its name in the file (repeatable)
    #[arg(long = "dim", value_name = "NAME=SIZE", value_parser = parse_dimension)]
    pub dimensions: Vec<(String, usize)>,
}

impl ForwardArgs {
    fn load(&self, model: &Model, of: &[String], flag: &'static str) -> anyhow::Result<Graph> {
        let graph = model.graph(&LoadOptions {
            batch: self.batch as usize,
            dimensions: self.dimensions.iter().cloned().collect(),
            outputs: Some(of.to_vec()),
        });
        let graph = graph.map_err(|error| RequestError::of_tensor(flag, error))?;
        Ok(passes::fold_batch_normalization(&graph))
    }
}

/// `NAME=SIZE` of a dynamic dimension.
pub(super) fn parse_dimension(text: &str) -> Result<(String, usize), String> {
    let (name, size) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' is not NAME=SIZE"))?;
    match size.parse() {
        Ok(size) if size > 0 => Ok((name.to_owned(), size)),
        _ => Err(format!("'{size}' is not a positive size")),
    }
}

/// A value of the first file and an input of the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    from: String,
    to: String,
}

fn parse_join(text: &str) -> Result<Join, String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok(Join {
            from: from.to_owned(),
            to: to.to_owned(),
        }),
        _ => Err(format!("'{text}' is not OUT=IN")),
    }
}

/// The request does not fit the files.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No input of the name that a flag gives.
    #[error("{flag}: there is no input {name:?}; the inputs are {inputs}")]
    NoSuchInput {
        /// The flag.
        flag: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        inputs: String,
    },
    /// No tensor of the name that a flag gives.
    #[error("{flag}: {source}")]
    NoSuchTensor {
        /// The flag.
        flag: &'static str,
        /// Says the name, and the nearest one there is.
        source: OnnxError,
    },
    /// The file has nothing to join.
    #[error("{file}: it has no {what} to join")]
    NothingToJoin {
        /// The file.
        file: String,
        /// `output` or `input`.
        what: &'static str,
    },
}

impl RequestError {
    /// The cause why a tensor that `flag` names cannot be had: the command line where the name is
    /// not in the file, else the file.
    fn of_tensor(flag: &'static str, source: OnnxError) -> anyhow::Error {
        match source {
            OnnxError::UnknownTensor { .. } => RequestError::NoSuchTensor { flag, source }.into(),
            _ => source.into(),
        }
    }

    /// `flag` names an input that `graph` does not have.
    pub(super) fn no_such_input(flag: &'static str, name: &str, graph: &Graph) -> Self {
        RequestError::NoSuchInput {
            flag,
            name: name.to_owned(),
            inputs: quoted(graph.inputs().iter().map(|&id| graph.name(id))),
        }
    }
}

/// The graph whose outputs are the tensors `of`, in that order, as given by `--of`.
///
/// # Errors
/// [`OnnxError`], [`crate::graph::GraphError`]: the files; [`RequestError`]: names that are not there.
pub fn graph(file: &Path, args: &ForwardArgs, of: &[String]) -> anyhow::Result<Graph> {
    let mut of = of.to_vec();
    let mut seen = HashSet::new();
    of.retain(|name| seen.insert(name.clone()));
    let first = Model::open(file)?;
    let Some(then) = &args.then else {
        return args.load(&first, &of, "--of");
    };
    let second = Model::open(then)?;
    let second_taps: Vec<String> = of
        .iter()
        .filter_map(|name| name_in_second(name, &first))
        .collect();
    if second_taps.is_empty() {
        return args.load(&first, &of, "--of");
    }
    let join = match &args.join {
        Some(join) => join.clone(),
        None => default_join(&first, &second)?,
    };
    if !second.inputs().iter().any(|input| input.name == join.to) {
        return Err(RequestError::NoSuchInput {
            flag: "--join",
            name: join.to,
            inputs: quoted(second.inputs().iter().map(|input| input.name.as_str())),
        }
        .into());
    }
    let first_taps: Vec<String> = of
        .iter()
        .filter(|name| name_in_second(name, &first).is_none())
        .chain([&join.from])
        .cloned()
        .collect();
    // What --of names in the first file is there, so only --join can be wrong.
    let first_graph = args.load(&first, &first_taps, "--join")?;
    let mut graph = passes::compose(
        &first_graph,
        &args.load(&second, &second_taps, "--of")?,
        &[(join.from.as_str(), join.to.as_str())],
        SECOND_PREFIX,
    )?;
    let outputs = of.iter().filter_map(|name| graph.find(name)).collect();
    graph.set_outputs(outputs);
    Ok(graph)
}

/// The first output feeds the first input.
fn default_join(first: &Model, second: &Model) -> Result<Join, RequestError> {
    let nothing = |model: &Model, what| RequestError::NothingToJoin {
        file: model.file().to_owned(),
        what,
    };
    let from = first.outputs().first();
    let to = second.inputs().first();
    Ok(Join {
        from: from.ok_or_else(|| nothing(first, "output"))?.name.clone(),
        to: to.ok_or_else(|| nothing(second, "input"))?.name.clone(),
    })
}

/// What a tensor of the joined graph is called in the second file; `None` for one of the first.
fn name_in_second(name: &str, first: &Model) -> Option<String> {
    let in_first = first.tensor_names();
    if in_first.contains(&name) {
        return None;
    }
    // The prefix marks names that both files use.
    let original = name
        .strip_prefix(SECOND_PREFIX)
        .filter(|original| in_first.contains(original));
    Some(original.unwrap_or(name).to_owned())
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_names_an_output_and_an_input() {
        let join = Join {
            from: "image".to_owned(),
            to: "input".to_owned(),
        };
        assert_eq!(parse_join("image=input"), Ok(join));
        for wrong in ["image", "=input", "image="] {
            assert!(parse_join(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_dimension_is_a_name_and_a_positive_size() {
        assert_eq!(parse_dimension("h=8"), Ok(("h".to_owned(), 8)));
        for wrong in ["h", "h=", "h=0", "h=-1"] {
            assert!(parse_dimension(wrong).is_err(), "{wrong}");
        }
    }
}
