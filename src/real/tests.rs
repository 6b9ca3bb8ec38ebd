//! Folders of drawn pictures, looked at through a built-in bundle.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::GrayImage;

use super::*;
use crate::engine::Portrait;
use crate::query::Query;
use crate::runtime::Embedded;

/// A folder of pictures and a cache, and how many images a network has looked at.
struct Scene {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
    measured: Arc<AtomicUsize>,
}

const BUNDLE: &str = "fashion";

/// The label and probability of two classes, a maximum and one position of a channel.
const QUERY: [&str; 2] = ["sneaker in -3..", "prob(logits[2]) in ..0.9"];

impl Scene {
    fn new(pictures: usize) -> Scene {
        let scene = Scene {
            folder: tempfile::tempdir().unwrap(),
            cache: tempfile::tempdir().unwrap(),
            measured: Arc::default(),
        };
        for number in 0..pictures {
            let class = ["sneaker", "bag"][number % 2];
            scene.draw(&format!("{class}/{number:03}.png"), number as u32);
        }
        scene
    }

    fn draw(&self, name: &str, seed: u32) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let picture = GrayImage::from_fn(28, 28, |x, y| {
            let level = (x * (seed + 2) + y * y * (seed % 5 + 1)) * 7;
            image::Luma([(level % 256) as u8])
        });
        picture.save(path).unwrap();
    }

    fn images(&self, bundle: &str) -> RealImages {
        self.images_of(Bundle::open(bundle).unwrap())
    }

    fn images_of(&self, bundle: Bundle) -> RealImages {
        let bundle = Arc::new(bundle);
        let measured = Arc::clone(&self.measured);
        let progress: Progress = Arc::new(move |done| {
            if done.stage != Stage::Reading && done.done == done.total {
                measured.fetch_add(done.total, Ordering::Relaxed);
            }
        });
        let store = Store::at(self.cache.path());
        let runtime = Arc::new(Embedded::new());
        RealImages::open_in(store, self.folder.path(), &bundle, runtime, progress).unwrap()
    }

    /// Images that a network has looked at since the last call.
    fn measured(&self) -> usize {
        self.measured.swap(0, Ordering::Relaxed)
    }

    fn cached(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

fn query(bundle: &Bundle) -> Query {
    Query::resolve(&QUERY.map(str::to_owned), bundle).unwrap()
}

#[test]
fn images_are_listed_in_the_order_of_their_paths_with_their_classes() {
    let scene = Scene::new(3);
    scene.draw("nothing/deep/1.PNG", 9);
    scene.draw("1.png", 10);
    std::fs::write(scene.folder.path().join("notes.txt"), "no picture").unwrap();
    let images = scene.images(BUNDLE);
    let listed: Vec<(String, Option<&str>)> = (0..images.len())
        .map(|index| (images.name(index), images.class(index)))
        .collect();
    let listed: Vec<(&str, Option<&str>)> = listed
        .iter()
        .map(|(name, class)| (name.as_str(), *class))
        .collect();
    assert_eq!(
        listed,
        [
            ("1.png", None),
            ("bag/001.png", Some("bag")),
            ("nothing/deep/1.PNG", None),
            ("sneaker/000.png", Some("sneaker")),
            ("sneaker/002.png", Some("sneaker")),
        ]
    );
    assert_eq!(images.class_index(1), Some(8));
    assert_eq!(images.find("sneaker/002.png"), Some(4));
    assert_eq!(images.find("none.png"), None);
    assert_eq!(images.image_shape(), [1, 28, 28]);
    assert_eq!(images.pixels(0).unwrap().len(), 28 * 28);
}

#[test]
fn activations_are_those_of_each_image_alone_for_every_way_to_read_a_unit() {
    let scene = Scene::new(5);
    let images = scene.images(BUNDLE);
    let bundle = images.bundle();
    let index = crate::query::UnitIndex::of(bundle).unwrap();
    let map = index
        .tensors()
        .iter()
        .find(|tensor| tensor.shape.len() == 4 && tensor.units > 2)
        .unwrap();
    let map = &map.name;
    let direction = scene.folder.path().join("v.npy");
    let numbers: Vec<u8> = (0..10u8)
        .flat_map(|at| (f32::from(at) - 3.5).to_le_bytes())
        .collect();
    let mut npy = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
    npy.extend(
        format!(
            "{:<69}\n",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }"
        )
        .bytes(),
    );
    npy.extend(numbers);
    std::fs::write(&direction, npy).unwrap();
    let texts = [
        "logits[7] in 0..".to_owned(),
        "prob(sneaker) in 0..".to_owned(),
        format!("dir({})@logits in 0..", direction.display()),
        format!("{map}[1] in 0.."),
        format!("max({map}[1]) in 0.."),
        format!("{map}[1,2,1] in 0.."),
    ];
    let units = Query::resolve(&texts, bundle).unwrap().units();
    let mut portrait = Portrait::new(&Embedded::new(), bundle, &units).unwrap();
    for round in 0..2 {
        let activations = images.activations(&units).unwrap();
        for image in 0..images.len() {
            let alone = portrait.of_image(images.pixels(image).unwrap()).unwrap();
            for (unit, &value) in alone.activations.iter().enumerate() {
                let found = activations[(image, unit)];
                let slack = 1e-4 * value.abs().max(1.0);
                assert!(
                    (found - value).abs() < slack,
                    "{round} {unit}: {found} {value}"
                );
            }
        }
    }
    assert_eq!(scene.measured(), 5);
}

