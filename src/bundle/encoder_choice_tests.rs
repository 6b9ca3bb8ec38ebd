//! Encoders as they are written.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bundle::Channels;

#[test]
fn an_encoder_is_written_as_it_is_read() {
    for text in [
        "bundle",
        "pixels",
        "tensor:layer3.relu",
        "my nets/e.onnx",
        "a.onnx:b/e.onnx",
        "e.onnx:mean=0.485,0.456,0.406:std=0.229,0.224,0.225:channels=BGR",
        "e.onnx:std=0.1",
        "e.onnx:channels=gray",
    ] {
        let choice: EncoderChoice = text.parse().unwrap();
        assert_eq!(choice.to_string(), text);
        let json = serde_json::to_string(&choice).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<EncoderChoice>(&json).unwrap(),
            choice
        );
    }
    for wrong in ["", "tensor:", "pixel", "features", "Bundle"] {
        let error = wrong.parse::<EncoderChoice>().unwrap_err().to_string();
        assert!(error.contains("tensor:NAME"), "{error}");
    }
}

#[test]
fn what_stands_behind_a_file_is_its_normalisation_or_a_clear_error() {
    let choice = "n/e.onnx:channels=BGR:mean=-1,2.5,0:std=1,2,3".parse();
    let Ok(EncoderChoice::File(chosen)) = choice else {
        unreachable!("{choice:?}");
    };
    assert_eq!(chosen.path.to_str(), Some("n/e.onnx"));
    assert_eq!(chosen.normalisation.channels, Some(Channels::Bgr));
    assert_eq!(chosen.normalisation.mean, [-1.0, 2.5, 0.0]);
    assert_eq!(chosen.normalisation.standard_deviation, [1.0, 2.0, 3.0]);
    for (wrong, said) in [
        ("e.onnx:mean=1,x", "mean holds 'x'"),
        ("e.onnx:mean=", "mean holds ''"),
        ("e.onnx:mean=1:mean=2", "mean stands there twice"),
        ("e.onnx:std=0", "std holds a number that is not positive"),
        ("e.onnx:mean=inf", "mean holds a number that is not finite"),
        ("e.onnx:channels=rgb", "channels is 'rgb'"),
        ("e.onnx:size=3", "'size=3' is not mean"),
        ("e.onnx:", "'' is not mean"),
    ] {
        let error = wrong.parse::<EncoderChoice>().unwrap_err().to_string();
        assert!(error.contains(said), "{wrong}: {error}");
        assert!(error.contains(wrong) && error.contains("FILE.onnx:mean="));
    }
}

#[test]
fn a_chosen_encoder_takes_the_place_of_the_bundles_own() {
    let bundle = || Bundle::open("scenes64").unwrap();
    assert!(bundle().has_own_encoder());
    let with = |text: &str| bundle().with_encoder(&text.parse().unwrap()).unwrap();
    assert_eq!(with("pixels").manifest().encoder, None);
    assert!(!with("pixels").has_own_encoder());
    let same = with("tensor:features");
    assert!(same.has_own_encoder(), "it is the one that is stated");
    let logits = with("tensor:logits");
    assert_eq!(
        logits.manifest().encoder,
        Some(Encoder::Tensor("logits".into()))
    );
    assert!(!logits.has_own_encoder());
    let again = logits.with_encoder(&"tensor:logits".parse().unwrap());
    assert!(!again.unwrap().has_own_encoder());
}

#[test]
fn a_tensor_or_file_that_is_not_there_is_refused_by_name() {
    let bundle = || Bundle::open("fashion").unwrap();
    let error = bundle()
        .with_encoder(&"tensor:layer3.rleu".parse().unwrap())
        .unwrap_err();
    assert!(error.to_string().contains("'layer3.relu'"), "{error}");
    let error = bundle()
        .with_encoder(&"nowhere/e.onnx".parse().unwrap())
        .unwrap_err();
    assert!(error.to_string().contains("'nowhere/e.onnx'"), "{error}");
}

#[test]
fn the_hash_of_a_chosen_file_is_among_the_bundles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.onnx");
    let judge = Bundle::open("fashion")
        .unwrap()
        .bytes("judge.onnx")
        .unwrap();
    std::fs::write(&path, judge).unwrap();
    let choice: EncoderChoice = path.to_str().unwrap().parse().unwrap();
    let bundle = Bundle::open("fashion").unwrap();
    let bundle = bundle.with_encoder(&choice).unwrap();
    let name = path.display().to_string();
    let before = bundle.fingerprints().unwrap();
    assert_eq!(before[&name], before["judge.onnx"]);
    std::fs::write(&path, b"another").unwrap();
    assert_ne!(bundle.fingerprints().unwrap()[&name], before[&name]);
}
