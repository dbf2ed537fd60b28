"""Python text of constants, as it is written into source files."""


def quoted(text: str) -> str:
    """Write a string in double quotes, or as Python does where that would need more backslashes."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in text else plain
