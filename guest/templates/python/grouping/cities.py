"""Which groups there are for a city and a department.

A key is what a group is known by, for ever: made of what does not change by itself.
"""


def word(text):
    """A text without the differences that people make by typing. A `/` would look like a part of a key."""
    return text.strip().lower().replace("/", "-") if isinstance(text, str) else ""


def keys(city, department):
    """The keys of the groups that somebody belongs to."""
    city, department = word(city), word(department)
    if not city:
        return []
    return [f"city/{city}"] + ([f"city/{city}/{department}"] if department else [])


def title(key):
    """The name of a group and the key of its parent; nothing for a key of somebody else."""
    match key.split("/"):
        case ["city", city] if city:
            return city.capitalize(), None
        case ["city", city, department] if city and department:
            return f"{city.capitalize()} {department.capitalize()}", f"city/{city}"
    return None, None
