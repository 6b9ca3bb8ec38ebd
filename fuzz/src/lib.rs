//! What both fuzz targets do with the bytes of a model.

/// The tests of broken files write their models with it too.
#[path = "../../tests/protobuf/mod.rs"]
pub mod write;

use invset::autodiff;
use invset::graph::{Graph, passes};
use invset::onnx::{LoadOptions, Model, serialise};

/// Reads the bytes as `invset inspect` and `invset grad` do, differentiates what can be
/// differentiated, writes it and reads that again. Anything may be refused with an error; nothing
/// may panic, hang, or take memory out of proportion to the bytes.
///
/// # Panics
/// What was written cannot be read again, or reads as another graph.
pub fn exercise(bytes: &[u8]) {
    let model = match Model::from_bytes(bytes.to_vec(), "fuzz.onnx") {
        Ok(model) => model,
        Err(error) => {
            let _ = error.to_string();
            return;
        }
    };
    let options = LoadOptions {
        batch: 1,
        ..LoadOptions::default()
    };
    match model.survey(&options) {
        Ok(survey) => {
            for node in &survey.unsupported {
                let _ = node.to_string();
            }
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
    match model.graph(&options) {
        Ok(graph) => differentiate(&passes::fold_batch_normalization(&graph)),
        Err(error) => {
            let _ = error.to_string();
        }
    }
}

fn differentiate(graph: &Graph) {
    write_and_read(&passes::prune(graph));
    let is_float = |id| graph.tensor_type(id).dtype.is_float();
    let of = graph.outputs().iter().copied().find(|&id| is_float(id));
    for &wrt in graph.inputs().iter().filter(|&&id| is_float(id)) {
        let Some(of) = of else { return };
        let mut extended = graph.clone();
        match autodiff::vector_jacobian_product(&mut extended, &[of], wrt) {
            Ok(product) => {
                extended.set_outputs(vec![of, product.wrt_bar]);
                write_and_read(&passes::prune(&extended));
            }
            Err(error) => {
                let _ = error.to_string();
            }
        }
    }
}

fn write_and_read(graph: &Graph) {
    let Ok(bytes) = serialise(graph) else { return };
    // In a file, an input's length of 0 means "unknown".
    if graph
        .inputs()
        .iter()
        .any(|&id| graph.shape(id).contains(&0))
    {
        return;
    }
    let model = match Model::from_bytes(bytes, "written.onnx") {
        Ok(model) => model,
        Err(error) => panic!("what was written is no model: {error}\n{graph}"),
    };
    let batch = model
        .inputs()
        .iter()
        .find_map(|input| input.dims.as_ref()?.first()?.size);
    let options = LoadOptions {
        batch: batch.unwrap_or(1),
        ..LoadOptions::default()
    };
    let read = match model.graph(&options) {
        Ok(read) => read,
        // Inputs of several batch sizes cannot be read at one.
        Err(invset::onnx::OnnxError::FixedBatch { .. }) => return,
        Err(error) => panic!("what was written cannot be read: {error}\n{graph}"),
    };
    let types = |graph: &Graph| -> Vec<String> {
        let ids = graph.outputs().iter();
        ids.map(|&id| graph.tensor_type(id).to_string()).collect()
    };
    assert_eq!(types(graph), types(&read), "{graph}");
}
