//! Arrow values to column values.
