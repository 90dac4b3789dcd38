use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::snapshot::{Stage, name};
use crate::support::process::{Run, posix};

/// A set that comes up fast and has of everything: a claim, a volume, a Service, a namespace of its own.
const SET: &str = "sfs-nginx/volume";

/// How many runs are ended with each signal; `scripts/nightly` sets more.
fn rounds() -> u32 {
    number("STATEPROOF_LEAK_ROUNDS").map_or(3, |rounds| u32::try_from(rounds).unwrap())
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable}={value}")))
}

/// SIGINT and SIGTERM at random moments of a run: whenever they come, nothing is left.
#[test]
fn a_signal_at_a_random_moment_leaves_nothing() {
    let seed = number("STATEPROOF_LEAK_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos())
    });
    println!("STATEPROOF_LEAK_SEED={seed}");
    let stage = Stage::enter();
    let name = name();
    let start = || Run::start(&["--name", &name, "--keep", "--drill", "lose-pod"], SET);
    // How long a run takes here and now; and what every run shares is there afterwards.
    let begun = Instant::now();
    assert_eq!(start().ended(), Some(0));
    let usual = begun.elapsed();
    println!("a whole run takes {usual:?}");
    let before = stage.look();
    let mut random = seed;
    for round in 0..rounds() {
        for signal in [posix::INT, posix::TERM] {
            let mut moment = usual.mul_f64(fraction(&mut random));
            loop {
                let mut run = start();
                let said = run.let_run(moment);
                let exit = run.signal(signal);
                println!("round {round}: SIG{signal} after {moment:?}: {exit:?}");
                let left = stage.left(&before);
                assert!(
                    left.is_empty(),
                    "SIG{signal} after {moment:?}, seed {seed}: {left:?}"
                );
                if exit != Some(0) {
                    // Before the handler is there, the signal itself ends the process; nothing is said or made by then.
                    let early = exit.is_none() && !said;
                    assert!(
                        early || exit == Some(130),
                        "SIG{signal} after {moment:?}: {exit:?}"
                    );
                    break;
                }
                // It was faster this time: that was no interruption.
                moment /= 2;
            }
        }
    }
}

/// The next number of at least 0 and less than 1 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014: `SplitMix64`).
fn fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let high = u32::try_from((z ^ (z >> 31)) >> 32).unwrap();
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}
