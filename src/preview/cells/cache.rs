//! Pictures that have been scaled, so that drawing them again costs nothing.

use std::collections::HashMap;
use std::sync::Arc;

use super::Look;
use super::mosaic::Mosaic;
use crate::preview::Picture;

/// Most characters kept: some 200 full screens of thumbnails, a few megabytes.
const MOST_TILES: usize = 1 << 18;

/// What a scaled picture depends on; equal `id`s are the same picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) id: u64,
    pub(super) columns: u16,
    pub(super) rows: u16,
    pub(super) look: Look,
}

/// Scaled pictures; those that were not used for longest go first.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: HashMap<Key, Kept>,
    tiles: usize,
    clock: u64,
}

#[derive(Debug)]
struct Kept {
    mosaic: Arc<Mosaic>,
    used: u64,
}

impl Cache {
    /// The picture at its size, scaled only if it is not here.
    pub(super) fn get(&mut self, key: Key, picture: &Picture) -> Arc<Mosaic> {
        self.clock += 1;
        if let Some(kept) = self.kept.get_mut(&key) {
            kept.used = self.clock;
            return Arc::clone(&kept.mosaic);
        }
        let mosaic = Arc::new(Mosaic::new(picture, key.columns, key.rows, key.look));
        self.make_room(mosaic.len());
        self.tiles += mosaic.len();
        let kept = Kept {
            mosaic: Arc::clone(&mosaic),
            used: self.clock,
        };
        self.kept.insert(key, kept);
        mosaic
    }

    fn make_room(&mut self, tiles: usize) {
        while self.tiles + tiles > MOST_TILES {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                return;
            };
            if let Some(kept) = self.kept.remove(&key) {
                self.tiles -= kept.mosaic.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::GrayImage;

    use super::*;

    fn key(id: u64) -> Key {
        Key {
            id,
            columns: 80,
            rows: 40,
            look: Look::default(),
        }
    }

    #[test]
    fn a_picture_is_scaled_once_and_the_oldest_goes_when_the_room_is_used_up() {
        let picture = Picture::Gray(GrayImage::new(80, 80));
        let mut cache = Cache::default();
        let first = cache.get(key(0), &picture);
        assert!(Arc::ptr_eq(&first, &cache.get(key(0), &picture)));
        let most = MOST_TILES / first.len();
        for id in 1..=most as u64 {
            cache.get(key(0), &picture);
            cache.get(key(id), &picture);
            assert!(cache.tiles <= MOST_TILES);
        }
        assert!(Arc::ptr_eq(&first, &cache.get(key(0), &picture)));
        assert!(!cache.kept.contains_key(&key(1)));
        let tiles: usize = cache.kept.values().map(|kept| kept.mosaic.len()).sum();
        assert_eq!(tiles, cache.tiles);
    }
}
