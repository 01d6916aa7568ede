"""How the commands put other people's errors."""


def first_line(error: Exception) -> str:
    """Return the driver's own words; what SQLAlchemy adds around them is of no use to a person."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
