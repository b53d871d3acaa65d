//! What makes the key unreadable for others who listen on the bus: a key agreed with the keyring by
//! `dh-ietf1024-sha256-aes128-cbc-pkcs7`, the only cipher that the Secret Service's specification knows.

use aes::Aes128;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use num_bigint::BigUint;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};

use crate::credentials::keyring::KeyringError;

pub const ALGORITHM: &str = "dh-ietf1024-sha256-aes128-cbc-pkcs7";

/// The group of 1024 bits (RFC 2409, second Oakley group), whose generator is 2.
const PRIME: [u8; 128] = *b"\
    \xff\xff\xff\xff\xff\xff\xff\xff\xc9\x0f\xda\xa2\x21\x68\xc2\x34\
    \xc4\xc6\x62\x8b\x80\xdc\x1c\xd1\x29\x02\x4e\x08\x8a\x67\xcc\x74\
    \x02\x0b\xbe\xa6\x3b\x13\x9b\x22\x51\x4a\x08\x79\x8e\x34\x04\xdd\
    \xef\x95\x19\xb3\xcd\x3a\x43\x1b\x30\x2b\x0a\x6d\xf2\x5f\x14\x37\
    \x4f\xe1\x35\x6d\x6d\x51\xc2\x45\xe4\x85\xb5\x76\x62\x5e\x7e\xc6\
    \xf4\x4c\x42\xe9\xa6\x37\xed\x6b\x0b\xff\x5c\xb6\xf4\x06\xb7\xed\
    \xee\x38\x6b\xfb\x5a\x89\x9f\xa5\xae\x9f\x24\x11\x7c\x4b\x1f\xe6\
    \x49\x28\x66\x51\xec\xe6\x53\x81\xff\xff\xff\xff\xff\xff\xff\xff";

/// Our half of an agreement.
pub struct Exchange {
    prime: BigUint,
    private: BigUint,
    /// What the other side is to know, big endian.
    pub public: Vec<u8>,
}

impl Exchange {
    pub fn new() -> Result<Self, KeyringError> {
        let prime = BigUint::from_bytes_be(&PRIME);
        let private = BigUint::from_bytes_be(&random::<128>()?);
        let public = BigUint::from(2_u8).modpow(&private, &prime).to_bytes_be();
        Ok(Self { prime, private, public })
    }

    /// The cipher agreed on with whoever sent `theirs`.
    pub fn agree(&self, theirs: &[u8]) -> Result<Cipher, KeyringError> {
        let theirs = BigUint::from_bytes_be(theirs);
        let one = BigUint::from(1_u8);
        // Anything else would make a secret that everybody knows.
        if theirs <= one || theirs >= &self.prime - &one {
            return Err(KeyringError::Failed("it offered a key that protects nothing".to_owned()));
        }
        let mut shared = theirs.modpow(&self.private, &self.prime).to_bytes_le();
        shared.resize(PRIME.len(), 0);
        shared.reverse();
        let mut key = [0; 16];
        Salt::new(HKDF_SHA256, &[])
            .extract(&shared)
            .expand(&[], Length)
            .and_then(|key_material| key_material.fill(&mut key))
            .map_err(|_| KeyringError::Failed("no key could be derived for it".to_owned()))?;
        Ok(Cipher(key))
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        16
    }
}

/// The agreed key.
pub struct Cipher([u8; 16]);

impl Cipher {
    /// A new initialisation vector, and `plain` encrypted with it.
    pub fn encrypt(&self, plain: &[u8]) -> Result<([u8; 16], Vec<u8>), KeyringError> {
        let vector = random::<16>()?;
        let cipher = cbc::Encryptor::<Aes128>::new(&self.0.into(), &vector.into());
        Ok((vector, cipher.encrypt_padded_vec::<Pkcs7>(plain)))
    }

    pub fn decrypt(&self, vector: &[u8], encrypted: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let failed = || KeyringError::Failed("what it sent cannot be decrypted".to_owned());
        let vector: [u8; 16] = vector.try_into().map_err(|_| failed())?;
        let cipher = cbc::Decryptor::<Aes128>::new(&self.0.into(), &vector.into());
        cipher.decrypt_padded_vec::<Pkcs7>(encrypted).map_err(|_| failed())
    }
}

fn random<const N: usize>() -> Result<[u8; N], KeyringError> {
    let mut bytes = [0; N];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(KeyringError::Failed("the system gave no random numbers".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Exchange, PRIME};

    #[test]
    fn two_sides_agree_and_a_third_reads_nothing() {
        let (one, other, third) =
            (Exchange::new().unwrap(), Exchange::new().unwrap(), Exchange::new().unwrap());
        let (ours, theirs) = (one.agree(&other.public).unwrap(), other.agree(&one.public).unwrap());
        let (vector, encrypted) = ours.encrypt(b"lmb_secret").unwrap();
        assert_eq!(theirs.decrypt(&vector, &encrypted).unwrap(), b"lmb_secret");
        assert_ne!(ours.encrypt(b"lmb_secret").unwrap().1, encrypted);
        let listener = third.agree(&other.public).unwrap();
        assert!(listener.decrypt(&vector, &encrypted).map_or(true, |text| text != b"lmb_secret"));
        assert!(theirs.decrypt(&vector[1..], &encrypted).is_err());
        assert!(theirs.decrypt(&vector, &encrypted[1..]).is_err());
    }

    #[test]
    fn a_key_that_makes_a_known_secret_is_refused() {
        let exchange = Exchange::new().unwrap();
        let mut last = PRIME;
        last[127] -= 1;
        for weak in [&[][..], &[0], &[1], &last, &PRIME] {
            assert!(exchange.agree(weak).is_err(), "{weak:?}");
        }
    }
}
