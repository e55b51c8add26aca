"""The host's side of the line protocol: from noisy bytes to the lines of one whole report.

The board sends its report again and again (dse_link.c), so a line that is lost or damaged is taken
from a later pass; the host sends nothing.
"""

import re
from binascii import crc_hqx
from dataclasses import dataclass, field

from hw_models.errors import ToolError

__all__ = ["PATIENCE", "PROTOCOL", "Receiver", "checked_line", "frame_line"]

PROTOCOL = 1
PATIENCE = 3
"""So many passes in a row may bring nothing new."""

MAX_LINE = 4096
_LINE = re.compile(r"([0-9A-F]{4}) (.*)\*([0-9A-F]{4})")
_HELLO = re.compile(r"@dse (\d+) (\S+)")
_SHOWN = 60


def frame_line(number: int, text: str) -> bytes:
    r"""A line as the board sends it.

    >>> frame_line(0, "@dse 1 a0")
    b'$0000 @dse 1 a0*11A5\n'
    """
    body = f"{number:04X} {text}"
    return f"${body}*{crc_hqx(body.encode(), 0xFFFF):04X}\n".encode()


def checked_line(line: bytes) -> tuple[int, str] | None:
    """Number and text of a line; None where it is damaged.

    >>> checked_line(b"0000 @dse 1 a0*11A5"), checked_line(b"0000 @dse 1 a1*11A5")
    ((0, '@dse 1 a0'), None)
    """
    try:
        match = _LINE.fullmatch(line.decode("ascii"))
    except UnicodeDecodeError:
        return None
    if match is None or crc_hqx(line[:-5], 0xFFFF) != int(match[3], 16):
        return None
    return int(match[1], 16), match[2]


@dataclass
class Receiver:
    """Collects the report of one image.

    Args:
        image: That is waited for.
        where: The board, for messages.
    """

    image: str
    where: str
    lines: dict[int, str] = field(default_factory=dict)
    total: int | None = None
    heard_bytes: int = 0
    damaged: int = 0
    valid: int = 0
    other: str | None = None
    _rest: bytes = b""
    _is_ours: bool = False
    _idle_passes: int = 0
    _news: bool = True
    _last: int = 0

    @property
    def is_done(self) -> bool:
        """Whether every line is here."""
        return self.total is not None and len(self.lines) >= self.total

    @property
    def is_ours(self) -> bool:
        """Whether the image has said hello."""
        return bool(self.lines)

    def report(self) -> list[str]:
        """The lines in order."""
        return [self.lines[number] for number in sorted(self.lines)]

    def feed(self, data: bytes) -> bool:
        """Take bytes in; whether a valid line was among them.

        Raises:
            ToolError: The board follows another protocol, reports an error, or repeats itself
                without ever completing its report.
        """
        self.heard_bytes += len(data)
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-MAX_LINE:]
        before = self.valid
        for line in whole:
            # What precedes the last "$" is the torn head of another line.
            found = checked_line(line.rstrip(b"\r").rpartition(b"$")[2])
            if found is None:
                self.damaged += 1
            else:
                self.valid += 1
                self._take(*found)
            if self.is_done:
                break
        return self.valid > before

    def _take(self, number: int, text: str) -> None:
        if number == 0:
            self._hello(text)
        if not self._is_ours:
            return
        self._last = number
        if text.startswith("@error "):
            raise ToolError(
                "The board reports an error.",
                where=self.where,
                got=text.removeprefix("@error "),
                cure="build the firmware with -DDSE_NO_DWT: SysTick counts then",
            )
        if text.startswith("@end "):
            self.total = number
        elif number not in self.lines:
            self.lines[number] = text
            self._news = True

    def _hello(self, text: str) -> None:
        """A pass begins: which image is it, and did the last pass bring anything?"""
        match = _HELLO.fullmatch(text)
        if match is None or int(match[1]) != PROTOCOL:
            raise ToolError(
                "The firmware speaks another version of the protocol.",
                where=self.where,
                got=text[:_SHOWN],
                allowed=f"@dse {PROTOCOL} IMAGE",
                cure="build and flash the firmware that this version of dse writes",
            )
        self._is_ours = match[2] == self.image
        if not self._is_ours:
            self.other = match[2]
            return
        self._idle_passes = 0 if self._news else self._idle_passes + 1
        self._news = False
        if self._idle_passes >= PATIENCE:
            raise self._stuck()

    def _stuck(self) -> ToolError:
        if self.total is None:
            return ToolError(
                "The board starts again and again before its report is complete.",
                where=self.where,
                got=f"last line {self._last}: {self.lines.get(self._last, '')[:_SHOWN]!r}",
                cure="look for a watchdog, a fault, or a stack that meets the arena",
            )
        missing = sorted(set(range(self.total)) - set(self.lines))
        return ToolError(
            "The link keeps losing the same lines.",
            where=self.where,
            got=f"{len(missing)} of {self.total} missing, the first is line {missing[0]}",
            cure="take a lower baud rate in firmware and command, or a better cable",
        )
