"""Checks the documents: relative links and anchors resolve, and the README's commands exist.

A link must name a file of the tree, and an anchor a heading of that file.  In the README each line of a
fenced block marked ``shell`` that starts with ``make`` must name a target, one that starts with
``counterfoil`` a command of the program, and one that starts with a path a file.  Prints ``path:line`` and
a sentence for each thing that is wrong.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
SHELL = {"shell", "sh", "bash", "console"}


def documents(root: Path) -> list[Path]:
    """Every Markdown file that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "*.md"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted({root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()})


def lines_with_fences(text: str) -> Iterator[tuple[int, str, str | None]]:
    """Each line with its number and the language of the fenced block it is in (None outside of one)."""
    language: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r"\s*(```+|~~~+)\s*(\w*)", line)
        if fence:
            language = None if language is not None else fence[2]
        else:
            yield number, line, language


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, by the rule that GitHub uses."""
    seen: dict[str, int] = {}
    found = set()
    for _, line, language in lines_with_fences(text):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading is None or language is not None:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        nth = seen.get(slug, 0)
        seen[slug] = nth + 1
        found.add(f"{slug}-{nth}" if nth else slug)
    return found | set(re.findall(r"<a (?:name|id)=\"([^\"]+)\"", text))


def broken_links(root: Path, document: Path) -> Iterator[str]:
    """A sentence for each link of a document that leads nowhere."""
    text = document.read_text(encoding="utf-8")
    for number, line, language in lines_with_fences(text):
        if language is not None:
            continue
        for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
            target = match[1] or match[2]
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            place = f"{document.relative_to(root)}:{number}"
            path, _, anchor = target.partition("#")
            file = (document.parent / path).resolve() if path else document
            if not file.exists():
                yield f"{place}: the link {target} leads to no file"
            elif anchor and (file.suffix != ".md" or anchor not in anchors(file.read_text(encoding="utf-8"))):
                yield f"{place}: the link {target} leads to no heading"


def make_targets(root: Path) -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def knows_command(root: Path, words: list[str]) -> bool:
    """Does the program have this command?  Asked of its own help; a group's second word counts too."""

    def help_of(*names: str) -> str | None:
        program = root / ".venv/bin/counterfoil"
        done = subprocess.run([program, *names, "--help"], capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None

    first = help_of(words[0])
    if first is not None and "COMMAND" in first and len(words) > 1:
        return help_of(*words[:2]) is not None
    return first is not None


def broken_commands(root: Path, document: Path) -> Iterator[str]:
    """A sentence for each command in a document's shell blocks that does not exist."""
    targets = make_targets(root)
    continued = False
    for number, line, language in lines_with_fences(document.read_text(encoding="utf-8")):
        whole = not continued
        continued = language in SHELL and line.rstrip().endswith("\\")
        if language not in SHELL or not whole:
            continue
        words = re.sub(r"^\s*\$\s+|\s+#.*$", "", line).split()
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words.pop(0)
        place = f"{document.relative_to(root)}:{number}"
        match words:
            case ["make", *arguments]:
                for target in arguments:
                    if re.fullmatch(r"[a-z]+", target) and target not in targets:
                        yield f"{place}: make has no target {target}"
            case [program, *arguments] if program.rpartition("/")[2] == "counterfoil":
                names = []
                for argument in arguments:
                    if not re.fullmatch(r"[a-z][a-z-]*", argument):
                        break
                    names.append(argument)
                if names and not knows_command(root, names):
                    yield f"{place}: counterfoil has no command {' '.join(names[:2])}"
            case [program, *_] if "/" in program and not program.startswith(("/", "~", "$", "http")):
                if not (root / program).exists():
                    yield f"{place}: there is no {program}"


def main(root: Path = ROOT) -> int:
    """Check every document, print what is wrong; the exit code says whether anything was."""
    files = documents(root)
    wrong = [sentence for file in files for sentence in broken_links(root, file)]
    wrong += broken_commands(root, root / "README.md")
    for sentence in wrong:
        print(sentence)
    print(f"docs: {len(wrong)} faults" if wrong else f"docs: {len(files)} documents in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
