//! Figures and tables as files.

use super::{parsed, reported, sampled, text_of};

#[test]
fn every_figure_and_table_is_a_file_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "4", "-k", "4"]);
    let [svg, png, csv] = ["svg", "deep/png", "csv"].map(|name| folder.path().join(name));
    let (page, printed) = reported(
        folder.path(),
        &[&place],
        &[
            "--svg",
            svg.to_str().unwrap(),
            "--png",
            png.to_str().unwrap(),
            "--csv",
            csv.to_str().unwrap(),
        ],
    );
    let document = parsed(&page);
    let named = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        names.sort();
        names
    };
    let figures = ["activations-1-1", "map-1", "progress-1"];
    assert_eq!(named(&svg), figures);
    assert_eq!(named(&png), figures);
    let tables = [
        "diversity-1",
        "map-1",
        "progress-1",
        "runs",
        "samples-1",
        "scores",
        "traces-1",
    ];
    assert_eq!(named(&csv), tables);
    assert_eq!(printed["figures"].as_array().unwrap().len(), 6);
    assert_eq!(printed["tables"].as_array().unwrap().len(), 7);
    for name in figures {
        let on_page = document
            .descendants()
            .filter(|node| node.attribute("id") == Some(name));
        assert_eq!(
            on_page.count(),
            1,
            "{name} is on the page under the same name"
        );
        let text = std::fs::read_to_string(svg.join(format!("{name}.svg"))).unwrap();
        let drawing = roxmltree::Document::parse(&text).unwrap();
        assert!(
            !text_of(drawing.root_element()).trim().is_empty(),
            "{name} has words"
        );
        let image = image::open(png.join(format!("{name}.png")))
            .unwrap()
            .to_rgb8();
        assert_eq!(image.width(), 1440);
        let mut colours: Vec<_> = image.pixels().collect();
        colours.sort_unstable_by_key(|pixel| pixel.0);
        colours.dedup();
        assert!(
            colours.len() > 20,
            "{name} is drawn: {} colours",
            colours.len()
        );
    }
}

#[test]
fn the_table_of_samples_has_the_numbers_of_the_run_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "4", "-k", "4"]);
    // As a run from given starts writes them.
    let file = place.join("samples.jsonl");
    let lines = std::fs::read_to_string(&file).unwrap();
    let (first, others) = lines.split_once('\n').unwrap();
    let mut first: serde_json::Value = serde_json::from_str(first).unwrap();
    first["source"] = "a<b.png".into();
    first["from_start"] = serde_json::json!({"code": 0.5, "embedding": 2.25, "image": 0.125});
    std::fs::write(&file, format!("{first}\n{others}")).unwrap();
    let csv = folder.path().join("csv");
    let (page, _) = reported(
        folder.path(),
        &[&place],
        &["--no-scores", "--csv", csv.to_str().unwrap()],
    );
    let table = std::fs::read_to_string(csv.join("samples-1.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .split_terminator("\r\n")
        .map(|row| row.split(',').collect())
        .collect();
    assert_eq!(
        rows[0],
        [
            "index",
            "seed",
            "step",
            "start",
            "sneaker",
            "marked",
            "dropped",
            "image",
            "source",
            "code_from_start",
            "embedding_from_start",
            "image_from_start"
        ]
    );
    let lines = std::fs::read_to_string(place.join("samples.jsonl")).unwrap();
    assert_eq!(rows.len() - 1, lines.lines().count());
    for (row, line) in rows[1..].iter().zip(lines.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row[0], line["index"].to_string());
        assert_eq!(row[1], line["seed"].to_string());
        let activation: f32 = row[4].parse().unwrap();
        let known = line["activations"][0].as_f64().unwrap();
        assert_eq!(activation, known as f32);
        assert_eq!(row[7], line["image"].as_str().unwrap());
    }
    assert_eq!(rows[1][8..], ["a<b.png", "0.5", "2.25", "0.125"]);
    assert_eq!(rows[2][8..], ["", "", "", ""]);
    assert!(page.contains("a&lt;b.png; from its start by 0.5000 in code, 2.250 in embedding"));
}

#[test]
fn the_same_runs_give_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "4", "-k", "4"]);
    let png = folder.path().join("png");
    let more = ["--no-scores", "--png", png.to_str().unwrap()];
    let (first, _) = reported(folder.path(), &[&place], &more);
    let map = std::fs::read(png.join("map-1.png")).unwrap();
    let (second, _) = reported(folder.path(), &[&place], &more);
    assert!(first == second);
    assert!(map == std::fs::read(png.join("map-1.png")).unwrap());
}