#[test]
fn the_inside_and_the_top_follow_the_activations() {
    let scene = Scene::new(8);
    let images = scene.images(BUNDLE);
    let query = query(images.bundle());
    let units = query.units();
    let activations = images.activations(&units).unwrap();
    let inside = images.inside(&query).unwrap();
    for image in 0..images.len() {
        let is_inside = activations[(image, 0)] >= -3.0 && activations[(image, 1)] <= 0.9;
        assert_eq!(inside.contains(&image), is_inside, "{image}");
    }
    let best = images.top(&units[0], 3).unwrap();
    assert_eq!(best.len(), 3);
    let mut sorted = activations.column(0).to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    for (rank, &image) in best.iter().enumerate() {
        assert_eq!(activations[(image, 0)], sorted[rank]);
    }
}

#[test]
fn what_is_cached_is_not_measured_again_but_an_image_that_changed_is() {
    let scene = Scene::new(4);
    let units = query(scene.images(BUNDLE).bundle()).units();
    let first = scene.images(BUNDLE).activations(&units).unwrap();
    assert_eq!(scene.measured(), 4);
    assert_eq!(scene.images(BUNDLE).activations(&units).unwrap(), first);
    assert_eq!(scene.measured(), 0);

    scene.draw("bag/001.png", 77);
    scene.draw("bag/005.png", 78);
    let second = scene.images(BUNDLE).activations(&units).unwrap();
    assert_eq!(scene.measured(), 2);
    // Now the order is bag/001, bag/003, bag/005, sneaker/000, sneaker/002.
    assert_ne!(second.row(0), first.row(0));
    assert_eq!(second.row(1), first.row(1));
    assert_eq!(second.row(3), first.row(2));
    assert_eq!(second.row(4), first.row(3));
    std::fs::remove_dir_all(scene.cache.path()).unwrap();
    let anew = scene.images(BUNDLE).activations(&units).unwrap();
    assert_eq!(scene.measured(), 5);
    assert_eq!(anew, second);
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let scene = Scene::new(3);
    let units = query(scene.images(BUNDLE).bundle()).units();
    let right = scene.images(BUNDLE).activations(&units).unwrap();
    scene.measured();
    for damage in [0, 1] {
        for path in scene.cached() {
            let mut bytes = std::fs::read(&path).unwrap();
            let last = bytes.len() - 1;
            match damage {
                0 => bytes[last] ^= 64,
                _ => bytes.truncate(last / 2),
            }
            std::fs::write(&path, bytes).unwrap();
        }
        assert_eq!(scene.images(BUNDLE).activations(&units).unwrap(), right);
        assert_eq!(scene.measured(), 3);
    }
}

