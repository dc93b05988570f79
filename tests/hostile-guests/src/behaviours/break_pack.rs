//! Answers in packed form, and breaks it.

use crate::component::Pack;

pub(super) fn run(_: &str) -> String {
    "this is not packed".to_owned()
}

/// The pack that is asked for.
pub(crate) fn pack(argument: &str) -> Pack {
    let pack = |marks: Vec<u32>, texts: &str| Pack {
        marks,
        texts: texts.to_owned(),
        integers: Vec::new(),
        numbers: Vec::new(),
    };
    match argument {
        "a huge count" => pack(vec![0xffff_fff9], ""),
        "half a character" => pack(vec![10 + 16], "\u{e9}"),
        "nothing but rows" => pack(vec![9; 4 << 20], ""),
        "something left over" => pack(vec![10], "more"),
        _ => pack(Vec::new(), ""),
    }
}
