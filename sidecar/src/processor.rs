//! Whether this processor can run what was built.
//!
//! The build aims at processors with AVX2 and BMI2 (`.cargo/config.toml`). On an
//! older one the program would die of an illegal instruction somewhere in a
//! scan, without a word; so the first thing it does is to look. Where the system
//! does not tell, nothing is said.

/// What the build needs and the processor lacks, if it is known.
pub fn missing() -> Option<&'static str> {
    if cfg!(not(all(
        target_arch = "x86_64",
        target_feature = "avx2",
        target_os = "linux"
    ))) {
        return None;
    }
    // The macro of the standard library knows the build's own answer and gives
    // that. The kernel's is about the machine; its first lines are enough, and on
    // a machine of 256 processors the whole file takes milliseconds.
    let mut begin = Vec::with_capacity(CPUINFO_BYTES as usize);
    let file = std::fs::File::open("/proc/cpuinfo").ok()?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, CPUINFO_BYTES), &mut begin).ok()?;
    lacking(&String::from_utf8_lossy(&begin))
}

/// More than the description of one processor.
const CPUINFO_BYTES: u64 = 8 << 10;

fn lacking(cpuinfo: &str) -> Option<&'static str> {
    let flags = cpuinfo.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "flags").then_some(value)
    })?;
    ["avx2", "bmi2", "fma"]
        .into_iter()
        .find(|feature| !flags.split_ascii_whitespace().any(|flag| flag == *feature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_understood() {
        let told = |flags: &str| format!("processor\t: 0\nflags\t\t: fpu {flags}\nbugs\t\t:\n");
        assert_eq!(lacking(&told("avx2 bmi2 fma sse2")), None);
        assert_eq!(lacking(&told("avx bmi2 fma")), Some("avx2"));
        assert_eq!(lacking(&told("avx2 bmi1 fma")), Some("bmi2"));
        assert_eq!(lacking("processor: 0\n"), None);
    }

    #[test]
    fn tests_run_where_the_build_can_run() {
        assert_eq!(missing(), None);
    }
}
