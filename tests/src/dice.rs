//! Numbers that look random and are the same in every run.

/// A small generator (SplitMix64). Not for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Dice {
        // Neighbouring seeds are told apart by the first roll already.
        let mut dice = Dice(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        dice.word();
        dice
    }

    /// 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 up to, not including, `sides`; 0 where there are none.
    pub fn roll(&mut self, sides: usize) -> usize {
        if sides == 0 {
            0
        } else {
            (self.word() % sides as u64) as usize
        }
    }

    /// `from` up to and including `to`.
    pub fn within(&mut self, from: usize, to: usize) -> usize {
        from + self.roll(to.saturating_sub(from) + 1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.roll(100) < chance
    }

    /// One of the items, of which there is at least one.
    pub fn pick<'i, T: ?Sized + ToOwned>(&mut self, items: &'i [&'i T]) -> &'i T {
        items[self.roll(items.len())]
    }

    /// One of the items, of which there is at least one.
    pub fn one<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.roll(items.len())]
    }
}
