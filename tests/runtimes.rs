//! Both runtimes compute what the interpreter computes, or refuse a node by name; values pass from
//! session to session; broken libraries and hostile bytes end in errors.
//!
//! ONNX Runtime is searched for as a user's would be (ORT_DYLIB_PATH, an installation, Python).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "runtimes/cases.rs"]
mod cases;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use cases::Case;
use invset::graph::{Binary, DType, Data, Graph, Op, Tensor, TensorType, Unary, interpret};
use invset::onnx::{self, LoadOptions, Model};
use invset::runtime::{
    self, DeviceChoice, Embedded, Held, Input, Runtime, RuntimeChoice, RuntimeError, SessionOptions,
};

const ONE_THREAD: SessionOptions = SessionOptions::threads(1);

/// ONNX Runtime on the CPU, or a loud skip.
fn onnx_runtime(test: &str) -> Option<Arc<dyn Runtime>> {
    match runtime::open(RuntimeChoice::OnnxRuntime, DeviceChoice::Cpu, None) {
        Ok(opened) => Some(opened.runtime),
        Err(error) => {
            eprintln!("SKIPPED in part: {test}: {error}");
            None
        }
    }
}

fn run(
    runtime: &dyn Runtime,
    graph: &Graph,
    inputs: &[Tensor],
) -> Result<Vec<Tensor>, RuntimeError> {
    let bytes = onnx::serialise(graph).unwrap();
    let inputs: Vec<Input<'_>> = inputs.iter().map(Input::Tensor).collect();
    let results = runtime.load(&bytes, &ONE_THREAD)?.run(&inputs)?;
    results.iter().map(|value| value.to_tensor()).collect()
}

/// Values that repeat, differ from each other and suit every operator's domain but the indices'.
fn filled(tensor_type: &TensorType, salt: usize) -> Tensor {
    let wave = |index: usize| ((index * 7 + salt * 3) as f64 * 0.731).sin();
    let values: Vec<f64> = (0..tensor_type.len())
        .map(|index| match tensor_type.dtype {
            DType::F32 | DType::F64 => 1.7 * wave(index),
            DType::Bool => f64::from(u8::from(wave(index) > 0.0)),
            DType::I64 | DType::I32 | DType::U8 => ((index + salt) % 3) as f64,
        })
        .collect();
    Tensor::from_f64(tensor_type.dtype, tensor_type.shape.clone(), &values).unwrap()
}

fn inputs_of(graph: &Graph) -> Vec<Tensor> {
    let types = graph.inputs().iter().map(|&id| graph.tensor_type(id));
    types
        .enumerate()
        .map(|(salt, tensor_type)| filled(tensor_type, salt))
        .collect()
}

/// Largest difference relative to the largest value.
fn difference(found: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(found.tensor_type(), expected.tensor_type());
    let expected = expected.to_f64();
    let size = expected.iter().fold(1.0f64, |size, v| size.max(v.abs()));
    let pairs = found.to_f64().into_iter().zip(expected);
    pairs.fold(0.0f64, |worst, (a, b)| {
        let difference = if a == b { 0.0 } else { (a - b).abs() / size };
        if difference.is_nan() {
            f64::INFINITY
        } else {
            worst.max(difference)
        }
    })
}

