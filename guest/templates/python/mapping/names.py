"""How a name is written."""


def display_name(given, surname, family_name_first):
    """The name that people see; None where there is none."""
    if given and surname:
        return f"{surname.upper()} {given}" if family_name_first else f"{given} {surname}"
    return given or surname or None
