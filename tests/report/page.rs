//! What stands on the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{elements, parsed, reported, sampled, text_of};
use crate::common::{bundle_copy, failure, invset, json, run};

#[test]
fn two_runs_are_one_page_with_every_sample_and_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let one = sampled(folder.path(), "one", &["-n", "6", "-k", "3"]);
    let two = sampled(
        folder.path(),
        "two",
        &[
            "-n", "5", "--method", "joint", "--stop", "feasible", "--seed", "3",
        ],
    );
    let (page, printed) = reported(folder.path(), &[&one, &two], &[]);
    let document = parsed(&page);
    assert_eq!(printed["samples"], 11);
    assert_eq!(printed["bytes"], page.len());
    let notes = printed["notes"].as_array().unwrap();
    let is_known = |note: &serde_json::Value| note.to_string().contains("--images DIR");
    assert!(notes.len() == 2 && notes.iter().all(is_known), "{printed}");

    let samples: Vec<_> = elements(&document, "figure")
        .filter(|figure| figure.attribute("class") == Some("sample"))
        .collect();
    assert_eq!(samples.len(), 11);
    for (at, sample) in samples.iter().enumerate() {
        let (run, index) = if at < 6 { (&one, at) } else { (&two, at - 6) };
        assert_eq!(
            sample.attribute("data-index"),
            Some(index.to_string().as_str())
        );
        let picture = sample
            .descendants()
            .find(|node| node.has_tag_name("img") || node.tag_name().name() == "img");
        let source = picture.unwrap().attribute("src").unwrap();
        let data = source.strip_prefix("data:image/png;base64,").unwrap();
        let file = std::fs::read(run.join(format!("images/{index:05}.png"))).unwrap();
        assert_eq!(
            STANDARD.decode(data).unwrap(),
            file,
            "the picture is the file"
        );
    }

    for node in document.descendants() {
        for attribute in node.attributes() {
            if ["src", "href", "srcset", "action", "data", "poster"].contains(&attribute.name()) {
                let value = attribute.value();
                assert!(
                    value.starts_with("data:image/") || value.starts_with('#'),
                    "{value}"
                );
            }
            assert!(!attribute.name().starts_with("on"), "{}", attribute.name());
        }
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    for link in elements(&document, "a") {
        let target = &link.attribute("href").unwrap()[1..];
        let targets = document
            .descendants()
            .filter(|node| node.attribute("id") == Some(target));
        assert_eq!(targets.count(), 1, "#{target}");
    }

    let text = text_of(document.root_element());
    for said in [
        "[7] sneaker in ",
        "6 of 6 samples",
        "5 of 5 samples",
        "invset sample --bundle fashion --where 'sneaker in p90..p99' -n 5 --method joint",
        "--seed 3",
        "--batch",
        "embedded",
        "in the encoder",
        "in the judge",
        "Vendi score",
        "SHA-256",
        "invset resume",
    ] {
        assert!(text.contains(said), "{said} is missing");
    }
    let hash = std::fs::read_to_string(one.join("run.toml")).unwrap();
    let hash = hash
        .lines()
        .find_map(|line| line.strip_prefix("\"classifier.onnx\" = "))
        .unwrap();
    assert!(
        text.contains(hash.trim_matches('"')),
        "the model's hash is on the page"
    );
    let plots: Vec<_> = elements(&document, "svg").collect();
    // Two of activations, two of progress, the scores, and one map: both runs lie in one space.
    assert_eq!(plots.len(), 6);
    assert_eq!(elements(&document, "h1").count(), 1);
    assert_eq!(elements(&document, "script").count(), 1);
}

