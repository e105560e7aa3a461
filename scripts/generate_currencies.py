# /// script
# requires-python = ">=3.12"
# dependencies = ["iso4217==1.16.20260101"]
# ///
"""Write ``core/money/iso4217.py`` from the table that the maintenance agency of ISO 4217 publishes.

Run ``uv run scripts/generate_currencies.py``: the table (its "list one" in XML) comes with the ``iso4217``
package.  A path as the first argument names another copy of it.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

TARGET = Path(__file__).parents[1] / "src/counterfoil/core/money/iso4217.py"

HEAD = '''"""The active currencies of ISO 4217, their minor units and numbers: generated, do not edit.

Made by ``scripts/generate_currencies.py`` from ISO 4217 "list one" as published on {published} by the
standard's maintenance agency (the copy in the ``iso4217`` package).  The exponents are the standard's own,
which for some currencies differ from the digits that locale data shows to people.  Codes for which the
standard gives no minor unit (gold XAU, testing XTS, no currency XXX ...) are left out.
"""

from __future__ import annotations

from typing import Final

EXPONENTS: Final[dict[str, int]] = {{
{exponents}}}

NUMBERS: Final[dict[str, int]] = {{
{numbers}}}
"""The standard's numeric codes, without leading zeros."""
'''


def read_table(xml: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """The date of publication, and of every code that has an exponent the exponent and the number."""
    root = ElementTree.fromstring(xml)
    found: dict[str, tuple[int, int]] = {}
    for entry in root.iter("CcyNtry"):
        code, places, number = (entry.findtext(name) for name in ("Ccy", "CcyMnrUnts", "CcyNbr"))
        if code is None or number is None or places is None or not places.isdigit():
            continue
        if found.setdefault(code, (int(places), int(number))) != (int(places), int(number)):
            raise ValueError(f"two exponents or numbers for {code}")
    return root.attrib["Pblshd"], dict(sorted(found.items()))


def main() -> None:
    """Read the table and write the module."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else files("iso4217").joinpath("table.xml")
    published, found = read_table(source.read_text(encoding="utf-8"))
    exponents, numbers = (
        "".join(f'    "{code}": {facts[index]},\n' for code, facts in found.items()) for index in (0, 1)
    )
    text = HEAD.format(published=published, exponents=exponents, numbers=numbers)
    TARGET.write_text(text, encoding="utf-8")
    print(f"{len(found)} currencies, published {published}, written to {TARGET}")


if __name__ == "__main__":
    main()
