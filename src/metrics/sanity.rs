//! Whether a network treats samples as it treats real images: the sanity check of Geirhos et al., *Don't
//! trust your eyes: on the (un)reliability of feature visualizations*, ICML 2024, arXiv 2306.04719.
//!
//! For each layer, the similarity of two images is Spearman's rank correlation of their flattened
//! activations. Samples are compared with real images of the class; for scale, real images of the class
//! are compared with each other (1) and with real images of other classes (0):
//! score = (samples to class − class to others)/(class to class − class to others). A sample that the network
//! processes as it does any other image has a score near 0, whatever its activation says.
//!
//! Means over pairs are taken in linear time: ranks centred and scaled to length 1 make the correlation a
//! product, and a mean of products with a set is the product with the set's mean.

use serde::{Deserialize, Serialize};

use super::resample::{Confidence, bootstrap};

/// Values of a layer that are ranked, evenly picked where it has more.
pub const MOST_VALUES: usize = 16_384;

/// How a network treats samples, layer by layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sanity {
    /// Samples compared.
    pub n_samples: usize,
    /// Real images of the class.
    pub n_class: usize,
    /// Real images of other classes.
    pub n_others: usize,
    /// From the input on.
    pub layers: Vec<LayerSanity>,
    /// The score of the layers together: the sums over those that have one, divided, so that a layer
    /// counts as much as it tells the class from others. Null where none does.
    pub score: Option<f64>,
}

/// One layer. A similarity is null where no pair has one: too few images, or activations that are all
/// equal or not finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerSanity {
    /// The tensor's name.
    pub layer: String,
    /// Mean rank correlation of samples with images of the class.
    pub samples_to_class: Option<f64>,
    /// Mean over pairs of images of the class.
    pub class_to_class: Option<f64>,
    /// Mean of images of the class with images of others.
    pub class_to_others: Option<f64>,
    /// 1: as similar to the class as its own images; 0: as images of other classes. Null where the layer
    /// does not tell the class from others.
    pub score: Option<f64>,
    /// Its interval, by resampling the samples (the real images held).
    pub interval: Option<Confidence>,
}

/// Ranks of one image's activations at a layer, centred, of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks(Vec<f32>);

impl Ranks {
    /// Of `values`, ties sharing their mean rank; [`MOST_VALUES`] of them, evenly picked. None where all are
    /// equal or one is not finite: there is no correlation then.
    pub fn of(values: &[f32]) -> Option<Ranks> {
        let stride = values.len().div_ceil(MOST_VALUES).max(1);
        let picked: Vec<f32> = values.iter().copied().step_by(stride).collect();
        if picked.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut order: Vec<usize> = (0..picked.len()).collect();
        order.sort_unstable_by(|&a, &b| picked[a].total_cmp(&picked[b]));
        let middle = (picked.len() as f64 - 1.0) / 2.0;
        let mut ranks = vec![0.0_f64; picked.len()];
        let mut first = 0;
        while first < order.len() {
            // −0 and 0 are equal but not in the total order, where they stand side by side.
            let tied = order[first..]
                .iter()
                .take_while(|&&at| picked[at] == picked[order[first]])
                .count();
            let rank = first as f64 + (tied as f64 - 1.0) / 2.0 - middle;
            for &at in &order[first..first + tied] {
                ranks[at] = rank;
            }
            first += tied;
        }
        let length = ranks.iter().map(|rank| rank * rank).sum::<f64>().sqrt();
        (length > 0.0).then(|| Ranks(ranks.iter().map(|rank| (rank / length) as f32).collect()))
    }

    /// Spearman's correlation with another image's ranks at the same layer.
    pub fn correlation(&self, other: &Ranks) -> f64 {
        let products = self.0.iter().zip(&other.0);
        products.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }
}

/// The sum of the ranks of a set of images.
#[derive(Debug, Clone, Default)]
struct RankSum {
    sum: Vec<f64>,
    count: usize,
}

impl RankSum {
    fn add(&mut self, ranks: &Ranks) {
        self.sum.resize(ranks.0.len(), 0.0);
        for (sum, &rank) in self.sum.iter_mut().zip(&ranks.0) {
            *sum += f64::from(rank);
        }
        self.count += 1;
    }

