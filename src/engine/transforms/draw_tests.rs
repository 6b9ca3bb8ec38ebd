#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::Transforms;

fn drawing(text: &str, step: u64, pull: u64) -> Drawing {
    Drawing {
        seeded: SeededTransforms {
            transforms: text.parse().unwrap(),
            seed: 5,
        },
        step,
        pull,
    }
}

fn inputs(batch: usize) -> Vec<TransformInput> {
    let input = |kind, shape: &[usize]| TransformInput {
        name: format!("{kind:?}"),
        shape: shape.to_vec(),
        kind,
    };
    vec![
        input(InputKind::Rows, &[batch, 1, 3, 3]),
        input(InputKind::Columns, &[batch, 1, 4, 4]),
        input(InputKind::Noise, &[batch, 2, 3, 4]),
    ]
}

#[test]
fn without_shift_and_zoom_a_line_stays_as_it_is() {
    for length in [1, 2, 7] {
        assert_eq!(weights(length, 0.0, 1.0), Array2::<f32>::eye(length));
    }
}

#[test]
fn a_shift_by_one_moves_a_line_by_one_and_repeats_its_end() {
    let line = ndarray::arr1(&[1.0, 2.0, 4.0, 8.0]);
    let moved = |shift| weights(4, shift, 1.0).dot(&line).to_vec();
    assert_eq!(moved(1.0), [1.0, 1.0, 2.0, 4.0]);
    assert_eq!(moved(-1.0), [2.0, 4.0, 8.0, 8.0]);
    assert_eq!(moved(0.5), [1.0, 1.5, 3.0, 6.0]);
    assert_eq!(moved(100.0), [1.0; 4]);
}

#[test]
fn a_zoom_keeps_the_middle_and_draws_the_rest_away_from_it() {
    let line = ndarray::arr1(&[0.0, 1.0, 2.0, 3.0, 4.0]);
    let zoomed = |zoom| weights(5, 0.0, zoom).dot(&line).to_vec();
    assert_eq!(zoomed(2.0), [1.0, 1.5, 2.0, 2.5, 3.0]);
    assert_eq!(zoomed(0.5), [0.0, 0.0, 2.0, 4.0, 4.0]);
}

#[test]
fn a_line_of_one_value_stays_one_whatever_is_drawn() {
    for (shift, zoom) in [(0.3, 1.1), (-2.7, 0.8), (9.0, 1.5)] {
        for sum in weights(6, shift, zoom).sum_axis(ndarray::Axis(1)) {
            assert!((sum - 1.0).abs() < 1e-6, "{shift} {zoom}: {sum}");
        }
    }
}

#[test]
fn draws_stay_within_what_was_asked_for() {
    for step in 0..200 {
        let change = Change::draw(&drawing("shift:2,scale:10", step, 0), 3);
        assert!(change.down.abs() <= 2.0 && change.across.abs() <= 2.0);
        assert!((change.zoom - 1.0).abs() <= 0.1);
    }
    let still = Change::draw(&drawing("noise:0.1", 1, 0), 0);
    assert_eq!((still.down, still.across, still.zoom), (0.0, 0.0, 1.0));
}

#[test]
fn every_row_step_and_pull_back_has_draws_of_its_own_whatever_the_micro_batch() {
    let text = "shift:1,noise:0.1,scale:5";
    let whole = drawing(text, 4, 1).values(0..3, &inputs(3));
    for row in 0..3 {
        let alone = drawing(text, 4, 1).values(row..row + 1, &inputs(1));
        for (alone, whole) in alone.iter().zip(&whole) {
            let one = alone.len();
            assert_eq!(alone[..], whole[row * one..(row + 1) * one]);
        }
    }
    assert_ne!(whole[2][..24], whole[2][24..48]);
    assert_ne!(whole, drawing(text, 5, 1).values(0..3, &inputs(3)));
    assert_ne!(whole, drawing(text, 4, 2).values(0..3, &inputs(3)));
}

#[test]
fn a_micro_batch_that_is_not_full_is_filled_up() {
    let values = drawing("shift:1,noise:0.1", 4, 0).values(4..5, &inputs(3));
    for (values, input) in values.iter().zip(inputs(3)) {
        assert_eq!(values.len(), input.shape.iter().product::<usize>());
    }
    assert_eq!(values[2][..24], values[2][48..]);
}

#[test]
fn noise_has_the_spread_asked_for() {
    let Transforms { noise, .. } = "noise:0.2".parse().unwrap();
    let noise = noise.unwrap();
    let kinds = vec![TransformInput {
        name: "noise".to_owned(),
        shape: vec![1, 1, 100, 100],
        kind: InputKind::Noise,
    }];
    let values = &drawing("noise:0.2", 1, 0).values(0..1, &kinds)[0];
    let square = values.iter().map(|&value| f64::from(value).powi(2));
    let spread = (square.sum::<f64>() / 1e4).sqrt();
    assert!((spread - noise).abs() < 0.01, "{spread}");
}