/// A copy of the bundle without statistics, whose manifest and classifier may be changed.
fn copy(folder: &Path, edit: impl Fn(String) -> String, suffix: &[u8]) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(BUNDLE);
    for entry in std::fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let manifest = folder.join("bundle.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let (kept, _) = text.split_once("[stats]").unwrap();
    std::fs::write(&manifest, edit(kept.to_owned())).unwrap();
    let classifier = folder.join("classifier.onnx");
    let mut bytes = std::fs::read(&classifier).unwrap();
    bytes.extend_from_slice(suffix);
    std::fs::write(&classifier, bytes).unwrap();
    format!("{}/", folder.display())
}

#[test]
fn another_classifier_or_preprocessing_uses_no_cached_activation() {
    let scene = Scene::new(3);
    let units = query(scene.images(BUNDLE).bundle()).units();
    scene.images(BUNDLE).activations(&units).unwrap();
    scene.measured();

    let same = tempfile::tempdir().unwrap();
    let same = (copy(same.path(), |text| text, b""), same);
    scene.images(&same.0).activations(&units).unwrap();
    assert_eq!(scene.measured(), 0);

    // A field that no version of ONNX knows: the same network, but another file.
    let other = tempfile::tempdir().unwrap();
    let other = (copy(other.path(), |text| text, &[0xb8, 0x3e, 1]), other);
    scene.images(&other.0).activations(&units).unwrap();
    assert_eq!(scene.measured(), 3);

    let brighter = |text: String| {
        assert!(text.contains("mean = [0.286]"), "{text}");
        text.replace("mean = [0.286]", "mean = [0.5]")
    };
    let normalised = tempfile::tempdir().unwrap();
    let normalised = (copy(normalised.path(), brighter, b""), normalised);
    scene.images(&normalised.0).activations(&units).unwrap();
    assert_eq!(scene.measured(), 3);
}

#[test]
fn the_folder_is_remembered_for_its_classifier_while_it_is_there() {
    let scene = Scene::new(1);
    let store = Store::at(scene.cache.path());
    let images = scene.images(BUNDLE);
    let remembered =
        |bundle: &str| RealImages::remembered_in(&store, &Bundle::open(bundle).unwrap());
    assert_eq!(remembered(BUNDLE), None);
    images.remember().unwrap();
    assert_eq!(remembered(BUNDLE).as_deref(), Some(images.folder()));
    assert_eq!(remembered("scenes64"), None);
    std::fs::remove_dir_all(scene.folder.path()).unwrap();
    assert_eq!(remembered(BUNDLE), None);
}

#[test]
fn embeddings_have_a_row_for_each_image_asked_for() {
    let scene = Scene::new(3);
    let images = scene.images(BUNDLE);
    for (space, width) in [(Space::Pixels, Some(784)), (Space::Encoder, None)] {
        let found = images.embeddings(space, &[2, 0]).unwrap().unwrap();
        assert_eq!(found.nrows(), 2);
        assert!(width.is_none_or(|width| width == found.ncols()));
        let alone = images.embeddings(space, &[2]).unwrap().unwrap();
        assert_eq!(found.row(0), alone.row(0));
        assert_ne!(found.row(0), found.row(1));
    }
    assert!(images.embeddings(Space::Judge, &[1]).unwrap().is_some());
    // A bundle without judge and encoder has none there.
    let squares = scene.images("halfspace");
    assert!(squares.embeddings(Space::Judge, &[0]).unwrap().is_none());
    assert!(squares.embeddings(Space::Encoder, &[0]).unwrap().is_none());
}

