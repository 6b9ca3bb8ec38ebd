//! Sweeps before any run of theirs.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;

use super::file::{PlanFile, SWEEP_FILE, SweepFile};
use super::folder::SweepFolder;
use super::units::{absolute, check_derivatives, drawn, labelled, resolve};
use super::*;
use crate::bundle::{Bundle, EncoderChoice};
use crate::engine::SchemeChoice;
use crate::graph::{DType, Graph, Op, TensorType, Unary};
use crate::query::ClassifierTaps;
use crate::run::{RunError, init};
use crate::runtime::{DeviceChoice, RuntimeChoice};
use crate::sampler::{MethodKind, Settings};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn resolved(units: &[&str], interval: &str) -> Result<Vec<SweepUnit>, SweepError> {
    let bundle = Bundle::open("fashion").unwrap();
    let taps = ClassifierTaps::new(&bundle).unwrap();
    resolve(&texts(units), interval, &bundle, &taps)
}

#[test]
fn a_label_names_its_unit_only_where_it_names_no_other() {
    let labels = texts(&[
        "volcano",
        "crane",
        "",
        "crane",
        "max(t[1])",
        "a[7]",
        "a, b in c",
    ]);
    assert_eq!(
        labelled(&labels, "logits"),
        [
            "volcano",
            "logits[1]",
            "logits[3]",
            "logits[4]",
            "logits[5]",
            "a, b in c"
        ]
    );
}

#[test]
fn labels_are_drawn_by_the_seed_without_replacement_and_in_their_order() {
    let labels: Vec<String> = (0..100).map(|i| format!("{i:02}")).collect();
    let draw = |count, seed| drawn(labels.clone(), count, seed);
    let ten = draw(10, 7);
    assert_eq!(ten, draw(10, 7));
    assert_ne!(ten, draw(10, 8));
    assert_eq!(ten.len(), 10);
    assert!(ten.windows(2).all(|pair| pair[0] < pair[1]), "{ten:?}");
    assert!(ten.iter().all(|label| draw(20, 7).contains(label)));
    assert_eq!(draw(100, 7), labels);
    // Part of the contract: a sweep is drawn alike by every version.
    // The numbers are those of a ChaCha20 written in Python after RFC 8439.
    assert_eq!(draw(3, 0), ["03", "24", "58"]);
}

#[test]
fn every_unit_gets_a_folder_of_its_own() {
    let long = "layer3.relu[5,                                  0,1]";
    let longer = "layer3.relu[5,                                  0,2]";
    let units = [
        "logits[8]",
        "prob(bag)",
        "ankle boot",
        "layer3.relu[5]",
        long,
        longer,
    ];
    let units = resolved(&units, "0..1").unwrap();
    let folders: Vec<&str> = units.iter().map(|unit| unit.folder.as_str()).collect();
    assert_eq!(
        folders,
        [
            "8-bag",
            "8-prob_bag",
            "9-ankle_boot",
            "5-layer3.relu_5",
            "5-layer3.relu_5-2",
            "5-layer3.relu_5-3"
        ]
    );
}

#[test]
fn the_same_unit_by_two_names_is_refused() {
    let error = resolved(&["bag", "logits[8]"], "0..1").unwrap_err();
    assert!(
        error.to_string().contains("'bag' and 'logits[8]'"),
        "{error}"
    );
}

#[test]
fn all_units_that_cannot_be_sampled_are_found_at_once() {
    let error = resolved(&["bagg", "bag", "max(layer3.relu[5])"], "p90..p99").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("2 of the units"), "{text}");
    assert!(text.contains("did you mean 'bag'"), "{text}");
    assert!(text.contains("max(layer3.relu[5]): "), "{text}");
    let error = resolved(&["bag", "coat"], "5..2").unwrap_err().to_string();
    assert_eq!(error.matches("5..2").count(), 1, "{error}");
}

#[test]
fn all_units_without_a_derivative_are_found_before_the_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "name = 'steps'
[generator]
kind = 'pixels'
shape = [1, 2, 2]
channels = 'gray'
[generator.prior]
kind = 'box'
low = 0.0
high = 1.0
[classifier]
file = 'classifier.onnx'
channels = 'gray'
";
    let mut graph = Graph::new();
    let image = TensorType::new(DType::F32, [1, 1, 2, 2]);
    let image = graph.add_input("image", image).unwrap();
    let flat = Op::Reshape { shape: vec![1, 4] };
    let flat = graph.add("flat", flat, &[image]).unwrap();
    let steps = graph.add("steps", Op::Unary(Unary::Floor), &[flat]);
    graph.set_outputs(vec![flat, steps.unwrap()]);
    let model = crate::onnx::serialise(&graph).unwrap();
    fs::write(folder.path().join("bundle.toml"), manifest).unwrap();
    fs::write(folder.path().join("classifier.onnx"), model).unwrap();
    let bundle = Bundle::open(folder.path().to_str().unwrap()).unwrap();
    let taps = ClassifierTaps::new(&bundle).unwrap();
    let check = |units: &[&str]| {
        let units = resolve(&texts(units), "0..1", &bundle, &taps).unwrap();
        check_derivatives(&units, &bundle)
    };
    check(&["flat[0]", "flat[1]"]).unwrap();
    let error = check(&["flat[0]", "steps[1]", "steps[3]"]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("2 of the units"), "{text}");
    for unit in ["steps[1]: ", "steps[3]: ", "Floor"] {
        assert!(text.contains(unit), "{unit}: {text}");
    }
}

