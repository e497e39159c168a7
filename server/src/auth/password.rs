//! Password hashing: Argon2id with OWASP's minimum parameters, in memory that is used again.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{Output, PasswordHash, PasswordHasher, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Memory, KiB (OWASP password storage cheat sheet: 19 MiB, t=2, p=1).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The shortest password `pgdeck user add` takes.
pub const MIN_LENGTH: usize = 12;

/// Memory of hashes that have ended. The allocator of each thread would keep 19 MiB of its own, and
/// hashes run on any thread of the runtime. As many as run at once, so it does not grow.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Hashes a password with a fresh salt. Blocks for tens of milliseconds: not for an async task.
pub fn hash(password: &str) -> anyhow::Result<String> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = argon2()?.hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow::anyhow!("hashing failed: {error}"))?.to_string())
}

/// Verifies a password against a hash. Takes as long as hashing.
pub fn verify(password: &str, hash: &str) -> bool {
    let matches = || -> Option<bool> {
        let parsed = PasswordHash::new(hash).ok()?;
        let (salt, known) = (parsed.salt?, parsed.hash?);
        let given = output(&parsed, password, salt, known.len())?;
        // `Output` compares in constant time.
        Some(given == known)
    };
    matches().unwrap_or(false)
}

/// The hash of a password with the parameters and salt of another.
fn output(parsed: &PasswordHash<'_>, password: &str, salt: Salt<'_>, len: usize) -> Option<Output> {
    let params = Params::try_from(parsed).ok()?;
    let algorithm = Algorithm::try_from(parsed.algorithm).ok()?;
    let version = parsed.version.map_or(Some(Version::V0x13), |v| Version::try_from(v).ok())?;
    let mut buffer = [0_u8; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut buffer).ok()?;
    let mut memory = taken(params.block_count());
    let argon2 = Argon2::new(algorithm, version, params);
    let hashed = Output::init_with(len, |out| {
        let memory = memory.as_mut_slice();
        Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, memory)?)
    });
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    hashed.ok()
}

/// Memory of so many blocks: what an earlier hash has left, or new.
fn taken(blocks: usize) -> Vec<Block> {
    let left = MEMORY.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut memory = left.unwrap_or_default();
    memory.resize(blocks, Block::default());
    memory
}

fn argon2() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| anyhow::anyhow!("argon2 refuses its parameters: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_salted_and_verifies_only_its_password() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery", &hash));
        assert!(!verify("correct horse batterz", &hash));
        assert!(!verify("x", "not a hash"));
        assert_ne!(hash, super::hash("correct horse battery").unwrap());
    }

    #[test]
    fn memory_is_used_again_whatever_is_left_in_it() {
        let known = hash("correct horse battery").unwrap();
        for given in ["correct horse battery", "wrong", "correct horse battery"] {
            assert_eq!(verify(given, &known), given.starts_with("correct"));
        }
        assert!(MEMORY.lock().unwrap().len() <= 2, "tests of this file run at once");
    }
}
