//! Bundles: a generator, a classifier, encoders and facts.
