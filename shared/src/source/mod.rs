//! Files to Arrow batches.
