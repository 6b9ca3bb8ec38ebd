//! Pictures within the page: as the files hold them, or as small copies where there are many.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageError, ImageFormat, RgbImage};

use crate::preview::Picture;

/// Longest edge of the copies that maps show.
const SMALL: u32 = 72;
/// Quality of thumbnails, of 100.
const JPEG_QUALITY: u8 = 82;

/// How large pictures are in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As the file holds them, byte for byte.
    Whole,
    /// No edge longer than that; smaller pictures stay as they are.
    AtMost(u32),
}

/// A picture of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The picture itself, as a `data:` address.
    pub uri: String,
    /// Width and height of the file's picture.
    pub size: (u32, u32),
    /// A small copy.
    pub small: Arc<RgbImage>,
}

impl Size {
    /// As large as so many pictures may be for the page to stay of a size that a browser takes.
    pub fn for_count(pictures: usize) -> Size {
        match pictures {
            0..=500 => Size::Whole,
            501..=5000 => Size::AtMost(64),
            _ => Size::AtMost(32),
        }
    }
}

/// A picture file.
///
/// # Errors
/// It cannot be read, or is no PNG or JPEG file.
pub(super) fn read(path: &Path, size: Size) -> Result<Shown, ImageError> {
    let rgb = Picture::open(path)?.to_rgb();
    shown(&rgb, &fs::read(path)?, size)
}

/// The picture `rgb` of a file with these bytes.
fn shown(rgb: &RgbImage, bytes: &[u8], size: Size) -> Result<Shown, ImageError> {
    let longest = rgb.width().max(rgb.height());
    let uri = match size {
        Size::AtMost(edge) if longest > edge => jpeg_uri(&scaled(rgb, edge))?,
        _ => data_uri(image::guess_format(bytes)?, bytes),
    };
    Ok(Shown {
        uri,
        size: rgb.dimensions(),
        small: Arc::new(if longest > SMALL {
            scaled(rgb, SMALL)
        } else {
            rgb.clone()
        }),
    })
}

/// A picture in the bytes of a PNG file.
///
/// # Errors
/// They are none.
pub(super) fn of_png(bytes: &[u8], size: Size) -> Result<Shown, ImageError> {
    let rgb = image::load_from_memory_with_format(bytes, ImageFormat::Png)?.to_rgb8();
    shown(&rgb, bytes, size)
}

/// Width and height with the longer one of a given length, in the same proportion.
pub(super) fn within((width, height): (u32, u32), edge: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    let part = |length: u32| ((length * edge + longest / 2) / longest).max(1);
    (part(width), part(height))
}

/// A picture as a PNG in an address.
pub(super) fn png_uri(picture: &RgbImage) -> Result<String, ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(data_uri(ImageFormat::Png, &bytes.into_inner()))
}

fn jpeg_uri(picture: &RgbImage) -> Result<String, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(picture)?;
    Ok(data_uri(ImageFormat::Jpeg, &bytes))
}

fn data_uri(format: ImageFormat, bytes: &[u8]) -> String {
    format!(
        "data:{};base64,{}",
        format.to_mime_type(),
        STANDARD.encode(bytes)
    )
}

fn scaled(picture: &RgbImage, edge: u32) -> RgbImage {
    let (width, height) = within(picture.dimensions(), edge);
    imageops::resize(picture, width, height, FilterType::Triangle)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn decoded(uri: &str) -> image::DynamicImage {
        let (_, data) = uri.split_once(";base64,").unwrap();
        image::load_from_memory(&STANDARD.decode(data).unwrap()).unwrap()
    }

    #[test]
    fn a_whole_picture_is_the_file_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        image::GrayImage::from_fn(100, 50, |x, _| image::Luma([x as u8]))
            .save(&path)
            .unwrap();
        let shown = read(&path, Size::Whole).unwrap();
        let (kind, data) = shown.uri.split_once(',').unwrap();
        assert_eq!(kind, "data:image/png;base64");
        assert_eq!(STANDARD.decode(data).unwrap(), fs::read(&path).unwrap());
        assert_eq!(shown.size, (100, 50));
        assert_eq!(shown.small.dimensions(), (72, 36));
    }

    #[test]
    fn thumbnails_keep_the_proportion_and_small_pictures_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        image::RgbImage::new(100, 50).save(&path).unwrap();
        let shown = read(&path, Size::AtMost(64)).unwrap();
        assert!(shown.uri.starts_with("data:image/jpeg;base64,"));
        assert_eq!(decoded(&shown.uri).to_rgb8().dimensions(), (64, 32));
        assert_eq!(shown.size, (100, 50), "what the file holds is said");
        let whole = read(&path, Size::AtMost(100)).unwrap();
        assert_eq!(whole, read(&path, Size::Whole).unwrap());
    }

    #[test]
    fn the_more_pictures_the_smaller_they_are() {
        assert_eq!(Size::for_count(500), Size::Whole);
        assert_eq!(Size::for_count(501), Size::AtMost(64));
        assert_eq!(Size::for_count(5001), Size::AtMost(32));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        fs::write(&path, "<svg onload='alert(1)'/>").unwrap();
        assert!(read(&path, Size::Whole).is_err());
        assert!(read(&folder.path().join("none.png"), Size::Whole).is_err());
    }
}
