//! Runs and their folders.
