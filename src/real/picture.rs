//! A picture file as the generator would have made it.

use std::path::Path;

use image::imageops::FilterType;

use crate::bundle::Channels;

/// An image file as `[C, H, W]` in [0, 1], cut to the middle and scaled to the generator's size
/// `shape`, in the channel order of the generator.
///
/// # Errors
/// Why it cannot be read, in one line.
pub fn read_image(path: &Path, shape: &[usize], channels: Channels) -> Result<Vec<f32>, String> {
    let &[_, height, width] = shape else {
        return Err(format!("the generator's output {shape:?} is no image"));
    };
    let picture = image::open(path).map_err(|error| error.to_string())?;
    let picture = picture.resize_to_fill(width as u32, height as u32, FilterType::Triangle);
    let value = |level: u8| f32::from(level) / 255.0;
    Ok(match channels {
        Channels::Gray => picture
            .to_luma8()
            .into_raw()
            .into_iter()
            .map(value)
            .collect(),
        Channels::Rgb | Channels::Bgr => {
            let pixels = picture.to_rgb8().into_raw();
            let order = if channels == Channels::Rgb {
                [0, 1, 2]
            } else {
                [2, 1, 0]
            };
            order
                .iter()
                .flat_map(|&channel| pixels.iter().skip(channel).step_by(3).map(|&v| value(v)))
                .collect()
        }
    })
}
