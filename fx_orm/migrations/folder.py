"""The folder of migration files: what is in it, read by syntax alone."""

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from fx_orm.config import Settings
from fx_orm.errors import MigrationError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.schema.migration_file import file_name
from fx_orm.schema.revisions import Built, History, history, read_revision, schema_of

_ALEMBICS_WORDS = frozenset({"base", "head", "heads"})
_STEPS = re.compile(r"[+-]\d+$")


@dataclass(frozen=True, slots=True)
class MigrationFolder:
    """`migrations/versions` of a project."""

    root: Path
    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> "MigrationFolder":
        """Find the folder of a project; it need not exist yet."""
        return cls(settings.root, settings.root / settings.migrations)

    @property
    def versions(self) -> Path:
        """Where the files lie."""
        return self.folder / "versions"

    def history(self) -> History:
        """Read the files and put them in order.

        Raises:
            MigrationError: a file cannot be read, or files do not fit each other.
        """
        files = sorted(path for path in self.versions.glob("*.py") if path.name != "__init__.py")
        found = history(read_revision(self._text(path), self.shown(path)) for path in files)
        if found.problems:
            problem = found.problems[0]
            raise MigrationError(f"{problem.path}: {problem.message}", file=problem.path)
        return found

    def single_head(self, found: History) -> str | None:
        """Give the revision that a new one follows, None when there is none yet.

        Raises:
            MigrationError: several revisions are followed by none.
        """
        if len(found.heads) > 1:
            listed = " and ".join(found.heads)
            raise MigrationError(
                f"the migrations {listed} both come last; let one follow the other by its down_revision",
                heads=found.heads,
            )
        return found.head

    def schema(self, found: History) -> Built:
        """Build the schema that the files make.

        Raises:
            MigrationError: a statement cannot be understood without running it.
        """
        built = schema_of(found)
        if built.opaque:
            spot = built.opaque[0]
            raise MigrationError(
                f"{spot.path}:{spot.line}: {spot.reason}; what the migrations build is not certain here: "
                "write it with Alembic's operations",
                file=spot.path,
                line=spot.line,
                opaque=built.opaque,
            )
        return built

    def write(self, text: str, revision: str, message: str) -> Path:
        """Write a new file; never over another.

        Raises:
            MigrationError: the folder or the file cannot be made.
        """
        path = self.versions / file_name(revision, message)
        try:
            self.versions.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            place = self.shown(Path(error.filename or path))
            raise MigrationError(f"{place} cannot be written: {error.strerror}", file=place) from error
        return path

    def demand(self, revision: str) -> None:
        """Demand that a revision exists. Words such as `head`, and steps such as `-1`, are Alembic's to read.

        Raises:
            MigrationError: no file has it; the nearest is said.
        """
        if revision in _ALEMBICS_WORDS or _STEPS.search(revision):
            return
        known = [each.revision or "" for each in self.history()]
        if not any(name.startswith(revision) for name in known):
            hint = did_you_mean(revision, known) or f"; known are {', '.join(known)}" * bool(known)
            raise MigrationError(f'there is no migration "{revision}"{hint}', revision=revision)

    def shown(self, path: Path) -> str:
        """Write a path for people: from the project's root."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise MigrationError(f"{self.shown(path)} cannot be read: {error}", file=self.shown(path)) from error


def now() -> datetime.datetime:
    """The time that a new file's name and header say: the wall clock's, as its author knows it."""
    return datetime.datetime.now()  # noqa: DTZ005 - for people, in one place at one time
