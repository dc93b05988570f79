"""A Rollcall grouping: a group for each city, and in it one for each department.

What is computed stands in cities.py, where a unit test reaches it. This file is the border to the host.
"""

from wit_world import exports
from wit_world.exports.grouping import Assignment, Belonging, Explanation, Group, Plan, WhenEmpty

import rollcall
from cities import keys, title


class Grouping(exports.Grouping):
    """Each call has an object of its own: what shall stay until the next call is kept with the class."""

    def configure(self, settings, attributes):
        # What the tenant's file says under `settings`, with defaults. A key that is not here is refused, so that a typo is found.
        Grouping.settings = rollcall.settings(settings, minimum_members=2)
        if self.settings["minimum_members"] < 1:
            raise rollcall.problem("minimum_members", "a group has at least one member", "1")
        # What is read of a user, in the order in which a candidate has it. No rules: everybody is asked again when a setting changes.
        return Plan(["city", "department"], [], [])

    def assign(self, people, rules):
        return [self.groups(person) for person in people]

    def groups(self, person):
        city, department = (rollcall.plain(value) for value in person.properties)
        return Assignment([], [Belonging(key, 0) for key in keys(city, department)], [], None)

    def describe(self, wanted):
        return [self.group(key) for key in wanted]

    def group(self, key):
        name, parent = title(key)
        if name is None:
            return None
        return Group(key, name, parent, None, [], self.settings["minimum_members"], WhenEmpty.REMOVE)

    def explain(self, person, key):
        city, department = (rollcall.plain(value) for value in person.properties)
        belongs = key in keys(city, department)
        sentence = f"The city is {city or 'not known'}, the department {department or 'not known'}."
        return Explanation(belongs, "one group for each city, and for each department in it", [], [sentence])
