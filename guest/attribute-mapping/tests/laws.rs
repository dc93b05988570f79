//! What must hold for every expression and every person. (`tests/fuzz` mutates both without end.)

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use attribute_mapping::environment::Alone;
use attribute_mapping::language::catalogue::{Function, Kind};
use attribute_mapping::language::fault::Span;
use attribute_mapping::language::parser::parse;
use attribute_mapping::language::syntax::{Call, CompareMethod, Comparison, Expression, Node};
use attribute_mapping::moment::Moment;
use attribute_mapping::phone::region::Region;
use attribute_mapping::trial::{Knowledge, run};
use proptest::prelude::*;

fn alone() -> Alone {
    Alone { now: Moment::read("2026-11-23T06:30:00Z").unwrap(), seed: 42 }
}

fn bare(node: Node) -> Expression {
    Expression { node, span: Span::default() }
}

fn attribute() -> impl Strategy<Value = Expression> {
    let known = ["a", "b", "list", "n", "o.p", "date", "mobilePhone", "extensionAttribute3", "Größe x", "missing"];
    prop::sample::select(known.to_vec()).prop_map(|name| bare(Node::Attribute(name.to_owned())))
}

fn text() -> impl Strategy<Value = Expression> {
    let chosen = prop::sample::select(vec![
        "",
        " ",
        ",",
        "yyyy-MM-dd",
        "d",
        "\\d+",
        "(?<x>a)",
        "x",
        "${x}",
        "2024-02-29",
        "True",
        "US",
        "-7",
        "1.5",
        "\"\\",
        "İıß😀e\u{301}",
        "regions",
    ]);
    prop_oneof![chosen.prop_map(str::to_owned), ".{0,12}"].prop_map(|text| bare(Node::Text(text)))
}

fn leaf() -> impl Strategy<Value = Expression> {
    prop_oneof![
        3 => attribute(),
        3 => text(),
        1 => any::<i64>().prop_map(|number| bare(Node::Integer(number))),
        1 => (-20_i64..300).prop_map(|number| bare(Node::Integer(number))),
        1 => (-1e12..1e12_f64).prop_map(|number| bare(Node::Number(number))),
    ]
}

/// A call with as many arguments as its function takes; what stands where is left to chance.
fn call(argument: impl Strategy<Value = Expression> + Clone + 'static) -> impl Strategy<Value = Expression> {
    let comparison = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let condition = (argument.clone(), comparison, argument.clone())
        .prop_map(|(left, sign, right)| bare(Node::Comparison(sign, Box::new((left, right)))));
    let arguments = prop::collection::vec((argument, condition, 0..10_u8), 7);
    (prop::sample::select(Function::ALL.to_vec()), arguments, 0..3_usize).prop_map(|(function, given, more)| {
        let entry = function.entry();
        let repeated = entry.repeats_from.map_or(0, |from| more * (entry.parameters.len() - from).max(1));
        let count = (entry.parameters.len() + repeated).min(given.len());
        let count = if function == Function::Switch { count - count % 2 } else { count };
        let mut arguments: Vec<Option<Expression>> = given
            .into_iter()
            .take(count)
            .enumerate()
            .map(|(position, (argument, condition, lot))| {
                let parameter = function.parameter(position)?;
                match parameter.kind {
                    Kind::Condition if lot < 6 => Some(condition),
                    Kind::Compare if lot < 5 => Some(bare(Node::CompareMethod(CompareMethod::Text))),
                    _ if !parameter.required && lot < 5 => None,
                    _ => Some(argument),
                }
            })
            .collect();
        while arguments.last().is_some_and(Option::is_none) {
            arguments.pop();
        }
        bare(Node::Call(Call { function, name: Span::default(), arguments }))
    })
}

fn expression() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(4, 40, 5, |inner| call(inner.boxed()))
}

