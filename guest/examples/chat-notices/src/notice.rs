//! What a channel is told, in words.

/// What there is to tell of one operation.
pub enum News {
    /// Nothing, or nothing new.
    Nothing,
    /// A person who was not here before.
    Came(String),
    /// A person who is not here any more.
    Left(String),
    /// Anything else, as a sentence.
    Line(String),
}

/// The message for a batch; none when there is nothing to tell. With more people than `names` they are counted.
pub fn message(news: &[&News], names: usize) -> Option<String> {
    let of = |pick: fn(&News) -> Option<&str>| -> Vec<&str> { news.iter().filter_map(|news| pick(news)).collect() };
    let came = of(|news| if let News::Came(name) = news { Some(name) } else { None });
    let left = of(|news| if let News::Left(name) = news { Some(name) } else { None });
    let mut lines: Vec<String> = [(came, "is here now", "are here now"), (left, "has left", "have left")]
        .into_iter()
        .filter_map(|(people, one, several)| people_line(&people, names, one, several))
        .collect();
    lines.extend(of(|news| if let News::Line(line) = news { Some(line) } else { None }).into_iter().map(harmless));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn people_line(people: &[&str], names: usize, one: &str, several: &str) -> Option<String> {
    let named: Vec<String> = people.iter().map(|name| harmless(name)).collect();
    Some(match named.as_slice() {
        [] => return None,
        [name] => format!("{name} {one}."),
        many if many.len() > names => format!("{} people {several}.", many.len()),
        [first @ .., last] => format!("{} and {last} {several}.", first.join(", ")),
    })
}

/// A name as a chat shows it and as nothing else: nobody calls a whole channel by being called `@all` or `<!channel>`.
fn harmless(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@\u{200b}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(people: &[&str], names: usize) -> Option<String> {
        let news: Vec<News> = people.iter().map(|name| News::Came((*name).to_owned())).collect();
        message(&news.iter().collect::<Vec<_>>(), names)
    }

    #[test]
    fn few_are_named_and_many_are_counted() {
        assert_eq!(said(&[], 10), None);
        assert_eq!(said(&["Adele", "Alex", "Isaiah"], 10).unwrap(), "Adele, Alex and Isaiah are here now.");
        assert_eq!(said(&["Adele", "Alex", "Isaiah"], 2).unwrap(), "3 people are here now.");
    }

    #[test]
    fn a_name_calls_nobody() {
        assert_eq!(said(&["<!channel> @all"], 10).unwrap(), "&lt;!channel&gt; @\u{200b}all is here now.");
    }
}
