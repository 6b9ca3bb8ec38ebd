//! One picture in memory.

use std::path::Path;

use image::{DynamicImage, GrayImage, ImageReader, Limits, RgbImage, RgbaImage};

/// Longest edge of a picture file that is read.
const LARGEST_EDGE: u32 = 16_384;
/// Most memory that decoding may take.
const LARGEST_ALLOCATION: u64 = 512 << 20;

/// A picture of one or three channels.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// One channel.
    Gray(GrayImage),
    /// Red, green, blue.
    Rgb(RgbImage),
}

impl Picture {
    /// Decodes a PNG or JPEG file.
    ///
    /// # Errors
    /// It cannot be read, is no such picture, or is too large.
    pub fn open(path: &Path) -> Result<Picture, image::ImageError> {
        let mut reader = ImageReader::open(path)?.with_guessed_format()?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(LARGEST_EDGE);
        limits.max_image_height = Some(LARGEST_EDGE);
        limits.max_alloc = Some(LARGEST_ALLOCATION);
        reader.limits(limits);
        reader.decode().map(Picture::from)
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Picture::Gray(image) => image.dimensions(),
            Picture::Rgb(image) => image.dimensions(),
        }
    }

    /// The same picture with three channels.
    pub fn to_rgb(&self) -> RgbImage {
        match self {
            Picture::Gray(image) => DynamicImage::ImageLuma8(image.clone()).to_rgb8(),
            Picture::Rgb(image) => image.clone(),
        }
    }

    /// The same picture with four channels, opaque.
    pub fn to_rgba(&self) -> RgbaImage {
        match self {
            Picture::Gray(image) => DynamicImage::ImageLuma8(image.clone()).to_rgba8(),
            Picture::Rgb(image) => DynamicImage::ImageRgb8(image.clone()).to_rgba8(),
        }
    }
}

impl From<DynamicImage> for Picture {
    fn from(image: DynamicImage) -> Self {
        if image.color().has_color() {
            Picture::Rgb(image.to_rgb8())
        } else {
            Picture::Gray(image.to_luma8())
        }
    }
}