#[test]
fn hostile_labels_are_text_on_the_page_and_in_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_copy("fashion", folder.path());
    let labels = bundle.join("labels.txt");
    let hostile = "<script>alert(\"1\")</script>'&amp;</svg>\u{1b}[31m]]>";
    let text = std::fs::read_to_string(&labels).unwrap();
    std::fs::write(&labels, text.replace("sneaker", hostile)).unwrap();
    let place = folder.path().join("run");
    json(&run(&[
        "sample",
        "--bundle",
        bundle.to_str().unwrap(),
        "--where",
        "logits[7] in p90..p99",
        "-n",
        "3",
        "-k",
        "3",
        "--json",
        "--quiet",
        "--out",
        place.to_str().unwrap(),
    ]));
    let figures = folder.path().join("figures");
    let (page, _) = reported(
        folder.path(),
        &[&place],
        &["--no-scores", "--svg", figures.to_str().unwrap()],
    );
    let document = parsed(&page);
    let shown = "[7] <script>alert(\"1\")</script>'&amp;</svg>]]>";
    assert_eq!(elements(&document, "script").count(), 1, "the page's own");
    let title = elements(&document, "h1").next().unwrap();
    assert!(text_of(title).contains(shown), "{}", text_of(title));
    let axis = elements(&document, "text")
        .map(text_of)
        .find(|text| text.contains("activation of"));
    assert!(axis.unwrap().contains("<script>"));
    for file in std::fs::read_dir(figures).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let svg = roxmltree::Document::parse(&text).unwrap();
        assert_eq!(elements(&svg, "script").count(), 0);
    }
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn what_is_missing_is_said_and_the_page_made_without() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "4", "-k", "4"]);
    std::fs::write(
        place.join("marks.json"),
        "{\"marked\":[1],\"dropped\":[2]}\n",
    )
    .unwrap();
    std::fs::write(place.join("images/00003.png"), "<svg onload='alert(1)'/>").unwrap();
    let (page, printed) = reported(folder.path(), &[&place], &["--no-scores"]);
    let notes = printed["notes"].to_string();
    assert!(
        notes.contains("no scores") && notes.contains("sample 3"),
        "{notes}"
    );
    let document = parsed(&page);
    let samples = |class| {
        elements(&document, "figure").filter(move |figure| figure.attribute("class") == Some(class))
    };
    assert_eq!(
        samples("sample").count() + samples("sample dropped").count(),
        4,
        "all are shown"
    );
    assert_eq!(samples("sample dropped").count(), 1);
    let marked: Vec<String> = samples("sample")
        .map(text_of)
        .filter(|text| text.contains('★'))
        .collect();
    assert!(
        matches!(marked.as_slice(), [one] if one.contains("#1")),
        "{marked:?}"
    );
    let text = text_of(document.root_element());
    assert!(text.contains("--no-scores") && text.contains("no picture"));
    assert!(!page.contains("onload"));
}

#[test]
fn a_run_that_was_stopped_is_shown_with_the_command_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run");
    let output = invset()
        .args([
            "sample",
            "--where",
            "sneaker in p99.9..",
            "-n",
            "64",
            "--method",
            "joint",
            "--max-steps",
            "2",
        ])
        .args([
            "--runtime",
            "embedded",
            "--json",
            "--quiet",
            "--out",
            place.to_str().unwrap(),
        ])
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (page, _) = reported(folder.path(), &[&place], &[]);
    assert!(page.contains("the most steps allowed"));
    // A run that is killed before its end leaves a checkpoint that says so, or none at all.
    std::fs::remove_file(place.join("checkpoint.safetensors")).unwrap();
    let (page, _) = reported(folder.path(), &[&place], &[]);
    assert!(page.contains("It stopped before its end"));
    assert!(page.contains(&format!("invset resume {}", place.display())));
}

