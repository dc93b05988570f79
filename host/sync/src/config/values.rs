//! What one TOML value can be read as.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::nearest::nearest;
use super::origin::{AddressError, BaseUrl, Origin};
use super::quantity::{ByteSize, Growth, Share, parse_duration};
use super::section::{FromToml, Wrong};
use super::text::quoted;

/// Makes an enum whose values are words of the file.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word that stands in the file.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::config::section::FromToml for $name {
            const EXPECTED: &'static str = concat!("a text, one of:" $(, " ", $word)+);
            fn from_toml(value: &toml::de::DeValue<'_>) -> Result<Self, $crate::config::section::Wrong> {
                match value.as_str() {
                    $(Some($word) => Ok(Self::$variant),)+
                    Some(other) => Err($crate::config::values::no_such_choice(other, &[$($word),+])),
                    None => Err($crate::config::section::Wrong::Type),
                }
            }
        }
    };
}
pub(super) use choice;

/// The error about a word that is none of the choices.
pub(super) fn no_such_choice(written: &str, choices: &[&str]) -> Wrong {
    let list = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(", ");
    let suggestion = nearest(written, choices.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
    Wrong::Value(format!("{} is none of {list}", quoted(written)), suggestion)
}

impl From<AddressError> for Wrong {
    fn from(error: AddressError) -> Self {
        Self::Value(error.message, error.suggestion)
    }
}

fn text<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Wrong> {
    value.as_str().ok_or(Wrong::Type)
}

fn whole(value: &DeValue<'_>) -> Result<i128, Wrong> {
    let integer = value.as_integer().ok_or(Wrong::Type)?;
    let too_large = || Wrong::Value("the number is too large".into(), None);
    i128::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| too_large())
}

fn fraction(value: &DeValue<'_>) -> Result<f64, Wrong> {
    let written = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return Err(Wrong::Type),
    };
    written.parse().map_err(|_| Wrong::Type)
}

impl FromToml for String {
    const EXPECTED: &'static str = "a text";
    /// A text that says something: an empty one is as if it were not there, and is refused so that nobody relies on either.
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match text(value)? {
            empty if empty.trim().is_empty() => Err(Wrong::Value("the text is empty".into(), None)),
            text => Ok(text.to_owned()),
        }
    }
}

impl FromToml for bool {
    const EXPECTED: &'static str = "true or false";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        value.as_bool().ok_or(Wrong::Type)
    }
}

impl FromToml for u32 {
    const EXPECTED: &'static str = "a whole number";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        Self::try_from(whole(value)?)
            .map_err(|_| Wrong::Value(format!("the number must be from 0 to {}", Self::MAX), None))
    }
}

impl FromToml for NonZeroU32 {
    const EXPECTED: &'static str = "a whole number";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let number = u32::try_from(whole(value)?).ok().and_then(Self::new);
        number.ok_or_else(|| Wrong::Value(format!("the number must be from 1 to {}", u32::MAX), None))
    }
}

impl FromToml for Share {
    const EXPECTED: &'static str = "a share from 0.0 to 1.0";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let number = fraction(value)?;
        Self::new(number).ok_or_else(|| {
            let percent = (1.0..=100.0).contains(&number).then(|| format!("for {number} % write {}", number / 100.0));
            Wrong::Value("a share is from 0.0 (nothing) to 1.0 (everything)".into(), percent)
        })
    }
}

impl FromToml for Growth {
    const EXPECTED: &'static str = "a growth such as 1.0, which is doubling";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let wrong = || Wrong::Value("a growth is 0.0 or more: 1.0 is doubling".into(), None);
        Self::new(fraction(value)?).ok_or_else(wrong)
    }
}

impl FromToml for Duration {
    const EXPECTED: &'static str = "a time span such as \"60 s\"";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let written = text(value)?;
        match parse_duration(written) {
            Some(Duration::ZERO) => Err(Wrong::Value("the time span must be longer than nothing".into(), None)),
            Some(span) => Ok(span),
            None => Err(Wrong::Value(
                format!("{} is no time span", quoted(written)),
                Some("write whole numbers with ms, s, min, h, days or weeks: \"90 s\", \"1 h 30 min\"".into()),
            )),
        }
    }
}

impl FromToml for ByteSize {
    const EXPECTED: &'static str = "a size such as \"64 MiB\"";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let written = text(value)?;
        Self::parse(written).ok_or_else(|| {
            Wrong::Value(
                format!("{} is no size", quoted(written)),
                Some("write a whole number with B, KiB, MiB or GiB: \"64 MiB\"".into()),
            )
        })
    }
}

impl FromToml for Origin {
    const EXPECTED: &'static str = "a text such as \"https://hr.example.org\"";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        Ok(Self::parse(text(value)?)?)
    }
}

impl FromToml for BaseUrl {
    const EXPECTED: &'static str = "a text such as \"https://gateway.example.org\"";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        Ok(Self::parse(text(value)?)?)
    }
}

impl FromToml for Time {
    const EXPECTED: &'static str = "a time of the day such as \"02:00\"";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        // TOML has times of its own (without quotation marks): what they say is as clear.
        let written = match value {
            DeValue::Datetime(time) if time.date.is_none() && time.offset.is_none() => time.to_string(),
            other => text(other)?.trim().to_owned(),
        };
        let wrong = || {
            let message = format!("{} is no time of the day", quoted(&written));
            Wrong::Value(message, Some("write hours from 00 to 23 and minutes: \"02:00\"".into()))
        };
        let (hours, rest) = written.split_once(':').ok_or_else(wrong)?;
        let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
        let part = |text: &str| {
            let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits { text.parse::<i8>().ok() } else { None }
        };
        let (Some(hours), Some(minutes), Some(seconds)) = (part(hours), part(minutes), part(seconds)) else {
            return Err(wrong());
        };
        Self::new(hours, minutes, seconds, 0).map_err(|_| wrong())
    }
}

impl FromToml for TimeZone {
    const EXPECTED: &'static str = "a text such as \"Europe/Paris\"";
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let written = text(value)?;
        if written == "UTC" {
            return Ok(Self::UTC);
        }
        Self::get(written).map_err(|_| {
            let known: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
            let suggestion = match nearest(written, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None if known.is_empty() => {
                    "this machine has no time zone database: install tzdata, or use \"UTC\"".into()
                }
                None => "write a name of the IANA time zone database, such as \"Europe/Paris\"".into(),
            };
            Wrong::Value(format!("there is no time zone {} on this machine", quoted(written)), Some(suggestion))
        })
    }
}
