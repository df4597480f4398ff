//! The simulator as a user runs it.

use std::process::Command;

#[test]
fn metec_goes_through_a_gateway_that_is_killed_three_times_and_nothing_is_lost() {
    for seed in ["1", "2"] {
        let output = Command::new(env!("CARGO_BIN_EXE_simulator"))
            .args(["metec", "--seed", seed, "--fault-every", "60"])
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let last = out.lines().last().unwrap_or_default();
        assert!(output.status.success(), "{out}\n{err}");
        assert!(
            last.starts_with("simulator: stations=9 kills=3 answered=44194 stored=44194 lost=0 foreign=0 "),
            "{last}"
        );
        let stations = out.lines().find(|line| line.starts_with("stations: ")).unwrap_or_default();
        assert!(!stations.contains(" 0 "), "a kind of fault was not tried: {stations}");
    }
}
