"""The command `fx-lsp`: the server over stdio, or `fx-lsp check`."""

import logging
import sys

from fx_lsp.check import main as check
from fx_orm import __version__

USAGE = """\
usage: fx-lsp                    serve an editor over stdin and stdout
       fx-lsp check PATH...      print what is wrong in files and folders
       fx-lsp --version

exit status of check: 0 nothing found, 1 something found, 2 wrong usage or failure
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    match arguments:
        case [] | ["--stdio"]:
            return serve()
        case ["check", *paths]:
            return check(paths)
        case ["--version" | "-V"]:
            print(f"fx-lsp {__version__}")  # noqa: T201  # this is what the command is for
            return 0
        case ["--help" | "-h"]:
            sys.stdout.write(USAGE)
            return 0
        case _:
            sys.stderr.write(f"fx-lsp: unknown argument {arguments[0]!r}\n{USAGE}")
            return 2


def serve() -> int:
    """Serve an editor until it says exit."""
    try:
        from fx_lsp.server import create_server  # noqa: PLC0415  # an optional dependency
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in {"pygls", "lsprotocol", "cattrs", "attrs"}:
            raise
        sys.stderr.write('fx-lsp: the language server is not installed; run: pip install "fx-orm[lsp]"\n')
        return 2
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    create_server().start_io()
    return 0


if __name__ == "__main__":
    sys.exit(main())
