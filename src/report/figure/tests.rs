//! Figures drawn in both forms.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use image::{Rgb, RgbImage};

use super::*;

const RED: [u8; 3] = [255, 0, 0];

/// A line with a gap, an interval, and a small red picture in the middle.
fn figure(label: &str) -> Figure {
    let axis = |range| Axis {
        label: label.to_owned(),
        range,
        marks: Marks::Numbers,
    };
    let picture = RgbImage::from_pixel(4, 2, Rgb(RED));
    let dot = Dot {
        at: (2.0, 0.5),
        label: label.to_owned(),
        picture: Some(Arc::new(picture)),
    };
    let line = [0.0, 1.0, f64::NAN, 0.0, 1.0].into_iter().enumerate();
    let line = line.map(|(x, y)| (x as f64, y)).collect();
    let layer = |shape| Layer {
        name: label.to_owned(),
        colour: Colour::Series(0),
        shape,
    };
    Figure {
        name: "f".to_owned(),
        caption: label.to_owned(),
        panels: vec![Chart {
            title: label.to_owned(),
            height: 600,
            x: axis((0.0, 4.0)),
            y: axis((0.0, 1.0)),
            interval: Some((Some(0.25), None)),
            layers: vec![
                layer(Shape::Lines(vec![line])),
                layer(Shape::Dots(vec![dot])),
            ],
        }],
    }
}

#[test]
fn an_svg_is_well_formed_whatever_its_labels_are_and_a_gap_parts_a_line() {
    let hostile = "</text><script>\"'&\u{1b}[31m\u{0}";
    let text = figure(hostile).svg().unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let count = |name: &str| {
        let nodes = document.descendants();
        nodes.filter(|node| node.tag_name().name() == name).count()
    };
    assert_eq!(count("script"), 0);
    assert_eq!(count("image"), 1);
    let series = "#0063A6";
    let lines = document.descendants().filter(|node| {
        node.tag_name().name() == "polyline" && node.attribute("stroke") == Some(series)
    });
    assert_eq!(lines.count(), 2);
    // On the page it has no ground of its own.
    let drawing = figure(hostile).drawing().unwrap();
    assert!(text.contains("#FFFFFF") && !drawing.markup().contains("#FFFFFF"));
}

#[test]
fn a_png_shows_its_picture_where_the_svg_does() {
    let figure = figure("x");
    let svg = figure.svg().unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let image = document
        .descendants()
        .find(|node| node.tag_name().name() == "image")
        .unwrap();
    let number = |name: &str| -> u32 { image.attribute(name).unwrap().parse().unwrap() };
    let (x, y, width, height) = (number("x"), number("y"), number("width"), number("height"));
    assert_eq!(width, 2 * height, "in its own proportion");
    let png = image::load_from_memory(&figure.png().unwrap())
        .unwrap()
        .to_rgb8();
    assert_eq!(png.dimensions(), (1440, 600));
    assert_eq!(png.get_pixel(x, y).0, RED);
    assert_eq!(png.get_pixel(x + width - 1, y + height - 1).0, RED);
    assert_ne!(png.get_pixel(x + width, y).0, RED);
}