#[test]
fn many_samples_are_shown_as_thumbnails_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "2", "-k", "2"]);
    let line = std::fs::read_to_string(place.join("samples.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    let lines: String = (0..501)
        .map(|index| {
            let mut line = line.clone();
            line["index"] = index.into();
            format!("{line}\n")
        })
        .collect();
    std::fs::write(place.join("samples.jsonl"), lines).unwrap();
    let large = image::RgbImage::from_fn(200, 100, |x, y| image::Rgb([x as u8, y as u8, 0]));
    large.save(place.join("images/00000.png")).unwrap();
    let (page, _) = reported(folder.path(), &[&place], &["--no-scores"]);
    let document = parsed(&page);
    let pictures: Vec<_> = elements(&document, "img").collect();
    assert_eq!(pictures.len(), 501);
    let source = pictures[0].attribute("src").unwrap();
    assert!(source.starts_with("data:image/jpeg;base64,"));
    assert!(text_of(document.root_element()).contains("copies of at most 64 pixels"));
    assert!(page.len() < 501 * 4096, "{}", page.len());
}

#[test]
fn real_images_in_the_interval_stand_beside_the_samples_with_the_sanity_check() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "12", "-k", "4"]);
    let other = folder.path().join("other");
    json(&run(&[
        "sample",
        "--where",
        "bag in p90..p99",
        "-n",
        "9",
        "-k",
        "3",
        "--json",
        "--quiet",
        "--out",
        other.to_str().unwrap(),
    ]));
    // Pictures of this run lie inside, those of the other do not: rounding to 8 bits moves few.
    let real = folder.path().join("real");
    for (run, class) in [(&place, "sneaker"), (&other, "bag<b>")] {
        std::fs::create_dir_all(real.join(class)).unwrap();
        for entry in std::fs::read_dir(run.join("images")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, real.join(class).join(path.file_name().unwrap())).unwrap();
        }
    }
    let csv = folder.path().join("csv");
    let (page, printed) = reported(
        folder.path(),
        &[&place],
        &[
            "--images",
            real.to_str().unwrap(),
            "--csv",
            csv.to_str().unwrap(),
        ],
    );
    assert_eq!(printed["notes"].as_array().unwrap().len(), 0, "{printed}");
    let document = parsed(&page);
    let shown: Vec<_> = elements(&document, "figure")
        .filter(|figure| figure.attribute("class") == Some("real"))
        .map(text_of)
        .collect();
    assert!((6..=12).contains(&shown.len()), "{shown:?}");
    assert!(
        shown.iter().all(|text| text.contains("sneaker")),
        "{shown:?}"
    );
    let text = text_of(document.root_element());
    assert!(text.contains(&format!(
        "{} of 21 real images lie inside every interval",
        shown.len()
    )));
    assert!(text.contains("coverage of the real images"));
    let sanity = document
        .descendants()
        .find(|node| node.attribute("id") == Some("sanity-1"));
    let sanity = text_of(sanity.unwrap());
    assert!(
        sanity.contains("samples to class") && sanity.contains("class to others"),
        "{sanity}"
    );
    let rows = |name: &str| {
        std::fs::read_to_string(csv.join(name))
            .unwrap()
            .lines()
            .count()
            - 1
    };
    assert_eq!(rows("real-images-1.csv"), shown.len());
    assert!(rows("sanity-1.csv") > 2);
}

#[test]
fn what_could_have_been_reached_stands_beside_the_query() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run");
    let steps = ["-n", "4", "-k", "4", "--max-steps", "30"];
    let query = [
        "sample",
        "--method",
        "incremental",
        "--where",
        "bag in 1e6..",
        "--json",
        "--quiet",
    ];
    let out = ["--out", place.to_str().unwrap()];
    let output = run(&[&query[..], &steps[..], &out[..]].concat());
    let (code, stderr) = failure(&output);
    assert_eq!(code, 3, "{stderr}");
    let said = stderr
        .lines()
        .find(|line| line.starts_with("nearest reachable"))
        .unwrap();
    let (heading, flags) = said.split_once(": ").unwrap();
    assert!(flags.starts_with("--where 'bag in "), "{said}");
    let found = |page: &str| {
        let document = parsed(page);
        let code = elements(&document, "code").any(|node| text_of(node) == flags);
        let sentence = format!("The run ended with 0 of 4 samples; {heading}:");
        (
            code,
            elements(&document, "p").any(|node| text_of(node) == sentence),
        )
    };
    let (page, _) = reported(folder.path(), &[&place], &["--no-scores"]);
    assert_eq!(found(&page), (true, true));
    // Beside the query: before the samples.
    assert!(page.find("nearest reachable") < page.find("All samples"));

    // One that has not ended may still get there.
    std::fs::remove_file(place.join("checkpoint.safetensors")).unwrap();
    let (page, _) = reported(folder.path(), &[&place], &["--no-scores"]);
    assert_eq!(found(&page), (false, false));
}
