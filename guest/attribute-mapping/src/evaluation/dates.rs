//! The functions that take or make dates.

use super::Evaluation;
use crate::compile::shown;
use crate::language::fault::Fault;
use crate::moment::exact::Styles;
use crate::moment::interval::Interval;
use crate::moment::pattern::Pattern;
use crate::moment::{Moment, Zone};
use crate::program::{Kind, Node};
use crate::value::Value;

impl<'a> Evaluation<'a> {
    pub(super) fn cdate(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        Ok(self.date_of(node, 0)?.map_or(Value::Null, |moment| Value::Moment(moment.in_zone(Zone::Utc))))
    }

    fn interval(&self, node: &'a Node) -> Result<Interval, Fault> {
        if let Some(Node { kind: Kind::Interval(interval), .. }) = node.argument(0) {
            return Ok(*interval);
        }
        let name = self.text_of(node, 0)?.unwrap_or_default();
        let message = || format!("the interval is one of yyyy, m, d, ww, h, n and s, not \"{}\"", shown(&name));
        Interval::named(&name).ok_or_else(|| Fault::at(self.span(node, 0), message()))
    }

    pub(super) fn date_add(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let interval = self.interval(node)?;
        let missing = || Fault::at(self.span(node, 1), "the number of intervals (value) has no value");
        let count = self.number_of(node, 1)?.ok_or_else(missing)?;
        let Some(date) = self.date_of(node, 2)? else { return Ok(Value::Null) };
        let outside = || Fault::at(node.span, "the result is outside of the years 1 to 9999");
        date.plus(interval, count).map(Value::Moment).ok_or_else(outside)
    }

    pub(super) fn date_diff(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let interval = self.interval(node)?;
        let (from, to) = (self.date_of(node, 1)?, self.date_of(node, 2)?);
        Ok(from.zip(to).map_or(Value::Null, |(from, to)| Value::Integer(from.count_to(to, interval))))
    }

    pub(super) fn date_from_num(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let Some(number) = self.whole_of(node, 0)? else { return Ok(Value::Null) };
        let message = "this is no Windows file time of the years 1601 to 9999";
        Moment::from_file_time(number).map(Value::Moment).ok_or_else(|| Fault::at(self.span(node, 0), message))
    }

    pub(super) fn num_from_date(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let Some(date) = self.date_of(node, 0)? else { return Ok(Value::Null) };
        let before = || Fault::at(self.span(node, 0), "Windows file times begin with the year 1601");
        date.file_time().map(Value::Integer).ok_or_else(before)
    }

    pub(super) fn format_date_time(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let source = self.given_value(node, 0)?;
        let styles = match node.argument(1) {
            None => Styles::ENTRA,
            Some(Node { kind: Kind::Styles(styles), .. }) => *styles,
            Some(argument) => {
                let text = self.text_of(node, 1)?.unwrap_or_default();
                let message = || format!("\"{}\" names no DateTimeStyles such as \"AssumeUniversal\"", shown(&text));
                match text.trim() {
                    "" => Styles::ENTRA,
                    text => Styles::named(text).ok_or_else(|| Fault::at(argument.span, message()))?,
                }
            }
        };
        let moment = if let Value::Moment(moment) = source {
            moment
        } else {
            let span = self.span(node, 0);
            let Some(text) = self.text_from(source, span)?.filter(|text| !text.trim().is_empty()) else {
                return Ok(Value::Null);
            };
            let read = self
                .with_format(node, 2, |pattern| Moment::read_exact(&text, pattern, styles, self.environment.now()))?;
            let message = || format!("\"{}\" is no date of the input format", shown(&text));
            read.ok_or_else(|| Fault::at(span, message()))?
        };
        self.with_format(node, 3, |pattern| Value::text(moment.print(pattern)))
    }

    /// Works with a format: read beforehand, or now when it depends on the person.
    fn with_format<T>(&self, node: &'a Node, position: usize, work: impl FnOnce(&Pattern) -> T) -> Result<T, Fault> {
        if let Some(Node { kind: Kind::Format(pattern), .. }) = node.argument(position) {
            return Ok(work(pattern));
        }
        let text = self.text_of(node, position)?.unwrap_or_default();
        let pattern = Pattern::read(&text).map_err(|error| Fault::at(self.span(node, position), error.to_string()))?;
        Ok(work(&pattern))
    }
}