#[test]
fn embeddings_are_kept_for_the_encoder_and_for_what_it_is_given() {
    let scene = Scene::new(4);
    let embed = |bundle: &str, space, indices: &[usize]| {
        let found = scene.images(bundle).embeddings(space, indices).unwrap();
        (found.unwrap(), scene.measured())
    };
    let (first, looked) = embed(BUNDLE, Space::Encoder, &[0, 2]);
    assert_eq!(looked, 2);
    assert_eq!(embed(BUNDLE, Space::Encoder, &[0, 2]), (first.clone(), 0));
    let (more, looked) = embed(BUNDLE, Space::Encoder, &[2, 1, 0]);
    assert_eq!(looked, 1);
    assert_eq!((more.row(0), more.row(2)), (first.row(1), first.row(0)));
    assert_eq!(embed(BUNDLE, Space::Judge, &[0]).1, 1);
    assert_eq!(
        embed(BUNDLE, Space::Encoder, &[]).0.dim(),
        (0, first.ncols())
    );

    let given =
        |text: String| text.replace("[encoder]", "[encoder]\nmean = [0.286]\nstd = [0.353]");
    let folder = tempfile::tempdir().unwrap();
    let stated = copy(folder.path(), given, b"");
    let (other, looked) = embed(&stated, Space::Encoder, &[0, 2]);
    assert_eq!(looked, 2);
    assert_ne!(other, first);

    scene.draw("bag/001.png", 77);
    let (changed, looked) = embed(BUNDLE, Space::Encoder, &[0, 2]);
    assert_eq!(looked, 1);
    assert_ne!(changed.row(0), first.row(0));
    assert_eq!(changed.row(1), first.row(1));
}

#[test]
fn an_encoder_that_was_chosen_for_a_run_embeds_real_images_as_well() {
    let scene = Scene::new(3);
    let with = |encoder: &str| {
        let bundle = Bundle::open(BUNDLE).unwrap();
        scene.images_of(bundle.with_encoder(&encoder.parse().unwrap()).unwrap())
    };
    let file = |name: &str| {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        models.join(BUNDLE).join(name).display().to_string()
    };
    let of = |images: RealImages, space| images.embeddings(space, &[0, 1, 2]).unwrap().unwrap();
    let judge = of(with("bundle"), Space::Judge);
    assert_eq!(of(with(&file("judge.onnx")), Space::Encoder), judge);
    let given = format!("{}:mean=0.286:std=0.353", file("judge.onnx"));
    assert_ne!(of(with(&given), Space::Encoder), judge);
    let own = of(with("bundle"), Space::Encoder);
    assert_eq!(of(with(&file("encoder.onnx")), Space::Encoder), own);
    let median = with(&file("encoder.onnx")).median_distance(Space::Encoder);
    assert!(median.unwrap().unwrap() > 0.0);
}

#[test]
fn the_embedding_by_a_tensor_of_the_classifier_is_that_tensor() {
    let scene = Scene::new(2);
    let images = scene.images("scenes64");
    let texts = ["features[0] in 0..", "features[3] in 0.."].map(str::to_owned);
    let units = Query::resolve(&texts, images.bundle()).unwrap().units();
    let activations = images.activations(&units).unwrap();
    let embeddings = images.embeddings(Space::Encoder, &[0, 1]).unwrap().unwrap();
    for image in 0..2 {
        assert_eq!(embeddings[(image, 0)], activations[(image, 0)]);
        assert_eq!(embeddings[(image, 3)], activations[(image, 1)]);
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_name() {
    let scene = Scene::new(2);
    std::fs::write(scene.folder.path().join("bag/broken.png"), b"no png").unwrap();
    let images = scene.images(BUNDLE);
    let units = query(images.bundle()).units();
    let message = images.activations(&units).unwrap_err().to_string();
    assert!(message.contains("bag/broken.png"), "{message}");
    assert!(message.contains("repair the file"), "{message}");

    let empty = tempfile::tempdir().unwrap();
    let open = |folder: &Path| {
        let bundle = Arc::new(Bundle::open(BUNDLE).unwrap());
        RealImages::open(folder, &bundle, Arc::new(Embedded::new()), unwatched())
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(open(empty.path()), RealError::Empty(_)));
    let missing = empty.path().join("none");
    assert!(matches!(open(&missing), RealError::Folder { .. }));
}
