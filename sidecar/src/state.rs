//! The state folder: one master key, from which all other keys come.
//!
//! The key is made at the first start and readable by its owner alone. Every
//! other key is derived from it (HKDF-SHA-256) under a name of its own, so none
//! of them tells anything about another, and one file is all there is to guard.
//! Without a state folder the master key lives as long as the process: hashes
//! and fingerprints then differ from start to start.
//!
//! Sealing old snapshots and rotating the key are not this module's business.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use sha2::Sha256;

/// The file of the master key, in the state folder.
const MASTER_KEY: &str = "master.key";

/// Ties derived keys to this program; a new version of the scheme gets a new one.
const SALT: &[u8] = b"lockgate keys v1";

/// The key that all others come from.
pub struct Master([u8; 32]);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder or the file cannot be read or made.
    #[error("cannot use {path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Others than the owner can read the key.
    #[error(
        "{path} can be read by others (mode {mode:03o}); after `chmod 600` treat the key as known, or remove it to have a new one made"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is no key.
    #[error(
        "{path} does not hold 64 hexadecimal digits; restore it from a copy, or remove it to have a new one made"
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    NoRandom,
}

impl Master {
    /// The key of this folder, made if there is none yet.
    pub fn of(folder: &Path) -> Result<Master, StateError> {
        let wrong = |path: &Path| {
            let path = path.to_owned();
            move |error| StateError::Io { path, error }
        };
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(wrong(folder))?;
            fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(wrong(folder))?;
        }
        let path = folder.join(MASTER_KEY);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let mode = fs::metadata(&path)
                    .map_err(wrong(&path))?
                    .permissions()
                    .mode()
                    & 0o777;
                if mode & 0o077 != 0 {
                    return Err(StateError::Open { path, mode });
                }
                match unhex(text.trim_end()) {
                    Some(key) => Ok(Master(key)),
                    None => Err(StateError::NotAKey { path }),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let master = Master::ephemeral()?;
                // Written aside and linked into place: a crash leaves no half a
                // key, and of two first starts at once only one wins.
                let aside = folder.join(format!("{MASTER_KEY}.{}", std::process::id()));
                let written = (|| {
                    let mut file = OpenOptions::new()
                        .write(true)
                        .create(true)
                        .truncate(true)
                        .mode(0o600)
                        .open(&aside)?;
                    file.write_all(hex(&master.0).as_bytes())?;
                    file.write_all(b"\n")?;
                    file.sync_all()?;
                    fs::hard_link(&aside, &path)
                })();
                let _ = fs::remove_file(&aside);
                match written {
                    Ok(()) => Ok(master),
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        Master::of(folder)
                    }
                    Err(error) => Err(wrong(&path)(error)),
                }
            }
            Err(error) => Err(wrong(&path)(error)),
        }
    }

    /// A key that is forgotten with the process.
    pub fn ephemeral() -> Result<Master, StateError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| StateError::NoRandom)?;
        Ok(Master(key))
    }

    /// The key of this name.
    pub fn derive(&self, name: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // 32 bytes are far below HKDF's limit of 255 blocks, its only error.
        let _ = Hkdf::<Sha256>::new(Some(SALT), &self.0).expand(name.as_bytes(), &mut key);
        key
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// What exactly `2 * N` hexadecimal digits, of any case, stand for.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_private() {
        let folder = std::env::temp_dir().join(format!("lockgate-state-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let first = Master::of(&folder).unwrap();
        let second = Master::of(&folder).unwrap();
        assert_eq!(first.derive("a"), second.derive("a"));
        assert_ne!(first.derive("a"), first.derive("b"));
        let path = folder.join(MASTER_KEY);
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);

        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Master::of(&folder),
            Err(StateError::Open { mode: 0o644, .. })
        ));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short\n").unwrap();
        assert!(matches!(
            Master::of(&folder),
            Err(StateError::NotAKey { .. })
        ));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn derivation_is_rfc_5869() {
        // A change here makes every recorded fingerprint worthless.
        let okm = Master([7; 32]).derive("fingerprint");
        let mut by_hand = [0; 32];
        let (prk, _) = Hkdf::<Sha256>::extract(Some(SALT), &[7; 32]);
        Hkdf::<Sha256>::from_prk(&prk)
            .unwrap()
            .expand(b"fingerprint", &mut by_hand)
            .unwrap();
        assert_eq!(okm, by_hand);
    }

    #[test]
    fn hexadecimal_both_ways() {
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
        assert_eq!(unhex::<3>("00FF10"), Some([0, 255, 16]));
        assert_eq!(unhex::<3>("00ff1"), None);
        assert_eq!(unhex::<3>("00ff1g"), None);
        assert_eq!(unhex::<2>("é00"), None);
    }
}
