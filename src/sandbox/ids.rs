//! Record ids: random for new records, derived from names for the seed.

use uuid::Uuid;

/// The namespace of seeded ids.
const SEED: Uuid = Uuid::from_u128(0x1f0e_5a9c_3b7d_4c21_8e64_9a0b_1c2d_3e4f);

/// A new id.
pub fn new() -> String {
    Uuid::new_v4().to_string()
}

/// The same id for the same names, on every machine.
pub fn seed(names: &[&str]) -> String {
    Uuid::new_v5(&SEED, names.join("/").as_bytes()).to_string()
}
