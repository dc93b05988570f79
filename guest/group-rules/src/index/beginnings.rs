//! Which of many texts does a value begin with? A compressed trie: a walk over the value, comparing what branches do not share once.

/// Texts by their bytes, each with a bit.
#[derive(Debug, Default)]
pub(super) struct Beginnings {
    /// The root comes first; the children of a node stand side by side, sorted by their first byte.
    nodes: Vec<Node>,
    /// The first byte of each node's label.
    firsts: Vec<u8>,
    labels: Vec<u8>,
    longest: usize,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    label: (u32, u32),
    children: (u32, u32),
    bit: u32,
}

const NONE: u32 = u32::MAX;

impl Beginnings {
    pub fn new(mut texts: Vec<(Box<[u8]>, u32)>) -> Self {
        texts.sort_unstable();
        let mut trie = Beginnings {
            longest: texts.iter().map(|(text, _)| text.len()).max().unwrap_or(0),
            ..Beginnings::default()
        };
        if texts.is_empty() {
            return trie;
        }
        // A node to be made, from texts that are alike up to a depth.
        let mut queue = std::collections::VecDeque::from([(texts.as_slice(), 0)]);
        trie.add_place(0);
        let mut place = 0;
        while let Some((texts, depth)) = queue.pop_front() {
            let shared = shared(texts);
            let label = texts.first().and_then(|(text, _)| text.get(depth..shared)).unwrap_or(&[]);
            let start = trie.labels.len() as u32;
            trie.labels.extend_from_slice(label);
            let (bit, rest) = match texts.split_first() {
                Some(((text, bit), rest)) if text.len() == shared => (*bit, rest),
                _ => (NONE, texts),
            };
            let byte = |(text, _): &(Box<[u8]>, u32)| text.get(shared).copied().unwrap_or(0);
            let children = trie.nodes.len() as u32;
            for group in rest.chunk_by(|a, b| byte(a) == byte(b)) {
                trie.add_place(group.first().map_or(0, byte));
                queue.push_back((group, shared));
            }
            let node =
                Node { label: (start, trie.labels.len() as u32), children: (children, trie.nodes.len() as u32), bit };
            if let Some(slot) = trie.nodes.get_mut(place) {
                *slot = node;
            }
            place += 1;
        }
        trie
    }

    fn add_place(&mut self, first: u8) {
        self.nodes.push(Node { label: (0, 0), children: (0, 0), bit: NONE });
        self.firsts.push(first);
    }

    /// Calls `yes` with the bit of each text that the value begins with.
    pub fn of(&self, value: &[u8], yes: &mut impl FnMut(u32)) {
        let mut rest = value;
        let mut next = self.nodes.first();
        while let Some(node) = next {
            let label = self.labels.get(node.label.0 as usize..node.label.1 as usize).unwrap_or(&[]);
            let Some(behind) = rest.strip_prefix(label) else { return };
            rest = behind;
            if node.bit != NONE {
                yes(node.bit);
            }
            let (from, to) = (node.children.0 as usize, node.children.1 as usize);
            let (Some(byte), Some(firsts)) = (rest.first(), self.firsts.get(from..to)) else { return };
            let Ok(place) = firsts.binary_search(byte) else { return };
            next = self.nodes.get(from + place);
        }
    }

    /// No text is longer, so no more of a value needs to be given.
    pub fn longest(&self) -> usize {
        self.longest
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.firsts.capacity() + self.labels.capacity()
    }
}

/// How many bytes sorted texts have in common at the beginning.
fn shared(texts: &[(Box<[u8]>, u32)]) -> usize {
    match (texts.first(), texts.last()) {
        (Some((first, _)), Some((last, _))) => first.iter().zip(last).take_while(|(a, b)| a == b).count(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(texts: &[&str], value: &str) -> Vec<u32> {
        let texts = texts.iter().enumerate().map(|(bit, text)| (text.as_bytes().into(), bit as u32)).collect();
        let mut found = Vec::new();
        Beginnings::new(texts).of(value.as_bytes(), &mut |bit| found.push(bit));
        found.sort_unstable();
        found
    }

    #[test]
    fn every_beginning_of_a_value_is_found() {
        let texts = ["", "a", "ab", "abc", "b", "ac", "ab\0", "moc.osotnoc."];
        for (value, expected) in [
            ("abcd", vec![0, 1, 2, 3]),
            ("", vec![0]),
            ("b", vec![0, 4]),
            ("ab\0", vec![0, 1, 2, 6]),
            ("x", vec![0]),
            ("moc.osotnoc.su", vec![0, 7]),
        ] {
            assert_eq!(found(&texts, value), expected, "{value:?}");
        }
        assert!(found(&[], "a").is_empty());
        assert!(found(&["a"], "").is_empty());
    }

    proptest! {
        #[test]
        fn it_agrees_with_asking_each_text(texts in proptest::collection::btree_set("[ab]{0,5}", 0..12), value in "[ab]{0,7}") {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let expected: Vec<u32> = (0..texts.len() as u32).filter(|bit| value.starts_with(texts[*bit as usize])).collect();
            prop_assert_eq!(found(&texts, &value), expected);
        }
    }
}
