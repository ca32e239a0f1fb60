"""The one exception that the command lines turn into a single line and exit code 2."""


class InputError(ValueError):
    """A mistake in what the user gave: a file, a value, a setting.

    The message is one line that says what is wrong, where, what was expected and how to mend it.
    """
