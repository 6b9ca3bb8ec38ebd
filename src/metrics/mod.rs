//! Diversity scores of a sample.
