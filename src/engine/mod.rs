//! Evaluates codes through runtime sessions.
