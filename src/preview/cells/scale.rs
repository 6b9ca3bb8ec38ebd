//! Pictures at another size, every new pixel the mean of the area that it covers.

use image::{Rgb, RgbImage};

use crate::preview::Picture;

/// The source pixels under each target pixel, with their shares (which sum to one).
struct Shares(Vec<(usize, Vec<f32>)>);

impl Shares {
    fn new(source: u32, target: u32) -> Shares {
        let step = f64::from(source) / f64::from(target);
        let of = |place: u32| {
            let (low, high) = (f64::from(place) * step, f64::from(place + 1) * step);
            let first = (low.floor() as usize).min(source as usize - 1);
            let last = (high.ceil() as usize).clamp(first + 1, source as usize);
            let overlap = |pixel: usize| ((pixel + 1) as f64).min(high) - (pixel as f64).max(low);
            let shares = (first..last).map(|pixel| (overlap(pixel).max(0.0) / step) as f32);
            (first, shares.collect())
        };
        Shares((0..target).map(of).collect())
    }
}

/// The picture at `width` by `height` pixels. Smaller ones are exact averages; enlarged pixels keep
/// their edges, blended only where an edge falls within a new pixel. The same size is the same
/// picture.
pub(in crate::preview) fn averaged(picture: &Picture, (width, height): (u32, u32)) -> RgbImage {
    let source = picture.to_rgb();
    if source.dimensions() == (width, height) || source.is_empty() || width == 0 || height == 0 {
        return source;
    }
    let (columns, rows) = source.dimensions();
    let across = Shares::new(columns, width);
    let narrow: Vec<Vec<[f32; 3]>> = source
        .rows()
        .map(|row| {
            let row: Vec<[f32; 3]> = row.map(|pixel| pixel.0.map(f32::from)).collect();
            across
                .0
                .iter()
                .map(|share| mean(share, |at| row[at]))
                .collect()
        })
        .collect();
    let down = Shares::new(rows, height);
    RgbImage::from_fn(width, height, |x, y| {
        let colour = mean(&down.0[y as usize], |at| narrow[at][x as usize]);
        Rgb(colour.map(|value| value.round().clamp(0.0, 255.0) as u8))
    })
}

fn mean((first, shares): &(usize, Vec<f32>), pixel: impl Fn(usize) -> [f32; 3]) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for (offset, share) in shares.iter().enumerate() {
        let colour = pixel(first + offset);
        for (total, value) in sum.iter_mut().zip(colour) {
            *total += share * value;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use image::GrayImage;

    use super::*;

    fn gray(width: u32, levels: &[u8]) -> Picture {
        let height = levels.len() as u32 / width;
        Picture::Gray(GrayImage::from_fn(width, height, |x, y| {
            image::Luma([levels[(y * width + x) as usize]])
        }))
    }

    fn reds(image: &RgbImage) -> Vec<u8> {
        image.pixels().map(|pixel| pixel.0[0]).collect()
    }

    #[test]
    fn every_pixel_is_the_mean_of_its_area() {
        let picture = gray(4, &[0, 100, 200, 40, 20, 80, 0, 0]);
        assert_eq!(reds(&averaged(&picture, (2, 1))), [50, 60]);
        // A third of the middle pixel belongs to each side.
        let thirds = gray(3, &[0, 90, 210]);
        assert_eq!(reds(&averaged(&thirds, (2, 1))), [30, 170]);
    }

    #[test]
    fn whole_enlargements_repeat_pixels_and_the_same_size_changes_nothing() {
        let picture = gray(2, &[10, 20]);
        assert_eq!(
            reds(&averaged(&picture, (4, 2))),
            [10, 10, 20, 20, 10, 10, 20, 20]
        );
        assert_eq!(reds(&averaged(&picture, (2, 1))), [10, 20]);
    }

    #[test]
    fn means_over_everything_keep_the_level() {
        for size in [(1, 1), (7, 3), (100, 1), (1, 100)] {
            let same = averaged(&gray(5, &[77; 25]), size);
            assert!(reds(&same).iter().all(|&level| level == 77), "{size:?}");
        }
    }
}
