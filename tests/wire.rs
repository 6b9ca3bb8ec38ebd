//! The vendored protobuf types are what the vendored schema gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

/// `UPDATE_WIRE=1 cargo test --test wire` writes the file anew after a change of `onnx.proto`.
#[test]
fn the_vendored_types_are_generated_from_the_vendored_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/onnx");
    let schema = protox::compile(["onnx.proto"], [&folder]).expect("onnx.proto compiles");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    prost_build::Config::new()
        // Weights stay slices of the file's buffer.
        .bytes(["."])
        .out_dir(scratch.path())
        .compile_fds(schema)
        .expect("the schema generates");
    let generated =
        std::fs::read_to_string(scratch.path().join("onnx.rs")).expect("the generated file");
    let vendored = folder.join("wire.rs");
    if std::env::var_os("UPDATE_WIRE").is_some() {
        std::fs::write(&vendored, &generated).expect("src/onnx/wire.rs is writable");
    }
    let present = std::fs::read_to_string(&vendored).unwrap_or_default();
    assert!(
        present == generated,
        "src/onnx/wire.rs differs from what onnx.proto gives; UPDATE_WIRE=1 cargo test --test wire"
    );
}
