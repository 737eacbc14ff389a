//! Numbers that look random and are the same every time.

/// What numbers are for. Streams of one number have nothing to do with each other.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Article = 1,
    User = 2,
    Follows = 3,
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): small, quick,
/// and from any start. No secret comes from it.
pub(crate) struct Random(u64);

impl Random {
    /// The numbers for one thing of a seed.
    pub(crate) fn new(seed: u32, stream: Stream, number: u64) -> Self {
        let mut state = 0;
        for part in [u64::from(seed), stream as u64, number] {
            state = Self(state ^ part).next();
        }
        Self(state)
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, each as likely as the others; 0 if there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(end);
        u64::try_from(product >> 64).expect("the upper half of 128 bits")
    }

    /// A number below `end` by Zipf's law: the second half as likely as the first, the third a third
    /// as likely, and so on.
    pub(crate) fn rank(&mut self, end: u64) -> u64 {
        // The logarithm of a rank is spread evenly. Numbers of a seed are far below 2^53, where
        // floating point is exact.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "both are between 0 and a count of things"
        )]
        let rank = {
            let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
            (unit * ((end + 1) as f64).ln()).exp() as u64
        };
        rank.saturating_sub(1).min(end.saturating_sub(1))
    }

    /// One of these.
    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        // From the reference implementation, for the state 1234567.
        let mut random = Random(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn bounds_hold() {
        let mut random = Random::new(1, Stream::Article, 0);
        for end in [1, 2, 7, 3_000] {
            for _ in 0..1_000 {
                assert!(random.below(end) < end);
                assert!(random.rank(end) < end);
            }
        }
        assert_eq!(random.below(0), 0);
        assert_eq!(random.rank(0), 0);
    }

    #[test]
    fn the_first_ranks_are_the_most_likely() {
        let mut random = Random::new(1, Stream::Article, 0);
        let mut counts = [0; 100];
        for _ in 0..10_000 {
            counts[usize::try_from(random.rank(100)).expect("is below 100")] += 1;
        }
        assert!(counts[0] > 1_300 && counts[0] < 1_700, "{}", counts[0]);
        assert!(counts[0] > counts[1] && counts[1] > counts[9]);
    }
}
