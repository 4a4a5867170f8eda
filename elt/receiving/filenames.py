"""Names of files as senders give them, made fit to be shown, stored and put into a header."""

LONGEST = 255


def tidy(name: str) -> str:
    """The last part of a path of any system, without what cannot be in a file's name; may be empty."""
    return printable(name.replace("\\", "/").rsplit("/", 1)[-1])


def printable(path: str) -> str:
    """The same, of a whole path: no line ends, no control characters, none that turn the writing round."""
    return "".join(character for character in path if character.isprintable()).strip()[:LONGEST]
