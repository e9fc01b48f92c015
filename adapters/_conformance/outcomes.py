"""How a check ends, if not well: exceptions with a message for the author of the adapter."""


class Broken(Exception):  # noqa: N818  a finding about an adapter, not an error of the kit
    """A promise is broken; the message says how, and what the author is to do."""


class NotHere(Exception):  # noqa: N818
    """A promise cannot be checked here; the message says why."""
