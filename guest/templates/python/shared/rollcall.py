"""What every step in Python needs: settings that are checked, attributes by name, and values to and from Python's own.

Copied by `rollcall component new`; change what you like.
"""

import difflib
import json
from dataclasses import dataclass

from componentize_py_types import Err

try:
    from wit_world.imports import types
except ImportError:  # With HTTP in the world there are two interfaces called `types`.
    from wit_world.imports import rollcall_sync_types as types


def problem(setting, message, suggestion=None):
    """A setting that is refused: `raise problem("minimum", "this is no number", "2")`. The host adds the file and the line."""
    return Err(types.Problem(setting, message, None, suggestion))


def settings(text, **defaults):
    """The step's settings. What is not among the defaults is refused, so that a typo is found.

    A default also says the type; one that is a type itself, such as `str`, must be given.
    """
    given = json.loads(text)
    for name in given:
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, 1)
            raise problem(name, "there is no such setting; there are: " + ", ".join(defaults), near[0] if near else None)
    found = {}
    for name, default in defaults.items():
        wanted = default if isinstance(default, type) else type(default)
        if name not in given:
            if default is wanted:
                raise problem(name, "this setting is missing")
            found[name] = default
        elif not isinstance(given[name], wanted) or (wanted is int and isinstance(given[name], bool)):
            raise problem(name, f"this is {json.dumps(given[name])}, and should be of the type {wanted.__name__}")
        else:
            found[name] = given[name]
    return found


def value(python):
    """A value of the contract for one of Python."""
    match python:
        case None:
            return types.Value_Null()
        case bool():
            return types.Value_Boolean(python)
        case int():
            return types.Value_Integer(python)
        case float():
            return types.Value_Number(python)
        case str():
            return types.Value_Text(python)
        case list():
            return types.Value_Texts(python)
    raise TypeError(f"{python!r} cannot be a value of a profile")


def plain(value):
    """A value of the contract as Python has it; None for null and for "keep"."""
    return json.loads(value.value) if isinstance(value, types.Value_Json) else getattr(value, "value", None)


def text_attribute(name, sensitive=False, matching=None):
    """An attribute that holds text."""
    return types.Attribute(name, types.AttributeType.TEXT, sensitive, False, matching)


@dataclass
class Layout:
    """The attributes of a profile, which cross to the host by position and not by name."""

    attributes: list

    def add(self, attribute):
        """Adds an attribute. One of the same name is replaced where it stands."""
        for position, known in enumerate(self.attributes):
            if known.name == attribute.name:
                self.attributes[position] = attribute
                return
        self.attributes.append(attribute)

    def row(self, inherited, **values):
        """A profile: what was inherited, and these values by name."""
        row = list(inherited)
        for attribute in self.attributes[len(row) :]:
            row.append(types.Value_Null())
        for position, attribute in enumerate(self.attributes):
            if attribute.name in values:
                row[position] = value(values[attribute.name])
        return row
