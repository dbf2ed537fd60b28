"""Tables of mistakes: what is written, and indented below it what is said; a message of several lines is one line."""

import re


def mistakes(text: str) -> list[tuple[str, str]]:
    """Read such a table: (code, message) of each."""
    cases = [re.split(r"\n {4}", case, maxsplit=1) for case in re.split(r"\n(?=\S)", text.strip())]
    return [(code, re.sub(r"\n {4}", " ", message)) for code, message in cases]
