//! Every scenario of `scenarios/` on both databases; see `README.md` there for how to add one.

include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));
