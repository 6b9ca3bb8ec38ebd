//! Errors of the layers below as problems with a key and a remedy.

use crate::bundle::{BundleError, MANIFEST, Problem};
use crate::engine::EngineError;
use crate::onnx::OnnxError;

const EXPORT: &str = "export the model again";
/// Said where every node in the way has its own remedy.
const INSPECT: &str = "`invset inspect` lists such nodes one by one";
const OTHER_RUNTIME: &str =
    "`invset doctor` says which runtime it is; try the other with --runtime";

/// The problems behind an error with `file`, which `key` of the manifest names.
pub(super) fn explain(key: &str, file: &str, error: EngineError) -> Vec<Problem> {
    let problem = |reason: String, remedy: &str| {
        let reason = format!("'{file}': {reason}");
        vec![Problem::new(MANIFEST, key, reason, remedy)]
    };
    match error {
        EngineError::Fit { problems } | EngineError::ChosenEncoder { problems, .. } => problems,
        EngineError::Bundle(BundleError::Invalid { problems, .. }) => problems,
        EngineError::Bundle(BundleError::Model { source, .. }) => vec![onnx(key, file, &source)],
        EngineError::Onnx(error) => vec![onnx(key, file, &error)],
        EngineError::Prior(error) => vec![Problem::new(
            MANIFEST,
            "generator.prior",
            error,
            "correct the numbers of [generator.prior] or of its file",
        )],
        EngineError::Autodiff(error) => problem(error.to_string(), INSPECT),
        EngineError::Runtime(error) => problem(error.to_string(), OTHER_RUNTIME),
        EngineError::Bundle(error @ BundleError::UnknownName { .. }) => {
            problem(error.to_string(), EXPORT)
        }
        EngineError::Graph(error) => problem(error.to_string(), EXPORT),
        EngineError::Internal(reason) => problem(reason, "please report this"),
    }
}

/// A model file that cannot be read. The path in the error is left out: the file's name in the
/// bundle says it.
fn onnx(key: &str, file: &str, error: &OnnxError) -> Problem {
    // Sizes of inputs are a matter of the section, not of the file as a whole.
    let input_key = match key.strip_suffix(".file") {
        Some(section) => format!("{section}.input"),
        None => key.to_owned(),
    };
    let (key, reason, remedy) = match error {
        OnnxError::Read { source, .. } => (
            key,
            format!("cannot be read ({source})"),
            "make the file readable, or put it back",
        ),
        OnnxError::Malformed {
            place,
            reason,
            remedy,
            ..
        } => (key, format!("{place}: {reason}"), *remedy),
        OnnxError::Version {
            what,
            found,
            supported,
            remedy,
            ..
        } => (
            key,
            format!("{what} {found} is not supported (supported: {supported})"),
            *remedy,
        ),
        OnnxError::ExternalData {
            tensor,
            location,
            reason,
            ..
        } => (
            key,
            format!("tensor {tensor:?}: external data {location:?}: {reason}"),
            "keep the data file inside the model's folder, or save the model as one file",
        ),
        OnnxError::UnknownTensor { name, .. } => (
            key,
            format!("there is no tensor {name:?}"),
            "`invset inspect` lists the tensors",
        ),
        OnnxError::FixedBatch { input, found, .. } => (
            input_key.as_str(),
            format!("input {input:?} has a fixed first dimension of {found}"),
            "export the model again with a dynamic batch dimension: codes run several at once",
        ),
        OnnxError::DynamicDimension {
            input,
            axis,
            symbol,
            ..
        } => {
            let named = symbol.as_deref().map(|symbol| format!(" ({symbol:?})"));
            let reason = format!(
                "axis {axis} of input {input:?} is dynamic{}",
                named.unwrap_or_default()
            );
            if key == "classifier.file" && symbol.is_some() {
                let remedy = "write the height and width of its input as classifier.size, or export the model \
                     with fixed sizes";
                ("classifier.size", reason, remedy)
            } else {
                let remedy = "export the model again with a fixed size there";
                (input_key.as_str(), reason, remedy)
            }
        }
        OnnxError::Unsupported { nodes, .. } => {
            let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
            let reason = format!("not supported: {}", nodes.join("; "));
            (key, reason, INSPECT)
        }
        OnnxError::NotWritable { .. } | OnnxError::TooLarge { .. } => {
            (key, error.to_string(), "use another model")
        }
    };
    Problem::new(MANIFEST, key, format!("'{file}': {reason}"), remedy)
}
