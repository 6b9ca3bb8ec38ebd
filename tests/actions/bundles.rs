//! Bundles that lack what others have.

use std::path::Path;
use std::sync::Arc;

use invset::bundle::Bundle;
use invset::query::{Query, UnitIndex};
use invset::tui::app::BundleState;
use invset::tui::message::{Message, OpenBundle};

use crate::cases::complaint;
use crate::story::{Story, press};

/// A copy of the half-space, whose classifier has one output, without labels and statistics.
fn bare(folder: &Path) -> Bundle {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/halfspace");
    std::fs::copy(
        source.join("classifier.onnx"),
        folder.join("classifier.onnx"),
    )
    .unwrap();
    let manifest = std::fs::read_to_string(source.join("bundle.toml")).unwrap();
    let mut manifest: toml::Table = manifest.parse().unwrap();
    assert!(manifest.remove("labels").is_some() && manifest.remove("stats").is_some());
    std::fs::write(folder.join("bundle.toml"), manifest.to_string()).unwrap();
    Bundle::open(folder.to_str().unwrap()).unwrap()
}

#[test]
fn a_bundle_with_one_output_and_neither_labels_nor_statistics_is_asked_by_values() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bare(folder.path());
    let units = UnitIndex::of(&bundle).unwrap();
    let mut story = Story::new(80, 24);
    story.app.bundle = BundleState::Opening("bare".to_owned());
    let name = "bare".to_owned();
    let opened = Ok(Arc::new(OpenBundle {
        name: name.clone(),
        bundle,
        units,
    }));
    story.tell(Message::Bundle { name, opened });
    story.text();
    story.tell(Message::Paste("activation[0]".to_owned()));
    press(&mut story, "enter");
    let draft = story.app.query.draft().unwrap();
    assert_eq!(draft.text(), "activation[0] in 1..");
    assert_eq!((draft.share(), draft.problem()), (None, None));
    for key in ["v", "="] {
        press(&mut story, key);
        story.text();
    }
    press(&mut story, "ctrl-u");
    crate::story::type_text(&mut story, "p50");
    press(&mut story, "enter");
    story.text();
    press(&mut story, "esc");
    press(&mut story, "v");
    assert!(complaint(&story.app).contains("no statistics"));
    press(&mut story, "left");
    let text = story.app.query.draft().unwrap().text();
    let BundleState::Open(open) = &story.app.bundle else {
        panic!("it is open");
    };
    assert!(Query::resolve(&[text], &open.bundle).is_ok());
}
