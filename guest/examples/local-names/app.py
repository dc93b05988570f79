"""A Rollcall mapping: the display name by the custom of the country that somebody lives in.

It stands behind another mapping, which made `name`, and writes that name anew. What is computed stands in customs.py, where a unit test
reaches it. This file is the border to the host.
"""

import json

from wit_world import exports
from wit_world.exports.mapping import Outcome_Profile, Schema

import rollcall
from customs import FAMILY_NAME_FIRST, display_name


class Mapping(exports.Mapping):
    """Each call has an object of its own: what shall stay until the next call is kept with the class."""

    def configure(self, settings, inherited):
        Mapping.settings = rollcall.settings(settings, family_first=list(FAMILY_NAME_FIRST), capitals=False)
        if "name" not in (attribute.name for attribute in inherited):
            raise rollcall.problem("", "this mapping stands behind one that makes the attribute `name`")
        # It makes no attribute that was not there before.
        Mapping.layout = rollcall.Layout(inherited)
        return Schema(inherited, ["givenName", "surname", "usageLocation"], [])

    def map_people(self, people):
        return [self.map(person) for person in people]

    def map(self, person):
        user = json.loads(person.object)
        texts = (user.get(key) for key in ("givenName", "surname", "usageLocation"))
        name = display_name(*(text if isinstance(text, str) else None for text in texts), **self.settings)
        # Who has neither name keeps what the mapping before made of the rest.
        written = {} if name is None else {"name": name}
        return Outcome_Profile(self.layout.row(person.inherited, **written))

    def explain(self, person):
        return []