#[test]
fn files_named_by_a_request_are_kept_by_their_absolute_paths() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let whole = folder.path().canonicalize().unwrap();
    let whole = whole.to_str().unwrap();
    let name = Path::new(whole).file_name().unwrap().to_str().unwrap();
    fs::write(folder.path().join("v (1).npy"), "").unwrap();
    assert_eq!(
        absolute(&format!("dir({name}/v (1).npy)@layer3.relu")),
        format!("dir({whole}/v (1).npy)@layer3.relu")
    );
    assert_eq!(absolute("dir(nowhere.npy)@t"), "dir(nowhere.npy)@t");
    assert_eq!(absolute("sneaker"), "sneaker");
    for kind in ["run", "images"] {
        assert_eq!(
            init::absolute(&format!("{kind}:{name}")),
            format!("{kind}:{whole}")
        );
    }
    for init in ["random", "run:nowhere", "nowhere"] {
        assert_eq!(init::absolute(init), init);
    }
}

#[test]
fn choices_that_a_bundle_cannot_meet_are_refused() {
    let bundle = Bundle::open("fashion").unwrap();
    let all = Choice::All.texts(0, &bundle, "logits").unwrap();
    assert_eq!(all, bundle.labels());
    assert_eq!(Choice::Draw(10).texts(3, &bundle, "logits").unwrap(), all);
    assert!(matches!(
        Choice::Draw(11).texts(0, &bundle, "logits"),
        Err(SweepError::TooFewLabels {
            asked: 11,
            there: 10
        })
    ));
    assert!(matches!(resolved(&[], "0..1"), Err(SweepError::NoUnit)));
}

fn file() -> SweepFile {
    SweepFile {
        smoothness: None,
        transforms: None,
        invset: "1".into(),
        started: "now".into(),
        bundle: "fashion".into(),
        encoder: EncoderChoice::Bundle,
        units: texts(&["bag", "coat"]),
        interval: "p90..p99".into(),
        settings: Settings::new(MethodKind::Joint, 4),
        plan: PlanFile {
            runtime: RuntimeChoice::OnnxRuntime,
            device: DeviceChoice::Auto,
            scheme: SchemeChoice::TwoPass,
            micro_batch: None,
            memory_cap: Some(1_000_000),
            threads: None,
        },
        backend: Backend {
            name: "test".into(),
            version: "1".into(),
            device: "cpu".into(),
        },
        files: BTreeMap::from([("bundle.toml".into(), "0".into())]),
    }
}

#[test]
fn a_sweep_file_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    file().write(folder.path()).unwrap();
    assert_eq!(SweepFile::read(folder.path()).unwrap(), file());
    let text = fs::read_to_string(folder.path().join(SWEEP_FILE)).unwrap();
    assert!(text.contains("runtime = \"onnxruntime\""), "{text}");
    assert!(text.contains("scheme = \"two-pass\""), "{text}");
}

#[test]
fn the_first_difference_between_requests_is_named() {
    let there = file();
    let difference = |change: fn(&mut SweepFile)| {
        let mut asked = file();
        change(&mut asked);
        there.difference(&asked)
    };
    assert_eq!(difference(|_| ()), None);
    assert_eq!(difference(|file| file.started = "later".into()), None);
    for (found, expected) in [
        (
            difference(|file| file.settings.n = 5),
            "settings.n is 4 in it and 5 now",
        ),
        (
            difference(|file| file.units[1] = "dress".into()),
            "units[1] is \"coat\" in it and \"dress\" now",
        ),
        (
            difference(|file| file.units.push("dress".into())),
            "units is 2 long in it and 3 long now",
        ),
        (
            difference(|file| file.plan.threads = Some(2)),
            "plan.threads is not given in it and 2 now",
        ),
    ] {
        assert_eq!(found.as_deref(), Some(expected));
    }
}

#[test]
fn a_sweep_takes_no_folder_that_holds_anything_else() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/sweep");
    assert!(matches!(
        SweepFolder::open(&path),
        Err(SweepError::NotASweep { .. })
    ));
    let folder = SweepFolder::claim(&path).unwrap();
    assert!(matches!(
        SweepFolder::claim(&path),
        Err(SweepError::Run(RunError::Held { .. }))
    ));
    folder.discard();
    assert!(!path.exists());
    drop(folder);

    // What a kill leaves is taken over, a file of somebody's is not.
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("lock"), "").unwrap();
    fs::write(path.join(".tmpAbCdEf"), "half").unwrap();
    drop(SweepFolder::claim(&path).unwrap());
    assert!(!path.join(".tmpAbCdEf").exists());
    fs::write(path.join("mine"), "x").unwrap();
    assert!(matches!(
        SweepFolder::claim(&path),
        Err(SweepError::Occupied(_))
    ));
}
