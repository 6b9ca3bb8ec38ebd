//! `check-grad` on networks that other people trained (`../shared/data`): those that a development
//! build checks in seconds. `tests/python/check_grad_table.py` prints the table of all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{json, run, shared};

/// Checks one tensor of one network, or of two joined.
fn check(file: &str, then: Option<&str>, wrt: &str, of: &str) {
    let Some(model) = shared(&format!("models/{file}")) else {
        return;
    };
    let mut arguments = vec!["check-grad", model.to_str().unwrap()];
    let then = match then {
        None => None,
        Some(then) => match shared(&format!("models/{then}")) {
            None => return,
            found => found,
        },
    };
    if let Some(then) = &then {
        arguments.extend(["--then", then.to_str().unwrap()]);
    }
    arguments.extend(["--wrt", wrt, "--of", of, "--json"]);
    let report = json(&run(&arguments));
    let error = report["median_relative_error"].as_f64().unwrap();
    assert!(error <= 1e-3, "{report}");
    assert_eq!(report["agrees"], true, "{report}");
    assert_eq!(report["directions"], 32, "{report}");
}

#[test]
fn classifiers_agree_with_differences() {
    check("classifiers/mnist_lenet5_28.onnx", None, "input", "logits");
    check(
        "classifiers/mnist_lenet5_28.onnx",
        None,
        "input",
        "features",
    );
    check(
        "classifiers/quickdraw_doodlenet_28.onnx",
        None,
        "input",
        "logits",
    );
    check("classifiers/cifar10_resnet20.onnx", None, "input", "logits");
}

#[test]
fn generators_and_encoders_agree_with_differences() {
    for file in [
        "mnist_vae28_decoder",
        "mnist_gan28_generator",
        "quickdraw_cvae_generator",
        "vae_chairs_decoder",
    ] {
        check(&format!("generators/{file}.onnx"), None, "code", "image");
    }
    for file in ["mnist_vae28_encoder", "vae_chairs_encoder"] {
        check(&format!("encoders/{file}.onnx"), None, "image", "mu");
    }
}

#[test]
fn classifiers_behind_generators_agree_with_differences() {
    for (generator, classifier) in [
        ("mnist_vae28_decoder", "mnist_lenet5_28"),
        ("mnist_gan28_generator", "mnist_lenet5_28"),
        ("quickdraw_cvae_generator", "quickdraw_doodlenet_28"),
    ] {
        check(
            &format!("generators/{generator}.onnx"),
            Some(&format!("classifiers/{classifier}.onnx")),
            "code",
            "logits",
        );
    }
}
