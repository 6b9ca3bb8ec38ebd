//! What plots show.

use super::*;

fn plot(kind: Kind, ranges: &[[f64; 2]]) -> Plot {
    Plot {
        kind,
        ranges: ranges.to_vec(),
        names: Vec::new(),
    }
}

/// The darkest pixel of a column is ink.
fn ink_row(picture: &RgbImage, x: u32) -> u32 {
    let dark = |y: &u32| {
        picture
            .get_pixel(x, *y)
            .0
            .iter()
            .map(|&v| u32::from(v))
            .sum::<u32>()
    };
    (0..picture.height()).min_by_key(dark).unwrap_or(0)
}

#[test]
fn a_line_goes_through_its_values() {
    let plot = plot(Kind::Lines, &[[-1.0, 1.0]]);
    let ramp: Vec<f32> = (0..50).map(|at| at as f32 / 24.5 - 1.0).collect();
    let picture = plot.draw(&ramp, 1);
    let last = picture.width() - 1;
    let bottom = picture.height() - 1;
    assert!(ink_row(&picture, 0) >= bottom - 1);
    assert!(ink_row(&picture, last) <= 1);
    assert!(ink_row(&picture, last / 2).abs_diff(bottom / 2) <= 1);
}

#[test]
fn each_channel_has_a_lane_and_an_axis_of_its_own() {
    let plot = plot(Kind::Lines, &[[0.0, 1.0], [0.0, 100.0]]);
    let values = [[0.5f32; 20], [50.0; 20]].concat();
    let picture = plot.draw(&values, 2);
    let half = picture.height() / 2;
    for x in [0, 90, 191] {
        let upper = image::imageops::crop_imm(&picture, 0, 0, 192, half).to_image();
        let lower = image::imageops::crop_imm(&picture, 0, half, 192, half).to_image();
        assert_eq!(ink_row(&upper, x), ink_row(&lower, x));
    }
}

#[test]
fn what_is_off_the_axis_runs_along_its_end_and_what_is_no_number_is_a_gap() {
    let plot = plot(Kind::Lines, &[[0.0, 1.0]]);
    let mut values = [7.0f32; 192];
    let picture = plot.draw(&values, 1);
    assert!(ink_row(&picture, 96) <= 1);
    values[80..110].fill(f32::NAN);
    let broken = plot.draw(&values, 1);
    assert_eq!(broken.get_pixel(96, 0), &paper::PAPER);
    assert_eq!(broken.get_pixel(40, 0), picture.get_pixel(40, 0));
}

#[test]
fn a_bar_reaches_from_zero_to_its_value() {
    let plot = plot(Kind::Bars, &[[-1.0, 1.0], [0.0, 10.0]]);
    let picture = plot.draw(&[-1.0, 5.0], 2);
    let row = |row: u32| -> Vec<u32> {
        let y = row * picture.height() / 2 + 3;
        let inked = (0..picture.width()).filter(|&x| *picture.get_pixel(x, y) == paper::INK);
        inked.collect()
    };
    assert_eq!((row(0).first(), row(0).last()), (Some(&0), Some(&96)));
    assert_eq!((row(1).first(), row(1).last()), (Some(&0), Some(&96)));
}

#[test]
fn names_stand_beside_their_bars() {
    let mut plot = plot(Kind::Bars, &[[0.0, 1.0]]);
    plot.names = vec!["ash".to_owned(), "漢".to_owned()];
    let picture = plot.draw(&[1.0, 1.0], 2);
    let written = |top: u32| {
        let pixels = (0..24).flat_map(|x| (top..top + 12).map(move |y| (x, y)));
        pixels
            .filter(|&(x, y)| *picture.get_pixel(x, y) == paper::TEXT)
            .count()
    };
    assert!(written(0) > 20 && written(12) > 5);
}

#[test]
fn any_number_of_parts_makes_a_picture_of_a_sane_size() {
    for (kind, parts, length) in [
        (Kind::Lines, 1, 1),
        (Kind::Lines, 1, 100_000),
        (Kind::Lines, 500, 10),
        (Kind::Bars, 1, 1),
        (Kind::Bars, 5000, 1),
    ] {
        let picture = plot(kind, &[[0.0, 1.0]]).draw(&vec![0.3; parts * length], parts);
        let (width, height) = picture.dimensions();
        assert!(
            width == 192 && (1..=512).contains(&height),
            "{parts} {height}"
        );
    }
}
