//! Chance, for moments and delays.

#![cfg(test)]

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A source of random numbers, another one each time. To repeat its numbers would not repeat the moments.
pub struct Dice {
    seed: RandomState,
    count: u64,
}

impl Dice {
    pub fn new() -> Self {
        Self {
            seed: RandomState::new(),
            count: 0,
        }
    }

    /// A number from 0 to less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.count += 1;
        self.seed.hash_one(self.count) % limit.max(1)
    }

    /// A time shorter than `limit`.
    pub fn shorter_than(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(limit.as_micros()).expect("a short time")))
    }
}
