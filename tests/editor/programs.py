"""Programs of the system that the tests need and no registry of packages has."""

import os
import shutil

import pytest


def need(program: str, package: str) -> str:
    """Find a program; a missing one skips the test and says how to get it, or fails it where everything must run."""
    found = os.environ.get(program.upper()) or shutil.which(program)
    if not found:
        reason = f"{program} is not installed (Debian: apt-get install {package})"
        (pytest.fail if os.environ.get("FX_TEST_REQUIRE_ALL") else pytest.skip)(reason)
    return str(found)