const PERSON: &str = r#"{"a":"Zoë O'Neill","b":"","list":["x","y","x"],"n":7,"o":{"p":"deep"},"date":"2024-02-29T10:00:00Z",
    "mobilePhone":"+1 425 555 0109","usageLocation":"US","onPremisesExtensionAttributes":{"extensionAttribute3":"20240229"}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_printed_reads_back_as_the_same(expression in expression()) {
        let printed = expression.to_string();
        // Some are refused for what they say (too few pairs, for example); proptest gives up if these are many.
        let parsed = parse(&printed);
        prop_assume!(parsed.is_ok());
        let parsed = parsed.unwrap();
        prop_assert_eq!(&parsed, &expression);
        prop_assert_eq!(parsed.to_string(), printed);
    }

    #[test]
    fn every_expression_comes_to_a_value_or_a_fault(expression in expression()) {
        let source = expression.to_string();
        let knowledge = Knowledge { default_region: Region::named("US"), ..Knowledge::default() };
        let trial = run(&source, PERSON, &knowledge, &alone());
        if let Err(fault) = &trial.value {
            prop_assert!(!fault.message.is_empty());
            prop_assert!(fault.position(&source) as usize <= source.chars().count());
            prop_assert!(fault.under(&source).to_string().lines().count() >= 3);
        }
    }

    #[test]
    fn the_same_person_gives_the_same_value(expression in expression()) {
        let source = expression.to_string();
        let once = run(&source, PERSON, &Knowledge::default(), &alone());
        let again = run(&source, PERSON, &Knowledge::default(), &alone());
        prop_assert_eq!(once.value, again.value);
    }

    #[test]
    fn no_text_makes_the_parser_panic(source in ".{0,200}") {
        let _ = parse(&source);
    }

    #[test]
    fn no_person_makes_the_evaluation_panic(json in ".{0,100}", value in ".{0,30}") {
        let person = serde_json::json!({ "a": value, "list": [value, 1, null], "o": { "p": value } }).to_string();
        for source in ["PCase([a])", "NormalizeDiacritics([a])", "Word([a], 2, \" \")", "CDate([a])", "PhoneE164([a], \"US\")",
            "ToUpper([a], \"lt\")", "Mid([a], 2, 3)", "Split([a], [o.p])", "Replace([a], , \"(\\\\w)\", , \"$1$1\")",
            "InStr([a], [o.p], 1, vbTextCompare)", "FormatDateTime([a], , \"M/d/yy\", [o.p])", "Left([list], 2)",
            "CBool([a] < [o.p])", "DateAdd(\"m\", [a], Now())", "NumFromDate([a])", "BitAnd([a], 1)"] {
            let _ = run(source, &person, &Knowledge::default(), &alone());
            let _ = run(source, &json, &Knowledge::default(), &alone());
        }
    }

    #[test]
    fn a_date_survives_printing_and_reading(seconds in -62_135_596_800_i64..253_402_300_799) {
        use attribute_mapping::moment::{exact::Styles, pattern::Pattern};
        let moment = Moment::from_unix(seconds).unwrap();
        prop_assert_eq!(Moment::read(&moment.to_string()), Some(moment));
        prop_assert_eq!(Moment::read(&moment.rfc3339()), Some(moment));
        for format in ["o", "s", "R", "yyyy-MM-ddTHH:mm:sszzz", "d MMMM yyyy h:mm:ss tt", "dddd, dd MMM yyyy HH:mm:ss.FFF"] {
            let pattern = Pattern::read(format).unwrap();
            let read = Moment::read_exact(&moment.print(&pattern), &pattern, Styles::ENTRA, moment);
            prop_assert_eq!(read, Some(moment), "{}", format);
        }
    }
}

#[test]
fn the_longest_and_the_deepest_expression_are_read_and_the_next_is_refused() {
    let longest = format!("\"{}\"", "x".repeat(9_998));
    assert!(parse(&longest).is_ok());
    let message = parse(&format!("{longest} ")).unwrap_err().message;
    assert_eq!(message, "the expression has 10001 characters; at most 10000 are read");
    let deep = |levels: usize| format!("{}\"x\"{}", "ToLower(".repeat(levels), ")".repeat(levels));
    assert!(run(&deep(100), "{}", &Knowledge::default(), &alone()).value.is_ok());
    assert_eq!(parse(&deep(101)).unwrap_err().message, "calls stand more than 100 deep in one another here");
}

#[test]
fn a_chain_that_multiplies_its_text_ends_with_a_fault() {
    let source =
        (0..20).fold("\"aaaaaaaaaa\"".to_owned(), |inner, _| format!("Replace({inner}, \"a\", , , \"aaaaaaaaaa\")"));
    let fault = run(&source, "{}", &Knowledge::default(), &alone()).value.unwrap_err();
    assert_eq!(fault.message, "this makes a text that is too long (more than 65536 bytes)");
    let source = (0..20)
        .fold("\"aaaaaaaaaa\"".to_owned(), |inner, _| format!("Replace({inner}, , \"a\", , \"$&$&$&$&$&$&$&$&\")"));
    assert!(run(&source, "{}", &Knowledge::default(), &alone()).value.is_err());
}

/// A component has half a megabyte of stack (wasmtime's default), and its host some of that.
#[test]
fn the_deepest_expressions_need_less_than_half_of_a_components_stack() {
    let nested = |open: &str, close: &str| format!("{}\"x\"{}", open.repeat(100), close.repeat(100));
    let sources = [
        nested("ToLower(", ")"),
        nested("IIF([a] = \"\", \"\", ", ")"),
        nested("Coalesce([missing], ", ")"),
        nested("Switch([a], ", ", \"k\", \"v\")"),
        nested("Join(\",\", ", ")"),
        nested("Replace(", ", \"y\", , , \"z\")"),
    ];
    for source in sources {
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
            assert!(run(&source, PERSON, &Knowledge::default(), &alone()).value.is_ok(), "{source}");
        });
        thread.unwrap().join().unwrap();
    }
}