    /// Mean correlation of one image with the set.
    fn with(&self, ranks: &Ranks) -> Option<f64> {
        let product: f64 = self
            .sum
            .iter()
            .zip(&ranks.0)
            .map(|(sum, &rank)| sum * f64::from(rank))
            .sum();
        (self.count > 0).then(|| product / self.count as f64)
    }

    /// Mean correlation of two different images of the set: ‖Σ v‖² holds each with itself, which is 1.
    fn within(&self) -> Option<f64> {
        let count = self.count as f64;
        let squared: f64 = self.sum.iter().map(|sum| sum * sum).sum();
        (self.count > 1).then(|| (squared - count) / (count * (count - 1.0)))
    }

    /// Mean correlation of an image of this set with one of the other.
    fn between(&self, other: &RankSum) -> Option<f64> {
        let product: f64 = self.sum.iter().zip(&other.sum).map(|(a, b)| a * b).sum();
        let pairs = self.count * other.count;
        (pairs > 0).then(|| product / pairs as f64)
    }
}

/// Which set of images an image belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageSet {
    /// The samples.
    Samples,
    /// Real images of the class.
    Class,
    /// Real images of other classes.
    Others,
}

/// Collects activations, image by image, and compares the sets.
#[derive(Debug, Clone)]
pub struct SanityCheck {
    layers: Vec<CollectedLayer>,
    counts: [usize; 3],
}

#[derive(Debug, Clone)]
struct CollectedLayer {
    name: String,
    samples: Vec<Ranks>,
    class: RankSum,
    others: RankSum,
}

impl SanityCheck {
    /// A check at layers of these names.
    pub fn new(layers: impl IntoIterator<Item = String>) -> SanityCheck {
        let layers = layers.into_iter().map(|name| CollectedLayer {
            name,
            samples: Vec::new(),
            class: RankSum::default(),
            others: RankSum::default(),
        });
        SanityCheck {
            layers: layers.collect(),
            counts: [0; 3],
        }
    }

    /// Adds an image by its activations at each layer.
    pub fn add(&mut self, set: ImageSet, activations: &[&[f32]]) {
        self.counts[set as usize] += 1;
        for (layer, values) in self.layers.iter_mut().zip(activations) {
            let Some(ranks) = Ranks::of(values) else {
                continue;
            };
            match set {
                ImageSet::Samples => layer.samples.push(ranks),
                ImageSet::Class => layer.class.add(&ranks),
                ImageSet::Others => layer.others.add(&ranks),
            }
        }
    }

    /// Compares the sets.
    pub fn result(&self) -> Sanity {
        let layers: Vec<LayerSanity> = self.layers.iter().map(CollectedLayer::compared).collect();
        let score = together(&layers);
        let [n_samples, n_class, n_others] = self.counts;
        Sanity {
            n_samples,
            n_class,
            n_others,
            layers,
            score,
        }
    }
}

/// The score over all layers that have one.
fn together(layers: &[LayerSanity]) -> Option<f64> {
    let (mut reached, mut whole) = (0.0, 0.0);
    for layer in layers.iter().filter(|layer| layer.score.is_some()) {
        let zero = layer.class_to_others?;
        reached += layer.samples_to_class? - zero;
        whole += layer.class_to_class? - zero;
    }
    (whole > 0.0).then(|| reached / whole)
}

