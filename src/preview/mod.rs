//! Pictures in the terminal.
