//! Names with placeholders: `{department} in {city}`.

use std::fmt::Write;

/// A name with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The value of the attribute at this place.
    Value(usize),
}

/// Why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// One sentence.
    pub message: String,
    /// In characters from 0.
    pub position: usize,
    /// A placeholder that was meant but does not exist.
    pub unknown: Option<String>,
}

impl Template {
    /// Reads a template. `{{` and `}}` stand for the braces themselves.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().enumerate().peekable();
        while let Some((position, c)) = chars.next() {
            match c {
                '{' | '}' if chars.peek().is_some_and(|(_, next)| *next == c) => {
                    chars.next();
                    plain.push(c);
                }
                '{' => {
                    let mut name = String::new();
                    let closed = chars.by_ref().map(|(_, c)| c).any(|c| {
                        if c != '}' {
                            name.push(c);
                        }
                        c == '}'
                    });
                    let error = |message: String, unknown| Err(TemplateError { message, position, unknown });
                    if !closed {
                        return error("This placeholder is never closed: `}` is missing.".into(), None);
                    }
                    let Some(place) = names.iter().position(|known| *known == name.trim()) else {
                        return error(format!("There is no attribute `{name}` among `attributes`."), Some(name));
                    };
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Value(place));
                }
                '}' => {
                    let message = "A closing brace without an opening one; write `}}` for the brace itself.".to_owned();
                    return Err(TemplateError { message, position, unknown: None });
                }
                _ => plain.push(c),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Template { parts })
    }

    /// The values, joined by commas.
    pub fn of_all(count: usize) -> Self {
        let mut parts = Vec::new();
        for place in 0..count {
            if place > 0 {
                parts.push(Part::Text(", ".to_owned()));
            }
            parts.push(Part::Value(place));
        }
        Template { parts }
    }

    /// The text with these values.
    pub fn fill(&self, values: &[String]) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Value(place) => text.push_str(values.get(*place).map_or("", String::as_str)),
            }
        }
        text
    }

    /// True when the value at this place is shown.
    pub fn shows(&self, place: usize) -> bool {
        self.parts.contains(&Part::Value(place))
    }

    /// The text between the values: two templates with the same could make the same names.
    pub fn skeleton(&self) -> String {
        let mut skeleton = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => {
                    let _ = write!(skeleton, "{}:{plain}", plain.len());
                }
                Part::Value(_) => skeleton.push('*'),
            }
        }
        skeleton
    }

    /// True when other values could make the same text: one of them has in it what stands between them, or nothing does.
    pub fn is_ambiguous(&self, values: &[String]) -> bool {
        let values_shown = self.parts.iter().filter(|part| matches!(part, Part::Value(_))).count();
        let inner = self.parts.windows(3).filter_map(|window| match window {
            [Part::Value(_), Part::Text(plain), Part::Value(_)] => Some(plain),
            _ => None,
        });
        let separated = inner.clone().count() + 1 >= values_shown;
        values_shown > 1
            && (!separated || inner.into_iter().any(|plain| values.iter().any(|value| value.contains(plain.as_str()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["department", "city"];

    #[test]
    fn placeholders_are_filled() {
        let values = ["Sales".to_owned(), "Oslo".to_owned()];
        for (template, expected) in
            [("{department} in {city}", "Sales in Oslo"), ("{city}: {{{department}}}", "Oslo: {Sales}"), ("All", "All")]
        {
            assert_eq!(Template::parse(template, &NAMES).unwrap().fill(&values), expected);
        }
        assert_eq!(Template::of_all(2).fill(&values), "Sales, Oslo");
    }

    #[test]
    fn wrong_placeholders_are_pointed_at() {
        for (template, position, unknown) in
            [("In {ciyt}", 3, Some("ciyt")), ("é{city", 1, None), ("a}b", 1, None), ("{}", 0, Some(""))]
        {
            let error = Template::parse(template, &NAMES).unwrap_err();
            assert_eq!((error.position, error.unknown.as_deref()), (position, unknown), "{template}");
        }
    }

    #[test]
    fn values_that_could_be_mistaken_for_others_are_noticed() {
        let template = Template::parse("{department} in {city}", &NAMES).unwrap();
        let values = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert!(!template.is_ambiguous(&values("Sales", "Oslo")));
        assert!(template.is_ambiguous(&values("Sales in Training", "Oslo")));
        assert!(Template::parse("{department}{city}", &NAMES).unwrap().is_ambiguous(&values("a", "b")));
        assert!(!Template::of_all(1).is_ambiguous(&values("a, b", "")));
    }
}
