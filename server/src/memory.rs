//! What large answers took in memory goes back to the system.
//!
//! glibc maps blocks from 128 KiB on by themselves, and gives them back when they are freed; but the first one that is
//! freed raises that size, up to 32 MiB (mallopt(3), `M_MMAP_THRESHOLD`). From then on answers of some megabytes lie
//! between small blocks, which keep their pages. Only the environment sets the size without unsafe code.

use std::os::unix::process::CommandExt;

/// Of glibc's settings at the start of a program (manual: *Memory Allocation Tunables*).
const VARIABLE: &str = "GLIBC_TUNABLES";
/// The size with which glibc begins; set, it stays.
const SETTING: &str = "glibc.malloc.mmap_threshold=131072";

/// Starts this program once more in the same process, with that size set. Does nothing where another allocator is used,
/// where somebody set how memory is handed out, and where it cannot be done.
pub fn give_back() {
    let is_glibc = cfg!(all(target_os = "linux", target_env = "gnu"));
    if !is_glibc || std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // It returns only where it failed: then memory is handed out as usual.
    let _ = again.args(arguments).env(VARIABLE, SETTING).exec();
}
