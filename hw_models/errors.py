"""The errors a user can cause: each says what, where, got, allowed and the cure."""

__all__ = ["ConfigError", "DataError", "DseError", "ModelError", "RunError", "ToolError"]


class DseError(Exception):
    """A mistake the user can mend. The command line prints it without a traceback, exit code 2.

    Args:
        what: One sentence that names the problem.
        where: The layer, file, key or flag it was found in.
        got: The offending value.
        allowed: What would have been accepted.
        cure: What to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        got: object = None,
        allowed: object = None,
        cure: object = None,
    ) -> None:
        self.what = what
        self.where = where
        self.got = got
        self.allowed = allowed
        self.cure = cure
        details = (("where", where), ("got", got), ("allowed", allowed), ("cure", cure))
        lines = [what, *(f"  {key}: {value}" for key, value in details if value is not None)]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by keyword, so that an error survives the trip from a worker process."""
        return _rebuild, (type(self), self.what, self.where, self.got, self.allowed, self.cure)


def _rebuild(
    kind: type[DseError], what: str, where: object, got: object, allowed: object, cure: object
) -> DseError:
    return kind(what, where=where, got=got, allowed=allowed, cure=cure)


class ConfigError(DseError):
    """A study file, a flag, a device or profile file, or a budget that cannot be used."""


class ModelError(DseError):
    """A network that cannot be imported, built or changed as asked."""


class DataError(DseError):
    """Data that are missing, empty, mis-shaped, not finite or labelled out of range."""


class RunError(DseError):
    """A run folder that is missing, damaged or belongs to another model, data set or budget."""


class ToolError(DseError):
    """A compiler, emulator or board that is missing or failed."""
