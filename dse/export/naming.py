"""Text that is safe inside generated C: identifiers, comments and numbers."""

import re

__all__ = ["c_comment", "c_float", "c_identifier"]

_LONGEST = 32
_KEYWORDS = frozenset(
    (
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "main",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
    )
)


def c_identifier(name: str) -> str:
    """A C identifier for a network's name: letters, digits and single underscores.

    Names that would begin with a digit, a keyword or the kernels' own `dse` prefix get `net_` in
    front. Any text gives a valid identifier, so that no name can put code into the C.

    >>> c_identifier("kws-64k"), c_identifier("int"), c_identifier('a; system("x")')
    ('kws_64k', 'net_int', 'a_system_x')
    """
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST].rstrip("_")
    if not text:
        return "network"
    taken = text.lower() in _KEYWORDS or text.lower().startswith("dse")
    return f"net_{text}" if taken or text[0].isdigit() else text


def c_comment(text: str) -> str:
    """Text for the inside of a block comment; whatever could close or nest one becomes `_`.

    >>> c_comment("conv*/1")
    'conv__1'
    """
    return re.sub(r"[^A-Za-z0-9 ._,:=+-]", "_", text)


def c_float(value: float) -> str:
    """A float constant of C99 that reads back as the same float32."""
    text = f"{value:.9g}"
    return f"{text}f" if any(char in text for char in ".en") else f"{text}.0f"
