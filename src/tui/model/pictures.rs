//! The pictures of a run that are held: those that were looked at lately.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::preview::Picture;

/// Bytes of pictures that are held for a run. More are held only where a single frame shows more.
const MOST_BYTES: usize = 32 << 20;

/// Pictures by sample. A picture that is asked for and not there is noted as wanted.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    held: HashMap<u64, Held>,
    bytes: usize,
    /// Frames drawn so far.
    frame: Cell<u64>,
    wanted: RefCell<BTreeSet<u64>>,
    /// Wanted, told, and not there yet; or not to be had.
    asked: HashSet<u64>,
}

#[derive(Debug, Clone)]
struct Held {
    picture: Arc<Picture>,
    bytes: usize,
    /// The frame that it was last looked at in.
    used: Cell<u64>,
}

impl Pictures {
    /// The picture of a sample, where it is there.
    pub fn get(&self, sample: &u64) -> Option<&Arc<Picture>> {
        let Some(held) = self.held.get(sample) else {
            if !self.asked.contains(sample) {
                self.wanted.borrow_mut().insert(*sample);
            }
            return None;
        };
        held.used.set(self.frame.get());
        Some(&held.picture)
    }

    /// The samples whose pictures the frame that was just drawn lacked, each once.
    pub fn take_wanted(&mut self) -> Vec<u64> {
        self.frame.set(self.frame.get() + 1);
        let wanted = std::mem::take(&mut *self.wanted.borrow_mut());
        self.asked.extend(&wanted);
        wanted.into_iter().collect()
    }

    /// Takes a picture in; the ones that nobody looked at for longest go where there are too many.
    pub fn insert(&mut self, sample: u64, picture: Arc<Picture>) {
        self.asked.remove(&sample);
        self.wanted.borrow_mut().remove(&sample);
        let held = Held {
            bytes: bytes(&picture),
            picture,
            used: Cell::new(self.frame.get()),
        };
        self.bytes += held.bytes;
        if let Some(before) = self.held.insert(sample, held) {
            self.bytes -= before.bytes;
        }
        if self.bytes > MOST_BYTES {
            self.thin();
        }
    }

    /// Forgets pictures to half of what may be held, but for those of the latest frame.
    fn thin(&mut self) {
        let latest = self.frame.get().saturating_sub(1);
        let mut by_use: Vec<(u64, u64)> = self
            .held
            .iter()
            .map(|(&sample, held)| (held.used.get(), sample))
            .filter(|&(used, _)| used < latest)
            .collect();
        by_use.sort_unstable();
        for (_, sample) in by_use {
            if self.bytes <= MOST_BYTES / 2 {
                return;
            }
            if let Some(held) = self.held.remove(&sample) {
                self.bytes -= held.bytes;
            }
        }
    }
}

fn bytes(picture: &Picture) -> usize {
    let (width, height) = picture.size();
    let channels = match picture {
        Picture::Gray(_) => 1,
        Picture::Rgb(_) => 3,
    };
    width as usize * height as usize * channels
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    fn picture() -> Arc<Picture> {
        Arc::new(Picture::Rgb(RgbImage::new(256, 256)))
    }

    #[test]
    fn a_picture_is_asked_for_once() {
        let mut pictures = Pictures::default();
        assert!(pictures.get(&3).is_none());
        assert!(pictures.get(&3).is_none());
        assert_eq!(pictures.take_wanted(), [3]);
        assert!(pictures.get(&3).is_none());
        assert!(pictures.take_wanted().is_empty());
        pictures.insert(3, picture());
        assert!(pictures.get(&3).is_some());
        assert!(pictures.take_wanted().is_empty());
    }

    #[test]
    fn ten_thousand_pictures_that_went_by_are_not_all_held() {
        let mut pictures = Pictures::default();
        for sample in 0..10_000 {
            let _ = pictures.get(&sample);
            let _ = pictures.get(&0);
            pictures.take_wanted();
            pictures.insert(sample, picture());
            assert!(pictures.bytes <= MOST_BYTES);
        }
        assert!(pictures.get(&0).is_some(), "it was in every frame");
        assert!(pictures.get(&9_999).is_some());
        assert!(pictures.get(&1).is_none());
        assert_eq!(
            pictures.take_wanted(),
            [1],
            "it is read anew where it is looked at"
        );
    }

    #[test]
    fn what_one_frame_shows_is_held_whatever_it_takes() {
        let mut pictures = Pictures::default();
        let shown = 0..400;
        for _ in 0..3 {
            for sample in shown.clone() {
                let _ = pictures.get(&sample);
            }
            for sample in pictures.take_wanted() {
                pictures.insert(sample, picture());
            }
        }
        assert!(
            shown
                .into_iter()
                .all(|sample| pictures.get(&sample).is_some())
        );
    }
}
