//! xoshiro256**, started by splitmix64: generators by Blackman and Vigna ("Scrambled linear
//! pseudorandom number generators", ACM TOMS 47, 2021), which name the second for starting the first.

#[derive(Clone, Copy)]
pub struct Generator([u64; 4]);

/// The last step of splitmix64: every bit of the answer depends on every bit of `value`.
pub fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        let mut state = [0; 4];
        let mut counter = seed;
        for word in &mut state {
            counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
            *word = mix(counter);
        }
        Generator(state)
    }

    pub fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let answer = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ b << 17, d.rotate_left(45)];
        answer
    }
}
