//! Both runtimes on one convolution, values handed from run to run, and hostile bytes.

#![allow(clippy::unwrap_used)]

use super::onnxruntime::PROBE;
use super::*;

fn convolve(runtime: &dyn Runtime) -> Vec<f32> {
    let mut session = runtime.load(PROBE, &SessionOptions::threads(1)).unwrap();
    let (image, kernel) = ([1.0f32; 16], [1.0f32; 9]);
    let inputs = [
        Input::F32 {
            shape: &[1, 1, 4, 4],
            values: &image,
        },
        Input::F32 {
            shape: &[1, 1, 3, 3],
            values: &kernel,
        },
    ];
    let results = session.run(&inputs).unwrap();
    let tensor = results[0].to_tensor().unwrap();
    assert_eq!(tensor.shape(), [1, 1, 2, 2]);
    assert_eq!(results[0].bytes(), 16);
    results[0].read_f32().unwrap().into_owned()
}

#[test]
fn the_embedded_runtime_convolves() {
    assert_eq!(convolve(&Embedded::new()), [9.0; 4]);
}

#[test]
fn onnx_runtime_convolves_where_a_library_is_found() {
    match open(RuntimeChoice::OnnxRuntime, DeviceChoice::Cpu, None) {
        Ok(opened) => assert_eq!(convolve(opened.runtime.as_ref()), [9.0; 4]),
        Err(error) => eprintln!("SKIPPED onnx_runtime_convolves: {error}"),
    }
}

#[test]
fn a_model_cut_anywhere_gives_an_error() {
    let runtime = Embedded::new();
    for end in 0..PROBE.len() {
        // Cut between two top-level fields the rest is a model, though an older one.
        let _ = runtime.load(&PROBE[..end], &SessionOptions::threads(1));
    }
    assert!(
        runtime
            .load(&PROBE[..100], &SessionOptions::threads(1))
            .is_err()
    );
}

#[test]
fn a_length_beyond_the_file_gives_an_error_without_allocating_it() {
    // Field 7 (the graph) of 2^40 bytes.
    let hostile = [0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x0a];
    let error = Embedded::new()
        .load(&hostile, &SessionOptions::threads(1))
        .err()
        .unwrap();
    assert!(error.to_string().contains("announced"), "{error}");
}

#[test]
fn an_input_of_the_wrong_count_gives_an_error() {
    let mut session = Embedded::new()
        .load(PROBE, &SessionOptions::threads(1))
        .unwrap();
    assert!(session.run(&[]).is_err());
}

#[test]
fn a_named_library_that_is_broken_falls_back_with_a_note_or_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    std::fs::write(&path, b"no library").unwrap();
    let automatic = open(RuntimeChoice::Auto, DeviceChoice::Auto, Some(&path)).unwrap();
    assert_eq!(automatic.runtime.backend().name, "embedded");
    let notes = automatic.notes.join("\n");
    assert!(notes.contains(&path.display().to_string()), "{notes}");
    let error = open(RuntimeChoice::OnnxRuntime, DeviceChoice::Auto, Some(&path))
        .err()
        .unwrap();
    assert!(matches!(error, RuntimeError::Unavailable { .. }), "{error}");
}

#[test]
fn the_version_of_the_embedded_runtime_is_the_one_locked() {
    let lock = include_str!("../../Cargo.lock");
    let entry = format!("name = \"rten\"\nversion = \"{}\"", embedded::VERSION);
    assert!(lock.contains(&entry));
}
