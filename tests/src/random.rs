//! Chance that comes the same in every run.

/// A sequence of numbers that is the same in every run.
pub struct Random(pub u64);

impl Random {
    /// The next one, less than `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}