impl CollectedLayer {
    fn compared(&self) -> LayerSanity {
        let to_class: Vec<f64> = self
            .samples
            .iter()
            .filter_map(|sample| self.class.with(sample))
            .collect();
        let count = to_class.len();
        let mean = |weights: &dyn Fn(usize) -> f64| -> f64 {
            let sum: f64 = to_class
                .iter()
                .enumerate()
                .map(|(at, c)| c * weights(at))
                .sum();
            sum / count as f64
        };
        let samples_to_class = (count > 0).then(|| mean(&|_| 1.0));
        let (one, zero) = (self.class.within(), self.class.between(&self.others));
        let scaled = |similarity: f64| match (one, zero) {
            (Some(one), Some(zero)) if one > zero => Some((similarity - zero) / (one - zero)),
            _ => None,
        };
        LayerSanity {
            layer: self.name.clone(),
            samples_to_class,
            class_to_class: one,
            class_to_others: zero,
            score: samples_to_class.and_then(scaled),
            interval: bootstrap(count, |counts| scaled(mean(&|at| f64::from(counts[at])))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Activations of an image: a pattern of its class, and a little of its own.
    fn image(class: usize, number: usize, own: f32) -> Vec<f32> {
        (0..200)
            .map(|at| {
                let pattern = ((at * (class * 7 + 3)) % 31) as f32;
                pattern + own * ((at * 37 + number * 101) % 29) as f32
            })
            .collect()
    }

    fn check(samples: impl Iterator<Item = Vec<f32>>, class: usize, others: usize) -> Sanity {
        let mut check = SanityCheck::new(["layer".to_owned()]);
        samples.for_each(|image| check.add(ImageSet::Samples, &[&image]));
        (0..class).for_each(|at| check.add(ImageSet::Class, &[&image(0, at, 0.5)]));
        (0..others).for_each(|at| check.add(ImageSet::Others, &[&image(1, at, 0.5)]));
        check.result()
    }

    #[test]
    fn images_of_the_class_score_1_those_of_others_0_and_noise_in_between_or_below() {
        let of_class = check((50..70).map(|at| image(0, at, 0.5)), 20, 20);
        assert!((of_class.score.unwrap() - 1.0).abs() < 0.1, "{of_class:?}");
        let of_others = check((50..70).map(|at| image(1, at, 0.5)), 20, 20);
        assert!(of_others.score.unwrap().abs() < 0.1, "{of_others:?}");
        let mixed = check((50..70).map(|at| image(0, at, 3.0)), 20, 20);
        let layer = &mixed.layers[0];
        let score = layer.score.unwrap();
        assert_eq!(mixed.score, layer.score);
        assert!((0.1..0.9).contains(&score), "{mixed:?}");
        let ends = layer.interval.unwrap();
        assert!(ends.low <= score && score <= ends.high);
        assert_eq!(
            (mixed.n_samples, mixed.n_class, mixed.n_others),
            (20, 20, 20)
        );
    }

    #[test]
    fn means_over_pairs_are_those_of_the_pairs() {
        let ranks: Vec<Ranks> = (0..5)
            .map(|at| Ranks::of(&image(0, at, 1.0)).unwrap())
            .collect();
        let mut set = RankSum::default();
        ranks[..4].iter().for_each(|ranks| set.add(ranks));
        let mut sum = 0.0;
        for i in 0..4 {
            for j in 0..i {
                sum += ranks[i].correlation(&ranks[j]);
            }
        }
        assert!((set.within().unwrap() - sum / 6.0).abs() < 1e-6);
        let with: f64 = ranks[..4]
            .iter()
            .map(|other| ranks[4].correlation(other))
            .sum();
        assert!((set.with(&ranks[4]).unwrap() - with / 4.0).abs() < 1e-6);
    }

    #[test]
    fn ranks_of_ties_are_shared_and_only_the_order_counts() {
        let a = Ranks::of(&[0.0, -0.0, 5.0, 1.0]).unwrap();
        let b = Ranks::of(&[2.0, 2.0, 900.0, 3.0]).unwrap();
        assert!((a.correlation(&b) - 1.0).abs() < 1e-6);
        let down = Ranks::of(&[3.0, 3.0, -7.0, 0.0]).unwrap();
        assert!((a.correlation(&down) + 1.0).abs() < 1e-6);
        assert_eq!(Ranks::of(&[1.0; 4]), None);
        assert_eq!(Ranks::of(&[1.0, f32::NAN]), None);
        assert_eq!(Ranks::of(&[]), None);
        assert_eq!(Ranks::of(&vec![0.5; 3 * MOST_VALUES]), None);
    }

    #[test]
    fn one_real_image_dead_layers_and_no_sample_have_defined_answers() {
        let one = check((0..9).map(|at| image(0, at, 0.5)), 1, 20);
        let layer = &one.layers[0];
        assert!(layer.samples_to_class.is_some() && layer.class_to_others.is_some());
        assert_eq!(
            (layer.class_to_class, layer.score, one.score),
            (None, None, None)
        );
        let none = check(std::iter::empty(), 20, 20);
        assert_eq!((none.score, none.layers[0].interval), (None, None));
        let dead = check((0..9).map(|_| vec![0.0; 200]), 20, 20);
        assert_eq!((dead.n_samples, dead.layers[0].samples_to_class), (9, None));
        let alone = check((0..9).map(|at| image(0, at, 0.5)), 20, 0);
        assert_eq!(alone.score, None);
    }
}
