//! Four pixels in one character: the two colours and the quadrants that come nearest.

/// The character that fills the quadrants of a set: bit 0 top left, 1 top right, 2 bottom left,
/// 3 bottom right.
const QUADRANTS: [char; 16] = [
    ' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█',
];

/// A character with the colour of its strokes and of what is behind them.
pub(super) struct Split {
    pub(super) glyph: char,
    pub(super) front: Option<[u8; 3]>,
    pub(super) back: Option<[u8; 3]>,
}

/// The best two colours for four pixels (row by row). Where pixels are missing the background
/// shows, and the others share one colour.
pub(super) fn split(pixels: [Option<[u8; 3]>; 4]) -> Split {
    let [Some(a), Some(b), Some(c), Some(d)] = pixels else {
        let present = (0..4).filter(|&place| pixels[place].is_some());
        let set = present.fold(0, |set, place| set | 1 << place);
        let colours: Vec<[u8; 3]> = pixels.into_iter().flatten().collect();
        return Split {
            glyph: QUADRANTS[set],
            front: mean(&colours),
            back: None,
        };
    };
    let pixels = [a, b, c, d];
    // Exchanging front and back gives the same picture: the last pixel may always be behind.
    let best = (0..8).min_by_key(|&set| {
        let (front, back) = groups(pixels, set);
        spread(&front) + spread(&back)
    });
    let set = best.unwrap_or_default();
    let (front, back) = groups(pixels, set);
    Split {
        glyph: QUADRANTS[set],
        front: mean(&front),
        back: mean(&back),
    }
}

fn groups(pixels: [[u8; 3]; 4], set: usize) -> (Vec<[u8; 3]>, Vec<[u8; 3]>) {
    let (mut front, mut back) = (Vec::new(), Vec::new());
    for (place, colour) in pixels.into_iter().enumerate() {
        let group = if set & (1 << place) == 0 {
            &mut back
        } else {
            &mut front
        };
        group.push(colour);
    }
    (front, back)
}

fn mean(colours: &[[u8; 3]]) -> Option<[u8; 3]> {
    let count = u32::try_from(colours.len())
        .ok()
        .filter(|&count| count > 0)?;
    let mut sum = [0; 3];
    for colour in colours {
        for (total, &value) in sum.iter_mut().zip(colour) {
            *total += u32::from(value);
        }
    }
    Some(sum.map(|total| ((total + count / 2) / count) as u8))
}

/// Squared distances from the mean.
fn spread(colours: &[[u8; 3]]) -> u32 {
    let Some(mean) = mean(colours) else { return 0 };
    let squares = colours.iter().flat_map(|colour| {
        let channels = colour.iter().zip(mean);
        channels.map(|(&value, centre)| u32::from(value.abs_diff(centre)).pow(2))
    });
    squares.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    #[test]
    fn two_colours_are_kept_exactly() {
        for set in 0..16 {
            let colour = |place: usize| if set & (1 << place) == 0 { BLUE } else { RED };
            let pixels = [0, 1, 2, 3].map(colour);
            let split = split(pixels.map(Some));
            let shown = QUADRANTS.iter().position(|&glyph| glyph == split.glyph);
            for (place, pixel) in pixels.into_iter().enumerate() {
                let side = if shown.is_some_and(|shown| shown & (1 << place) != 0) {
                    split.front
                } else {
                    split.back
                };
                assert_eq!(side, Some(pixel), "{set} {place}");
            }
        }
    }

    #[test]
    fn near_colours_share_one() {
        let split = split([[10; 3], [14; 3], [200; 3], [204; 3]].map(Some));
        assert_eq!(split.glyph, '▀');
        assert_eq!((split.front, split.back), (Some([12; 3]), Some([202; 3])));
    }

    #[test]
    fn missing_pixels_show_the_background() {
        let split = split([Some(RED), None, Some(RED), None]);
        assert_eq!(
            (split.glyph, split.front, split.back),
            ('▌', Some(RED), None)
        );
    }
}
