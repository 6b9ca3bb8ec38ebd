//! What is found for what one types.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::query::{Limits, Tap};

/// An index of made-up labels and tensors `(name, shape)`; the last tensor is the logits.
fn index_of(labels: &[&str], tensors: &[(&str, &[usize])]) -> UnitIndex {
    let tensor = |&(name, shape): &(&str, &[usize])| NamedTensor {
        name: name.to_owned(),
        shape: shape.to_vec(),
        units: if shape.len() == 3 { shape[2] } else { shape[1] },
        has_statistics: name == "logits",
    };
    let tap = |&(name, shape): &(&str, &[usize])| {
        let tap = Tap {
            shape: shape.to_vec(),
            limits: Limits::default(),
        };
        (name.to_owned(), tap)
    };
    let taps: BTreeMap<String, Tap> = tensors.iter().map(tap).collect();
    UnitIndex::from_parts(
        "logits".to_owned(),
        labels.iter().map(|&label| label.to_owned()).collect(),
        tensors.iter().map(tensor).collect(),
        taps.keys().cloned().collect(),
        taps,
    )
}

fn index() -> UnitIndex {
    index_of(
        &[
            "hen",
            "volcano",
            "crane",
            "crane",
            "",
            "Geyser",
            "café au lait",
        ],
        &[
            ("layer3.relu", &[1, 64, 8, 8]),
            ("layer4.relu", &[1, 16, 4, 4]),
            ("tokens", &[1, 5, 3]),
            ("logits", &[1, 7]),
        ],
    )
}

fn units(text: &str) -> Vec<String> {
    let found = index().search(text, 20).into_iter();
    found.map(|found| found.unit).collect()
}

#[test]
fn letters_in_order_find_a_label_and_are_pointed_at() {
    let found = &index().search("vlcn", 5)[0];
    assert_eq!((found.unit.as_str(), found.index), ("volcano", Some(1)));
    assert_eq!(found.label.as_deref(), Some("volcano"));
    assert_eq!(found.shown, "volcano");
    assert_eq!(found.positions, [0, 2, 3, 5]);
    assert_eq!((found.tensor.as_str(), found.units), ("logits", 7));
    assert!(found.has_statistics && found.is_whole);
    assert_eq!(units("geyser")[0], "Geyser");
    assert!(units("zzz").is_empty());
}

#[test]
fn positions_count_characters_also_after_accents() {
    let accented = "cafe\u{301} au lait";
    let index = index_of(&[accented], &[("logits", &[1, 1])]);
    let found = &index.search("lait", 1)[0];
    let pointed: String = found
        .positions
        .iter()
        .map(|&at| accented.chars().nth(at).unwrap())
        .collect();
    assert_eq!(pointed, "lait");
    assert_eq!(units("cafe")[0], "café au lait");
}

#[test]
fn labels_that_several_units_have_are_found_by_their_places() {
    assert_eq!(units("crane"), ["logits[2]", "logits[3]"]);
    let found = index().search("crane", 9);
    assert_eq!(found[1].label.as_deref(), Some("crane"));
}

#[test]
fn typed_units_come_first_and_as_they_were_typed() {
    for typed in [
        "logits[6]",
        "layer3.relu[37]",
        "prob(volcano)",
        "prob(logits[0])",
        "max(tokens[2])",
        "layer4.relu[3,1,2]",
    ] {
        let found = &index().search(typed, 3)[0];
        assert_eq!((found.unit.as_str(), found.is_whole), (typed, true));
        assert_eq!(found.positions.len(), typed.chars().count());
    }
    assert_eq!(
        index().search("prob(volcano)", 3)[0].label.as_deref(),
        Some("volcano")
    );
    // What does not exist is not offered.
    assert!(!units("logits[7]").contains(&"logits[7]".to_owned()));
    assert!(!units("prob(tokens[0])").contains(&"prob(tokens[0])".to_owned()));
}

#[test]
fn a_number_is_an_element_of_the_logits() {
    assert_eq!(units("5")[0], "logits[5]");
    assert_eq!(index().search("5", 1)[0].label.as_deref(), Some("Geyser"));
    assert!(units("7").is_empty());
}

#[test]
fn a_bracket_lists_the_units_of_a_tensor() {
    assert_eq!(units("tokens["), ["tokens[0]", "tokens[1]", "tokens[2]"]);
    let listed = units("layer3.relu[6");
    assert_eq!(
        listed[..3],
        ["layer3.relu[6]", "layer3.relu[60]", "layer3.relu[61]"]
    );
    assert_eq!(units("l4relu[15"), ["layer4.relu[15]"]);
}

#[test]
fn a_tensor_is_found_by_its_name_and_its_unit_by_a_number_behind_it() {
    let found = index().search("relu4", 9);
    assert!(found.is_empty());
    let found = &index().search("lay4", 9)[0];
    assert_eq!(
        (found.unit.as_str(), found.is_whole),
        ("layer4.relu[", false)
    );
    assert_eq!((found.index, found.units), (None, 16));
    assert_eq!(units("relu 37"), ["layer3.relu[37]"]);
}

#[test]
fn functions_offer_only_what_they_take() {
    assert_eq!(units("prob(vol"), ["prob(volcano)"]);
    assert_eq!(units("max(lay3"), ["max(layer3.relu["]);
    assert_eq!(units("max(vol"), [""; 0]);
    assert_eq!(units("max(tokens[1")[0], "max(tokens[1])");
    assert_eq!(units("max(tokens[1]")[0], "max(tokens[1])");
}

#[test]
fn without_a_text_everything_is_listed_in_order() {
    let all = units("");
    assert_eq!(all[..3], ["hen", "volcano", "logits[2]"]);
    assert_eq!(all.last().unwrap(), "logits[");
    assert_eq!(index().search("", 2).len(), 2);
}

/// 1000 labels, and 5000 channels over 60 tensors.
fn large() -> UnitIndex {
    let labels: Vec<String> = (0..1000).map(|i| format!("thing number {i:03}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let names: Vec<String> = (0..60)
        .map(|i| format!("/layer{}/{}/conv{}/Conv_output_0", i / 15, i % 15, i % 3))
        .collect();
    let mut tensors: Vec<(&str, &[usize])> = names
        .iter()
        .map(|name| (name.as_str(), [1, 84, 8, 8].as_slice()))
        .collect();
    tensors.push(("logits", &[1, 1000]));
    index_of(&labels, &tensors)
}

#[test]
fn a_thousand_labels_and_five_thousand_channels_answer() {
    let index = large();
    assert_eq!(index.search("thg837", 20)[0].unit, "thing number 837");
    assert_eq!(index.search("layer2/conv1 83", 20).len(), 5);
    assert_eq!(
        index.search("/layer3/14/conv2/Conv_output_0[", 100).len(),
        84
    );
    assert_eq!(index.search("n", 20).len(), 20);
}

/// `cargo test --release --lib query::search -- --ignored --nocapture`
#[test]
#[ignore = "prints the time of a search"]
#[allow(clippy::print_stdout)]
fn time_of_a_search() {
    let index = large();
    for text in [
        "",
        "n",
        "thg837",
        "layer2 conv 83",
        "/layer3/14/conv2/Conv_output_0[",
    ] {
        let start = std::time::Instant::now();
        for _ in 0..100 {
            assert!(!index.search(text, 50).is_empty());
        }
        println!("{text:?}: {:?}", start.elapsed() / 100);
    }
}
