//! The table of functions.

use super::{Entry, Gives, Kind, Parameter};

/// A parameter that must be given.
const fn needs(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true }
}

/// A parameter that may be left out.
const fn takes(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false }
}

/// Makes the enum and the table of one list, so that neither can miss a function of the other.
macro_rules! functions {
    ($($variant:ident $name:literal [$($parameter:expr),*] $repeats_from:expr, $gives:ident: $summary:literal;)*) => {
        /// A function of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Function {
            $(#[doc = $summary] $variant,)*
        }

        impl Function {
            /// All of them, by name.
            pub const ALL: &[Function] = &[$(Function::$variant,)*];

            /// What is known about it.
            pub fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$variant => {
                        const ENTRY: Entry = Entry {
                            name: $name,
                            parameters: &[$($parameter),*],
                            repeats_from: $repeats_from,
                            gives: Gives::$gives,
                            summary: $summary,
                        };
                        &ENTRY
                    })*
                }
            }
        }
    };
}

functions! {
    And "And" [needs("condition", Kind::Condition), needs("condition", Kind::Condition)] Some(1), Boolean:
        "Ours. True when all conditions hold. The first that does not ends the evaluation.";
    Append "Append" [needs("source", Kind::Text), needs("suffix", Kind::Text)] None, Same:
        "source followed by suffix. Without a source there is nothing to append to: null. With a null \
        suffix: the source.";
    AppRoleAssignmentsComplex "AppRoleAssignmentsComplex" [needs("appRoleAssignments", Kind::Any)] None, List:
        "The names of all assigned roles: each assignment's `value`, else its `displayName`.";
    BitAnd "BitAnd" [needs("value1", Kind::Number), needs("value2", Kind::Number)] None, Number:
        "The bits that are set in both numbers. Null when either is null.";
    CBool "CBool" [needs("expression", Kind::Condition)] None, Boolean:
        "True for True, for a number other than zero, and for a text that says either; everything else is False.";
    CDate "CDate" [needs("expression", Kind::Text)] None, Date:
        "A moment in UTC. Read are ISO 8601 and the forms that .NET reads for en-US (month first); without an \
        offset it is UTC. Null and empty give null.";
    Coalesce "Coalesce" [needs("source", Kind::Any)] Some(0), Any:
        "The first argument that is not null, else null. An empty text is not null. Later arguments are not \
        evaluated.";
    ConvertToBase64 "ConvertToBase64" [needs("source", Kind::Text)] None, Same:
        "Base64 of the text's UTF-16LE bytes.";
    ConvertToUTF8Hex "ConvertToUTF8Hex" [needs("source", Kind::Text)] None, Same:
        "The text's UTF-8 bytes in upper-case hexadecimal.";
    Count "Count" [needs("attribute", Kind::List)] None, Number:
        "The number of values; null has 0, a single value 1.";
    CStr "CStr" [needs("value", Kind::Any)] None, Text:
        "The value as text: True and False, numbers without grouping, dates as M/d/yyyy h:mm:ss tt. Null stays \
        null.";
    DateAdd "DateAdd" [
        needs("interval", Kind::Interval), needs("value", Kind::Number), needs("dateTime", Kind::Date)
    ] None, Date:
        "Adds to a date as Visual Basic does: a month later is the same day or the month's last. Hours, minutes and \
        seconds can have a fraction; of the others it is dropped. Null date gives null.";
    DateDiff "DateDiff" [
        needs("interval", Kind::Interval), needs("date1", Kind::Date), needs("date2", Kind::Date)
    ] None, Number:
        "From date1 to date2 as Visual Basic counts: years and months by the calendar, weeks by the Sundays \
        between, the rest in whole units. Null date gives null.";
    DateFromNum "DateFromNum" [needs("value", Kind::Number)] None, Date:
        "The moment of a Windows file time (100 ns since 1601).";
    DefaultDomain "DefaultDomain" [] None, Text:
        "The tenant's default domain, from the setting `default_domain`.";
    FormatDateTime "FormatDateTime" [
        needs("source", Kind::Date), takes("dateTimeStyles", Kind::Text), needs("inputFormat", Kind::Text),
        needs("outputFormat", Kind::Text)
    ] None, Text:
        "Reads the source by one .NET format and writes it by another. With three arguments they are source, input \
        and output (the older form). A date with an offset becomes UTC, as on Entra's servers. A source that is a \
        date already needs no input format. Null and empty give null.";
    Guid "Guid" [] None, Text:
        "A new random GUID (version 4).";
    IgnoreFlowIfNullOrEmpty "IgnoreFlowIfNullOrEmpty" [needs("expression", Kind::Any)] None, Any:
        "The value, or 'leave what the target has' when it is null or empty. Inside of another function that takes \
        its value it counts as null.";
    Iif "IIF" [
        needs("condition", Kind::Condition), takes("valueIfTrue", Kind::Any), takes("valueIfFalse", Kind::Any)
    ] None, Any:
        "The second argument when the condition holds, else the third; only the chosen one is evaluated. As in \
        Entra, a condition over an attribute that is null or empty does not hold, whatever it asks: test for that \
        with Switch or Coalesce. Inside of Coalesce, Switch, Join, Lookup and IIF, which are made for missing \
        values, an attribute may be missing; And and Or judge each of their conditions alone.";
    InStr "InStr" [
        needs("value1", Kind::Text), needs("value2", Kind::Text), takes("start", Kind::Number),
        takes("compareType", Kind::Compare)
    ] None, Number:
        "The place of value2 in value1, in characters from 1; 0 when there is none. An empty value2 is found at the \
        start. Null value1 has nothing: 0.";
    IsNull "IsNull" [needs("expression", Kind::Any)] None, Boolean:
        "Whether there is no value. A list without values is none.";
    IsNullOrEmpty "IsNullOrEmpty" [needs("expression", Kind::Any)] None, Boolean:
        "Whether there is no value, or an empty text.";
    IsPresent "IsPresent" [needs("expression", Kind::Any)] None, Boolean:
        "The opposite of IsNullOrEmpty.";
    IsString "IsString" [needs("expression", Kind::Any)] None, Boolean:
        "Whether the value is a text. Dates are (they read as text); numbers, True and False, lists and null are \
        not.";
    Item "Item" [needs("attribute", Kind::List), needs("index", Kind::Number)] None, Text:
        "The value at a place counted from 1. Null has no items: null. A place outside of the list is an error, as \
        in the cloud sync reference.";
    Join "Join" [needs("separator", Kind::Text), needs("source", Kind::Any)] Some(1), Text:
        "All values that are present, with the separator between them; null and empty values are passed over, a \
        list gives each of its values. Nothing present gives the empty text.";
    Left "Left" [needs("string", Kind::Text), needs("numChars", Kind::Number)] None, Same:
        "The first characters. A negative number gives the whole text, null the empty text.";
    Len "Len" [needs("string", Kind::Text)] None, Number:
        "The number of characters (Unicode scalar values); null has 0.";
    Lookup "Lookup" [needs("table", Kind::Table), needs("key", Kind::Text), takes("default", Kind::Any)] None, Any:
        "Ours. The value of the key in a table of the settings, else the default, else null. Keys are case- \
        sensitive.";
    Mid "Mid" [needs("source", Kind::Text), needs("start", Kind::Number), needs("length", Kind::Number)] None, Same:
        "A part of the text from a place counted from 1; as much as there is. Null gives the empty text, as for \
        Left. A start below 1 or a negative length is an error, as in Visual Basic.";
    NormalizeDiacritics "NormalizeDiacritics" [needs("source", Kind::Text)] None, Same:
        "Latin and Greek letters without their marks, and plain letters for ligatures and strokes (Microsoft's \
        table; also đ ð ħ ŧ þ). Other scripts stay as they are, since marks are letters there.";
    Not "Not" [needs("source", Kind::Condition)] None, Boolean:
        "False when the source is True, else True.";
    Now "Now" [] None, Date:
        "The time of the run in UTC; as text M/d/yyyy h:mm:ss tt. It stands still during a run.";
    NumFromDate "NumFromDate" [needs("value", Kind::Date)] None, Number:
        "The Windows file time of a date. Without an offset it is UTC. Null and empty give null.";
    Or "Or" [needs("condition", Kind::Condition), needs("condition", Kind::Condition)] Some(1), Boolean:
        "Ours. True when any condition holds. The first that does ends the evaluation.";
    PCase "PCase" [needs("source", Kind::Text), takes("wordSeparators", Kind::Text)] None, Same:
        "Each word's first letter in upper case, all others in lower case. Words end as in .NET's ToTitleCase (an \
        apostrophe in a word does not end it), or at the given characters only.";
    PhoneE164 "PhoneE164" [needs("number", Kind::Any), takes("region", Kind::Region)] None, Text:
        "Ours. The number in the form +14255550109, or null when it is no valid number of its region. Region: the \
        given one (code or English name), else the person's. Of a list: the first valid one.";
    RandomString "RandomString" [
        needs("length", Kind::Number), needs("minimumNumbers", Kind::Number),
        needs("minimumSpecialCharacters", Kind::Number), needs("minimumCapital", Kind::Number),
        needs("minimumLowerCase", Kind::Number), takes("charactersToAvoid", Kind::Text)
    ] None, Text:
        "A random text of 1 to 256 characters with at least so many of each kind. What the minimums leave open is \
        filled from the kinds whose minimum is above zero (from letters and digits when all are zero).";
    Redact "Redact" [needs("value", Kind::Any)] None, Any:
        "The value itself; logs and explanations show `[Redact]`.";
    RemoveDuplicates "RemoveDuplicates" [needs("attribute", Kind::List)] None, List:
        "Each value once, in the order of the first occurrences; exact comparison.";
    Replace "Replace" [
        needs("source", Kind::Text), takes("oldValue", Kind::Text), takes("regexPattern", Kind::Pattern),
        takes("regexGroupName", Kind::Text), takes("replacementValue", Kind::Text),
        takes("replacementAttributeName", Kind::Text), takes("template", Kind::Text)
    ] None, Same:
        "Six behaviours by the arguments that are present. Regular expressions and replacements are .NET's.";
    SelectUniqueValue "SelectUniqueValue" [needs("rule", Kind::Text), needs("rule", Kind::Text)] Some(1), Text:
        "The first value that no other entry of the target has; null and empty ones are passed over. Only as the \
        whole expression, only with when = \"creation\", and not for a matching attribute.";
    SingleAppRoleAssignment "SingleAppRoleAssignment" [needs("appRoleAssignments", Kind::Any)] None, Text:
        "The name of the first assigned role; null without roles.";
    Split "Split" [needs("source", Kind::Text), needs("delimiter", Kind::Text)] None, List:
        "The parts between the delimiters, without the blanks that follow a delimiter. Empty parts stay. Null gives \
        null.";
    StripSpaces "StripSpaces" [needs("source", Kind::Text)] None, Same:
        "The text without its spaces (U+0020).";
    Switch "Switch" [
        needs("source", Kind::Any), takes("defaultValue", Kind::Any), needs("key", Kind::Any),
        takes("value", Kind::Any)
    ] Some(2), Any:
        "The value of the first key that equals the source (case-sensitive text), else the default. The key \"\" \
        matches null and empty.";
    ToLower "ToLower" [needs("source", Kind::Text), takes("culture", Kind::Culture)] None, Same:
        "Small letters. tr and az know the dotless i, lt keeps the dot under an accent; all others follow .NET's \
        invariant culture, which changes letter for letter.";
    ToUpper "ToUpper" [needs("source", Kind::Text), takes("culture", Kind::Culture)] None, Same:
        "Capital letters, as ToLower. A letter without a capital of its own (ß) stays.";
    Word "Word" [
        needs("string", Kind::Text), needs("wordNumber", Kind::Number), needs("delimiters", Kind::Text)
    ] None, Same:
        "The n-th word, from 1; words stand between any of the delimiters. Empty when there is none, or for null.";
}
