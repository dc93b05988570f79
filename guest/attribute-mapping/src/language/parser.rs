//! Tokens to a tree.
//!
//! The grammar, from the public function reference and our additions:
//!
//! ```text
//! expression = operand
//! operand    = [attribute] | "text" | number | vbTextCompare | vbBinaryCompare | call
//! call       = Name ( arguments )
//! arguments  = nothing | argument , argument ...
//! argument   = nothing | operand | operand comparison operand
//! ```

use super::catalogue::{self, Function};
use super::fault::{Fault, Span};
use super::lexer::{self, Placed, Token};
use super::syntax::{Call, CompareMethod, Comparison, Expression, Node};
use super::{DEEPEST_NESTING, LONGEST_EXPRESSION};
use rollcall_sdk::settings::nearest;

/// Reads an expression.
pub fn parse(source: &str) -> Result<Expression, Fault> {
    if let Some((end, _)) = source.char_indices().nth(LONGEST_EXPRESSION) {
        let length = source.chars().count();
        let message = format!("the expression has {length} characters; at most {LONGEST_EXPRESSION} are read");
        return Err(Fault::at(Span::new(end, end), message));
    }
    let tokens = lexer::tokens(source)?;
    let mut parser = Parser { source, tokens: &tokens, end: Span::new(source.trim_end().len(), source.len()) };
    let expression = parser.operand(0)?;
    match parser.tokens.first() {
        None => Ok(expression),
        Some(Placed { token: Token::Comparison(_), span }) => {
            let message = "a comparison stands only where a condition is expected, such as in IIF or CBool";
            Err(Fault::at(*span, message))
        }
        Some(placed) => Err(Fault::at(
            placed.span,
            format!("the expression should end here, not go on with {}", { placed.span.of(source) }),
        )),
    }
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Placed],
    end: Span,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.first().map(|placed| &placed.token)
    }

    /// The place of the next token, or the end of the expression.
    fn here(&self) -> Span {
        self.tokens.first().map_or(Span { end: self.end.start, ..self.end }, |placed| placed.span)
    }

    fn advance(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or(&[]);
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, Fault> {
        let span = self.here();
        let Some(token) = self.peek() else {
            return Err(Fault::at(span, "a function, an [attribute], a \"text\" or a number was expected here"));
        };
        let node = match token {
            Token::Attribute(name) => Node::Attribute(name.clone()),
            Token::Text(text) => Node::Text(text.clone()),
            Token::Integer(number) => Node::Integer(*number),
            Token::Number(number) => Node::Number(*number),
            Token::Name(name) => return self.named(name, span, depth),
            Token::Comparison(_) | Token::Comma | Token::Open | Token::Close => {
                let found = span.of(self.source);
                let message = format!("a function, an [attribute], a \"text\" or a number was expected, not '{found}'");
                return Err(Fault::at(span, message));
            }
        };
        self.advance();
        Ok(Expression { node, span })
    }

    /// A call, or one of the few words that stand alone.
    fn named(&mut self, name: &str, span: Span, depth: usize) -> Result<Expression, Fault> {
        self.advance();
        if self.peek() != Some(&Token::Open) {
            if let Some(method) = CompareMethod::named(name) {
                return Ok(Expression { node: Node::CompareMethod(method), span });
            }
            return Err(bare_word(name, span));
        }
        let function = Function::named(name).ok_or_else(|| unknown(name, span))?;
        if depth >= DEEPEST_NESTING {
            let message = format!("calls stand more than {DEEPEST_NESTING} deep in one another here");
            return Err(Fault::at(span, message));
        }
        let open = self.here();
        self.advance();
        let arguments = self.arguments(function, open, depth + 1)?;
        let close = self.here();
        self.advance();
        let call = Call { function, name: span, arguments };
        catalogue::check_count(&call, span.to(close))?;
        Ok(Expression { node: Node::Call(call), span: span.to(close) })
    }

    /// The arguments up to the closing parenthesis, which stays.
    fn arguments(&mut self, function: Function, open: Span, depth: usize) -> Result<Vec<Option<Expression>>, Fault> {
        let mut arguments = Vec::new();
        loop {
            let argument = match self.peek() {
                Some(Token::Comma | Token::Close) => None,
                None => return Err(unclosed(function, open)),
                Some(_) => Some(self.argument(depth)?),
            };
            arguments.push(argument);
            match self.peek() {
                Some(Token::Comma) => self.advance(),
                Some(Token::Close) => break,
                None => return Err(unclosed(function, open)),
                Some(_) => {
                    let here = self.here();
                    let message = format!(
                        "a comma or the closing parenthesis of {} was expected, not {}",
                        function.name(),
                        here.of(self.source)
                    );
                    return Err(Fault::at(here, message).suggesting(and_or(here.of(self.source))));
                }
            }
        }
        // `Now()` has no argument, and what is left out at the end says nothing.
        while arguments.last().is_some_and(Option::is_none) {
            arguments.pop();
        }
        Ok(arguments)
    }

    fn argument(&mut self, depth: usize) -> Result<Expression, Fault> {
        let left = self.operand(depth)?;
        let Some(Token::Comparison(sign)) = self.peek() else { return Ok(left) };
        let sign: Comparison = *sign;
        self.advance();
        let right = self.operand(depth)?;
        let span = left.span.to(right.span);
        Ok(Expression { node: Node::Comparison(sign, Box::new((left, right))), span })
    }
}

fn unclosed(function: Function, open: Span) -> Fault {
    Fault::at(open, format!("this parenthesis of {} is never closed", function.name()))
}

fn unknown(name: &str, span: Span) -> Fault {
    let message = format!("there is no function {name}");
    Fault::at(span, message).suggesting(nearest(name, Function::ALL.iter().map(|function| function.name())))
}

fn bare_word(name: &str, span: Span) -> Fault {
    let fault = |message: String| Fault::at(span, message);
    if Function::named(name).is_some() {
        return fault(format!("{name} is a function: its arguments follow in parentheses"))
            .suggesting(Some(format!("{name}(...)")));
    }
    if let Some(function) = nearest(name, Function::ALL.iter().map(|function| function.name())) {
        return fault(format!("{name} is no function")).suggesting(Some(format!("{function}(...)")));
    }
    fault(format!("{name} stands alone; an attribute stands in brackets and a text in quotation marks"))
        .suggesting(Some(format!("[{name}] or \"{name}\"")))
}

/// Entra's `IIF` has no logical operators; ours are functions.
fn and_or(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "and" => Some("And(..., ...)"),
        "or" => Some("Or(..., ...)"),
        "not" => Some("Not(...)"),
        _ => None,
    }
}
