//! Units, intervals and queries.
