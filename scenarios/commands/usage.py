"""What the command line's parser says of options it cannot use, in one line like every other message."""

import re

_FRAME = re.compile(r"[─│╭╮╰╯]|-{8,}")
_RULES = (
    (r"Error parsing (\S+): .*invalid literal for int\(\) with base 10: '(.*?)'", r"\1 \2: must be a whole number"),
    (r"Error parsing (\S+): could not convert string to float: '(.*?)'", r"\1 \2: must be a number"),
    (r"Unrecognized options: (.*?) Perhaps you meant: (--[\w-]+)", r"unknown option \1; did you mean \2?"),
    (r"Unrecognized options: (.*?)$", r"unknown option or one argument too many: \1"),
    (r"Missing value for argument '(.*?)'", r"\1: a value is missing"),
    (r"Missing from [^:]*: \{(.*?)\}", r"an argument is missing: choose \1"),
)  # fmt: skip


def one_line(said: str, command: str) -> str:
    """The parser's message, a box of several lines, as one; what no rule knows stays as it is but for the box."""
    text = " ".join(_FRAME.sub(" ", said).split())
    text = re.sub(r" ?For full helptext.*$", "", text)
    for pattern, words in _RULES:
        found = re.search(pattern, text)
        if found is not None:
            text = found.expand(words)
            break
    return f"{text} (`trident {command} --help` lists what there is)"
