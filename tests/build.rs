//! One `#[test]` per folder of `scenarios/`: to add a scenario is to add a folder.

use std::{env, fs, path::Path};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("scenarios");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("tests/scenarios can be read")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    let tests: String = names
        .iter()
        .map(|n| format!("#[test]\nfn {n}() {{ cutover_tests::scenario::run(\"{n}\"); }}\n"))
        .collect();
    let target = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("scenarios.rs");
    fs::write(target, tests).expect("the list of scenarios can be written");
}
