"""A Rollcall mapping: a name for people to read, made of given name and surname.

What is computed stands in names.py, where a unit test reaches it. This file is the border to the host.
"""

import json

from wit_world import exports
from wit_world.exports.mapping import Outcome_Profile, Outcome_Reject, Outcome_Skip, Schema

import rollcall
from names import display_name


class Mapping(exports.Mapping):
    """Each call has an object of its own: what shall stay until the next call is kept with the class."""

    def configure(self, settings, inherited):
        # What the tenant's file says under `settings`, with defaults. A key that is not here is refused, so that a typo is found.
        Mapping.settings = rollcall.settings(settings, family_name_first=False)
        # Everything that came from the mapping before, and one attribute more.
        Mapping.layout = rollcall.Layout(inherited)
        Mapping.layout.add(rollcall.text_attribute("display_name"))
        # Name each property that is read of a user: a person is mapped again when one of them changed.
        return Schema(self.layout.attributes, ["givenName", "surname"], [])

    def map_people(self, people):
        return [self.map(person) for person in people]

    def map(self, person):
        user = json.loads(person.object)
        given, surname = user.get("givenName"), user.get("surname")
        if not all(name is None or isinstance(name, str) for name in (given, surname)):
            return Outcome_Reject("a name of this user is no text")
        name = display_name(given, surname, **self.settings)
        if name is None:
            return Outcome_Skip("has no name")
        return Outcome_Profile(self.layout.row(person.inherited, display_name=name))

    def explain(self, person):
        return []