/// The names of the cases that the runtime refuses; panics where it computes something else than
/// the interpreter.
fn refused(runtime: &dyn Runtime) -> BTreeSet<&'static str> {
    let mut refused = BTreeSet::new();
    let mut wrong = Vec::new();
    for Case { name, graph } in cases::all() {
        let inputs = inputs_of(&graph);
        let expected = interpret::run(&graph, &inputs).unwrap();
        match run(runtime, &graph, &inputs) {
            Ok(found) => {
                assert_eq!(found.len(), expected.len(), "{name}");
                let worst = found.iter().zip(&expected);
                let worst = worst.map(|(a, b)| difference(a, b)).fold(0.0, f64::max);
                if worst > 2e-6 {
                    wrong.push(format!("{name}: off by {worst:.1e}"));
                }
            }
            Err(RuntimeError::Load { reason, .. }) if reason.contains("not supported") => {
                refused.insert(name);
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    refused
}

#[test]
fn the_embedded_runtime_computes_every_operator_or_refuses_it_by_name() {
    let expected = BTreeSet::from(["max pool with indices", "resize cubic"]);
    assert_eq!(refused(&Embedded::new()), expected);
}

#[test]
fn onnx_runtime_computes_every_operator() {
    if let Some(runtime) = onnx_runtime("onnx_runtime_computes_every_operator") {
        assert_eq!(refused(runtime.as_ref()), BTreeSet::new());
    }
}

/// x to its mask x > 0, and back: mask and cotangent to their product.
fn mask_graphs() -> (Graph, Graph) {
    let floats = TensorType::new(DType::F32, [2, 3]);
    let mut forward = Graph::new();
    let x = forward.add_input("x", floats.clone()).unwrap();
    let zero = forward.add_constant("zero", Tensor::scalar(DType::F32, 0.0));
    let mask = forward
        .add("mask", Op::Binary(Binary::Greater), &[x, zero])
        .unwrap();
    let y = forward.add("y", Op::Unary(Unary::Relu), &[x]).unwrap();
    forward.set_outputs(vec![y, mask]);

    let mut backward = Graph::new();
    let mask = backward
        .add_input("mask", TensorType::new(DType::Bool, [2, 3]))
        .unwrap();
    let y_bar = backward.add_input("y_bar", floats).unwrap();
    let cast = Op::Cast { to: DType::F32 };
    let mask = backward.add("as_float", cast, &[mask]).unwrap();
    let x_bar = backward
        .add("x_bar", Op::Binary(Binary::Mul), &[y_bar, mask])
        .unwrap();
    backward.add_output(x_bar);
    (forward, backward)
}

fn hand_over(runtime: &dyn Runtime) {
    let (forward, backward) = mask_graphs();
    let load = |graph: &Graph| {
        let bytes = onnx::serialise(graph).unwrap();
        runtime.load(&bytes, &ONE_THREAD).unwrap()
    };
    let (mut forward, mut backward) = (load(&forward), load(&backward));
    let shape = [2usize, 3];
    let values = [1.0f32, -1.0, 2.0, -2.0, 0.0, 3.0];
    let results = forward
        .run(&[Input::F32 {
            shape: &shape,
            values: &values,
        }])
        .unwrap();
    let mask: &dyn Held = results[1].as_ref();
    let expected = Data::Bool(Arc::new(vec![true, false, true, false, false, true]));
    assert_eq!(mask.to_tensor().unwrap().data(), &expected);
    assert!(mask.bytes() >= 6);
    assert!(mask.read_f32().is_err());
    drop(forward);
    let cotangent = [10.0f32; 6];
    let pulled = backward
        .run(&[
            Input::Held(mask),
            Input::F32 {
                shape: &shape,
                values: &cotangent,
            },
        ])
        .unwrap();
    let pulled = pulled[0].read_f32().unwrap();
    assert_eq!(&pulled[..], [10.0, 0.0, 10.0, 0.0, 0.0, 10.0]);
}

#[test]
fn masks_pass_from_session_to_session_even_after_the_first_is_gone() {
    hand_over(&Embedded::new());
    if let Some(runtime) = onnx_runtime("masks_pass_from_session_to_session") {
        hand_over(runtime.as_ref());
    }
}

#[test]
fn a_value_of_another_runtime_is_refused() {
    let Some(runtime) = onnx_runtime("a_value_of_another_runtime_is_refused") else {
        return;
    };
    let (forward, backward) = mask_graphs();
    let bytes = onnx::serialise(&forward).unwrap();
    let x = filled(&TensorType::new(DType::F32, [2, 3]), 0);
    let results = Embedded::new()
        .load(&bytes, &ONE_THREAD)
        .unwrap()
        .run(&[Input::Tensor(&x)])
        .unwrap();
    let bytes = onnx::serialise(&backward).unwrap();
    let mut session = runtime.load(&bytes, &ONE_THREAD).unwrap();
    let inputs = [Input::Held(results[1].as_ref()), Input::Tensor(&x)];
    assert!(session.run(&inputs).is_err());
}

#[test]
fn sessions_run_on_other_threads_than_they_were_made_on() {
    let (forward, _) = mask_graphs();
    let bytes = onnx::serialise(&forward).unwrap();
    let runtimes = [
        Some(Arc::new(Embedded::new()) as Arc<dyn Runtime>),
        onnx_runtime("threads"),
    ];
    for runtime in runtimes.into_iter().flatten() {
        let sessions = [0, 1].map(|_| runtime.load(&bytes, &ONE_THREAD).unwrap());
        let threads = sessions.map(|mut session| {
            std::thread::spawn(move || {
                let x = filled(&TensorType::new(DType::F32, [2, 3]), 0);
                let results = session.run(&[Input::Tensor(&x)]).unwrap();
                results[0].to_tensor().unwrap()
            })
        });
        let [first, second] = threads.map(|thread| thread.join().unwrap());
        assert_eq!(first, second);
    }
}

#[test]
fn an_input_of_the_wrong_shape_or_type_gives_an_error() {
    let (forward, _) = mask_graphs();
    let bytes = onnx::serialise(&forward).unwrap();
    let runtimes = [
        Some(Arc::new(Embedded::new()) as Arc<dyn Runtime>),
        onnx_runtime("wrong shape"),
    ];
    for runtime in runtimes.into_iter().flatten() {
        let mut session = runtime.load(&bytes, &ONE_THREAD).unwrap();
        let wide = filled(&TensorType::new(DType::F32, [2, 4]), 0);
        assert!(session.run(&[Input::Tensor(&wide)]).is_err());
        let whole = filled(&TensorType::new(DType::I64, [2, 3]), 0);
        assert!(session.run(&[Input::Tensor(&whole)]).is_err());
        let short = Input::F32 {
            shape: &[2, 3],
            values: &[0.0; 5],
        };
        assert!(session.run(&[short]).is_err());
    }
}

#[test]
fn hostile_bytes_give_errors_in_both_runtimes() {
    let (forward, _) = mask_graphs();
    let bytes = onnx::serialise(&forward).unwrap();
    let runtimes = [
        Some(Arc::new(Embedded::new()) as Arc<dyn Runtime>),
        onnx_runtime("hostile"),
    ];
    for runtime in runtimes.into_iter().flatten() {
        for hostile in [
            &b""[..],
            b"not a model",
            &[0xff; 64],
            &bytes[..bytes.len() / 2],
        ] {
            assert!(runtime.load(hostile, &ONE_THREAD).is_err(), "{hostile:?}");
        }
        // Whatever a flipped byte makes of the model, it does not end the process.
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 0x55;
            let _ = runtime.load(&flipped, &ONE_THREAD);
        }
    }
}

/// Median over rows of the largest difference in a row, relative to the row's largest value.
fn median_row_difference(found: &Tensor, expected: &Tensor) -> f64 {
    let rows = expected.shape()[0];
    let length = expected.len() / rows;
    let (found, expected) = (found.to_f64(), expected.to_f64());
    let mut differences: Vec<f64> = found
        .chunks(length)
        .zip(expected.chunks(length))
        .map(|(a, b)| {
            let size = b
                .iter()
                .fold(f64::MIN_POSITIVE, |size, v| size.max(v.abs()));
            let worst = a
                .iter()
                .zip(b)
                .fold(0.0f64, |w, (a, b)| w.max((a - b).abs()));
            worst / size
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    differences[rows / 2]
}

#[test]
fn models_of_the_collection_agree_between_the_runtimes() {
    let name = "models_of_the_collection_agree_between_the_runtimes";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/models");
    let Some(runtime) = onnx_runtime(name) else {
        return;
    };
    for file in [
        "classifiers/mnist_lenet5_28.onnx",
        "classifiers/cifar10_resnet20.onnx",
        "generators/mnist_gan28_generator.onnx",
        "generators/vae_chairs_decoder.onnx",
        "generators/quickdraw_cvae_generator.onnx",
        "encoders/vae_chairs_encoder.onnx",
    ] {
        let path = folder.join(file);
        if !path.exists() {
            eprintln!("SKIPPED: {name}: {} is not there", path.display());
            continue;
        }
        let options = LoadOptions {
            batch: 5,
            ..LoadOptions::default()
        };
        let graph = Model::open(&path).unwrap().graph(&options).unwrap();
        let inputs = inputs_of(&graph);
        let embedded = run(&Embedded::new(), &graph, &inputs).unwrap();
        let reference = run(runtime.as_ref(), &graph, &inputs).unwrap();
        for (found, expected) in embedded.iter().zip(&reference) {
            let median = median_row_difference(found, expected);
            assert!(median < 5e-6, "{file}: {median:.1e}");
        }
    }
}
