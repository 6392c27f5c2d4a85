//! Archives that are hostile or damaged, read by the core itself. What they do to a database that is to be
//! restored is seen elsewhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use cutover_core::backup::Archive;
use cutover_tests::hostile::{self, outcome};

#[test]
fn every_archive_that_no_export_makes_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    let cases = hostile::cases(folder.path());
    for case in &cases {
        let (code, error) = outcome(&case.path);
        println!("{}: {error}", case.what);
        if code != case.code {
            wrong.push(format!("{}: {} expected, but {code}: {error}", case.what, case.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 100, "{} cases", cases.len());
}

#[test]
fn only_a_regular_file_is_an_archive() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("real.tar"), &hostile::good()[2]).expect("the file");
    symlink(path("real.tar"), path("link.tar")).expect("the link");
    assert!(Command::new("mkfifo").arg(path("pipe.tar")).status().is_ok_and(|status| status.success()));
    fs::create_dir(path("empty")).expect("the folder");
    for (name, code) in
        [("link.tar", "42809"), ("pipe.tar", "42809"), ("none.tar", "58P01"), ("empty", "58P01")]
    {
        assert_eq!(outcome(&path(name)).0, code, "{name}");
    }
    // In a folder they are left out.
    let archive = Archive::open(folder.path(), &mut || Ok(())).expect("one is left");
    assert_eq!(archive.path(), path("real.tar"));
    assert_eq!(archive.notes().len(), 2, "{:?}", archive.notes());
}
