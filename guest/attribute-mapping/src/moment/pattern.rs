//! .NET format strings for dates and times ("Custom date and time format strings", "Standard date and time format strings").
//!
//! A format string of one character is a standard format; the patterns are those of en-US, as in Entra's `M/d/yyyy h:mm:ss
//! tt`. Anything longer is a custom format.

/// A part of a pattern. A number says how often the letter stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// `y`, `yy`, `yyyy`
    Year(usize),
    /// `M`, `MM`, `MMM` (Jan), `MMMM` (January)
    Month(usize),
    /// `d`, `dd`
    Day(usize),
    /// `ddd` (Mon), `dddd` (Monday)
    Weekday(usize),
    /// `H`, `HH`: 0 to 23
    Hour24(usize),
    /// `h`, `hh`: 1 to 12
    Hour12(usize),
    /// `m`, `mm`
    Minute(usize),
    /// `s`, `ss`
    Second(usize),
    /// `f` to `fffffff`
    Fraction(usize),
    /// `F` to `FFFFFFF`: without zeros at the end, and without the point before it when nothing is left
    ShortFraction(usize),
    /// `t` (A), `tt` (AM)
    HalfOfDay(usize),
    /// `z` (+1), `zz` (+01), `zzz` (+01:00)
    Offset(usize),
    /// `K`: `Z` for UTC, an offset, or nothing
    Zone,
    /// `g`: A.D.
    Era,
    /// Anything else, itself.
    Literal(char),
}

/// A format string that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

/// What is wrong with a format string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongPattern {
    /// It has no character.
    #[error("the format is empty; a format reads yyyy-MM-dd, for example")]
    Empty,
    /// One character that is no standard format.
    #[error("'{0}' is no standard format; alone, a custom format letter is written %{0}")]
    Standard(char),
    /// `\` or `%` with nothing behind it, or `%%`.
    #[error("'{0}' at the end of the format escapes nothing")]
    Dangling(char),
    /// A quotation that does not end.
    #[error("the quotation that begins with {0} has no end")]
    OpenQuote(char),
    /// More than seven digits of a second's fraction.
    #[error("a fraction of a second has at most seven digits (fffffff)")]
    LongFraction,
}

/// The standard formats, for en-US.
const STANDARD: [(&str, &str); 17] = [
    ("d", "M/d/yyyy"),
    ("D", "dddd, MMMM d, yyyy"),
    ("f", "dddd, MMMM d, yyyy h:mm tt"),
    ("F", "dddd, MMMM d, yyyy h:mm:ss tt"),
    ("U", "dddd, MMMM d, yyyy h:mm:ss tt"),
    ("g", "M/d/yyyy h:mm tt"),
    ("G", "M/d/yyyy h:mm:ss tt"),
    ("m", "MMMM d"),
    ("M", "MMMM d"),
    ("o", "yyyy-MM-ddTHH:mm:ss.fffffffK"),
    ("O", "yyyy-MM-ddTHH:mm:ss.fffffffK"),
    ("s", "yyyy-MM-ddTHH:mm:ss"),
    ("t", "h:mm tt"),
    ("T", "h:mm:ss tt"),
    ("u", "yyyy-MM-dd HH:mm:ss'Z'"),
    ("y", "MMMM yyyy"),
    ("Y", "MMMM yyyy"),
];

impl Pattern {
    /// Reads a format string.
    pub fn read(format: &str) -> Result<Self, WrongPattern> {
        let mut characters = format.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Err(WrongPattern::Empty),
            (Some('r' | 'R'), None) => Self::custom("ddd, dd MMM yyyy HH:mm:ss 'GMT'"),
            (Some(only), None) => {
                let standard = STANDARD.iter().find(|(name, _)| *name == format);
                standard.map_or(Err(WrongPattern::Standard(only)), |(_, custom)| Self::custom(custom))
            }
            _ => Self::custom(format),
        }
    }

    /// Its parts.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    fn custom(format: &str) -> Result<Self, WrongPattern> {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some(letter) = rest.chars().next() {
            let after = rest.get(letter.len_utf8()..).unwrap_or("");
            let (piece, left) = match letter {
                'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'f' | 'F' | 't' | 'z' | 'g' | 'K' => repeated(letter, rest)?,
                '\'' | '"' => {
                    rest = quoted(letter, after, &mut pieces)?;
                    continue;
                }
                '\\' => {
                    let escaped = after.chars().next().ok_or(WrongPattern::Dangling('\\'))?;
                    (Piece::Literal(escaped), after.get(escaped.len_utf8()..).unwrap_or(""))
                }
                '%' if after.is_empty() || after.starts_with('%') => return Err(WrongPattern::Dangling('%')),
                '%' => {
                    rest = after;
                    continue;
                }
                other => (Piece::Literal(other), after),
            };
            pieces.push(piece);
            rest = left;
        }
        Ok(Self { pieces })
    }
}

fn repeated(letter: char, rest: &str) -> Result<(Piece, &str), WrongPattern> {
    let left = if letter == 'K' { rest.get(1..).unwrap_or("") } else { rest.trim_start_matches(letter) };
    let count = rest.len() - left.len();
    let piece = match letter {
        'y' => Piece::Year(count),
        'M' => Piece::Month(count),
        'd' if count > 2 => Piece::Weekday(count),
        'd' => Piece::Day(count),
        'H' => Piece::Hour24(count),
        'h' => Piece::Hour12(count),
        'm' => Piece::Minute(count),
        's' => Piece::Second(count),
        'f' | 'F' if count > 7 => return Err(WrongPattern::LongFraction),
        'f' => Piece::Fraction(count),
        'F' => Piece::ShortFraction(count),
        't' => Piece::HalfOfDay(count),
        'z' => Piece::Offset(count),
        'g' => Piece::Era,
        _ => Piece::Zone,
    };
    Ok((piece, left))
}

/// The text between quotation marks, in which a backslash escapes; answers what follows it.
fn quoted<'a>(quote: char, text: &'a str, pieces: &mut Vec<Piece>) -> Result<&'a str, WrongPattern> {
    let mut characters = text.char_indices();
    while let Some((offset, c)) = characters.next() {
        match c {
            c if c == quote => return Ok(text.get(offset + 1..).unwrap_or("")),
            '\\' => {
                let (_, escaped) = characters.next().ok_or(WrongPattern::Dangling('\\'))?;
                pieces.push(Piece::Literal(escaped));
            }
            c => pieces.push(Piece::Literal(c)),
        }
    }
    Err(WrongPattern::OpenQuote(quote))
}
