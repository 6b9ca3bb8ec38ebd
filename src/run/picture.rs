//! The picture of a sample: the image that it is, or a plot of it.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

use crate::bundle::{Bundle, Channels, Domain};
use crate::plot::{Kind, Plot};

/// How the samples of a bundle become pictures.
#[derive(Debug, Clone, PartialEq)]
pub enum Depiction {
    /// A sample is an image with this order of channels.
    Image(Channels),
    /// A sample is drawn.
    Plot(Plot),
}

impl Depiction {
    /// That of a bundle.
    pub fn of(bundle: &Bundle) -> Depiction {
        let (kind, axes) = match &bundle.manifest().generator.domain {
            Domain::Image { channels, .. } => return Depiction::Image(*channels),
            Domain::Signal(axes) => (Kind::Lines, axes),
            Domain::Table(axes) => (Kind::Bars, axes),
        };
        Depiction::Plot(Plot {
            kind,
            ranges: axes.ranges.clone(),
            names: bundle.names().to_vec(),
        })
    }

    /// A sample of `shape` as the bytes of a PNG file, 8 bits a channel.
    ///
    /// # Errors
    /// Why it has no picture.
    pub fn png(&self, values: &[f32], shape: &[usize]) -> Result<Vec<u8>, String> {
        if values.len() != shape.iter().product::<usize>() || shape.is_empty() {
            return Err(format!("{} values are no sample {shape:?}", values.len()));
        }
        let picture = match self {
            Depiction::Image(channels) => image(values, shape, *channels)?,
            Depiction::Plot(plot) => DynamicImage::ImageRgb8(plot.draw(values, shape[0])),
        };
        let mut bytes = Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, ImageFormat::Png)
            .map_err(|error| error.to_string())?;
        Ok(bytes.into_inner())
    }
}

/// An image `[C, H, W]` in [0, 1].
fn image(values: &[f32], shape: &[usize], channels: Channels) -> Result<DynamicImage, String> {
    let &[count, height, width] = shape else {
        return Err(format!("an image of shape {shape:?} cannot be written"));
    };
    if count != channels.count() {
        return Err(format!("an image of shape {shape:?} is not {channels:?}"));
    }
    let level = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let plane = height * width;
    let picture = match channels {
        Channels::Gray => GrayImage::from_vec(
            width as u32,
            height as u32,
            values.iter().map(|&value| level(value)).collect(),
        )
        .map(DynamicImage::ImageLuma8),
        Channels::Rgb | Channels::Bgr => {
            let order = if channels == Channels::Rgb {
                [0, 1, 2]
            } else {
                [2, 1, 0]
            };
            let pixels = (0..plane)
                .flat_map(|at| order.map(|channel| level(values[channel * plane + at])))
                .collect();
            RgbImage::from_vec(width as u32, height as u32, pixels).map(DynamicImage::ImageRgb8)
        }
    };
    picture.ok_or_else(|| format!("an image of shape {shape:?} is too large"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_channels_of_an_image_come_in_their_order() {
        let values = [0.0, 0.5, 1.0];
        let pixel = |channels| {
            let png = Depiction::Image(channels).png(&values, &[3, 1, 1]).unwrap();
            image::load_from_memory(&png).unwrap().to_rgb8().into_raw()
        };
        assert_eq!(pixel(Channels::Rgb), [0, 128, 255]);
        assert_eq!(pixel(Channels::Bgr), [255, 128, 0]);
    }

    #[test]
    fn what_is_no_sample_has_no_picture() {
        let gray = Depiction::Image(Channels::Gray);
        for shape in [&[1, 2][..], &[3, 1, 1], &[1, 1, 2], &[]] {
            assert!(gray.png(&[0.5; 3], shape).is_err(), "{shape:?}");
        }
    }
}
