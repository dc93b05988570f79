//! What is drawn by lot.

use super::Evaluation;
use crate::environment::Environment;
use crate::language::fault::Fault;
use crate::program::Node;
use crate::value::Value;

/// The longest random text (Entra: "256 characters max").
const LONGEST: i64 = 256;

const DIGITS: &str = "0123456789";
/// Windows: "Password must meet complexity requirements", without the space.
const SPECIALS: &str = "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";

/// A random GUID (RFC 9562, version 4).
pub fn guid(environment: &dyn Environment) -> String {
    let mut bytes = [0; 16];
    environment.random(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let number = (number & !(0xf << 76) | 0x4 << 76) & !(0x3 << 62) | 0x2 << 62;
    let text = format!("{number:032x}");
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or("");
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// Whether the numbers of a `RandomString` (length, digits, specials, capitals, small letters) make sense.
pub fn check(numbers: &[i64]) -> Result<(), String> {
    let (length, minimums) = numbers.split_first().ok_or("RandomString needs a length")?;
    if !(1..=LONGEST).contains(length) {
        return Err(format!("the length of a random text is 1 to {LONGEST}, not {length}"));
    }
    if let Some(negative) = minimums.iter().find(|minimum| **minimum < 0) {
        return Err(format!("a minimum must not be negative; this is {negative}"));
    }
    let sum = minimums.iter().fold(0_i64, |sum, minimum| sum.saturating_add(*minimum));
    if sum > *length {
        return Err(format!("the minimums make {sum} characters, more than the length of {length}"));
    }
    Ok(())
}

impl<'a> Evaluation<'a> {
    pub(super) fn random_string(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let mut numbers = Vec::with_capacity(5);
        for position in 0..5 {
            numbers.push(self.needed_whole(node, position, "this number")?);
        }
        check(&numbers).map_err(|reason| Fault::at(node.span, reason))?;
        let avoid = self.text_of(node, 5)?.unwrap_or_default();
        let allowed = |letters: &str| letters.chars().filter(|letter| !avoid.contains(*letter)).collect::<Vec<char>>();
        let kinds = [allowed(DIGITS), allowed(SPECIALS), allowed(CAPITALS), allowed(SMALL)];
        let minimums: Vec<i64> = numbers.iter().skip(1).copied().collect();
        let mut lots = Lots { environment: self.environment, bytes: Vec::new() };
        let mut text = Vec::new();
        for (kind, minimum) in kinds.iter().zip(&minimums) {
            if *minimum > 0 && kind.is_empty() {
                return Err(Fault::at(self.span(node, 5), "nothing is left of a kind of characters that is needed"));
            }
            (0..*minimum).for_each(|_| text.extend(lots.pick(kind)));
        }
        let some = minimums.iter().any(|minimum| *minimum > 0);
        let fills = |kind: usize| minimums.get(kind).is_some_and(|minimum| *minimum > 0) || (!some && kind != 1);
        let filling: Vec<char> = kinds
            .iter()
            .enumerate()
            .filter(|(kind, _)| fills(*kind))
            .flat_map(|(_, letters)| letters.clone())
            .collect();
        let length = usize::try_from(numbers.first().copied().unwrap_or(0)).unwrap_or(0);
        while text.len() < length {
            let letter = lots.pick(&filling);
            text.push(letter.ok_or_else(|| Fault::at(self.span(node, 5), "no character is left to choose from"))?);
        }
        lots.shuffle(&mut text);
        Ok(Value::text(text.into_iter().collect::<String>()))
    }
}

/// Random numbers below a bound.
struct Lots<'a> {
    environment: &'a dyn Environment,
    bytes: Vec<u8>,
}

impl Lots<'_> {
    /// A number below `bound`, each as likely as the others: numbers of the last, incomplete round are drawn again.
    fn below(&mut self, bound: usize) -> usize {
        let Ok(bound) = u32::try_from(bound) else { return 0 };
        if bound < 2 {
            return 0;
        }
        let rounds = u32::MAX - u32::MAX % bound;
        // A source that gives the same number for ever must not hold us here.
        let mut number = 0;
        for _ in 0..64 {
            number = self.next();
            if number < rounds {
                break;
            }
        }
        (number % bound) as usize
    }

    fn next(&mut self) -> u32 {
        if self.bytes.len() < 4 {
            self.bytes = vec![0; 1024];
            self.environment.random(&mut self.bytes);
        }
        let rest = self.bytes.split_off(self.bytes.len() - 4);
        rest.try_into().map(u32::from_le_bytes).unwrap_or(0)
    }

    fn pick(&mut self, letters: &[char]) -> Option<char> {
        let index = self.below(letters.len());
        letters.get(index).copied()
    }

    fn shuffle(&mut self, letters: &mut [char]) {
        for last in (1..letters.len()).rev() {
            let other = self.below(last + 1);
            letters.swap(last, other);
        }
    }
}
