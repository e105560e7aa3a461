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

HEAD = '''"""The active currencies of ISO 4217 and the exponents of their minor units: generated, do not edit.

Made by ``scripts/generate_currencies.py`` from ISO 4217 "list one" as published on {published} by the
standard's maintenance agency (the copy in the ``iso4217`` package).  The exponents are the standard's own,
which for some currencies differ from the digits that locale data shows to people.  Codes for which the
standard gives no minor unit (gold XAU, testing XTS, no currency XXX ...) are left out.
"""

from __future__ import annotations

from typing import Final

EXPONENTS: Final[dict[str, int]] = {{
'''


def read_table(xml: str) -> tuple[str, dict[str, int]]:
    """The date of publication, and the exponent of every code that has one."""
    root = ElementTree.fromstring(xml)
    exponents: dict[str, int] = {}
    for entry in root.iter("CcyNtry"):
        code, places = entry.findtext("Ccy"), entry.findtext("CcyMnrUnts")
        if code is None or places is None or not places.isdigit():
            continue
        if exponents.setdefault(code, int(places)) != int(places):
            raise ValueError(f"two exponents for {code}")
    return root.attrib["Pblshd"], dict(sorted(exponents.items()))


def main() -> None:
    """Read the table and write the module."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else files("iso4217").joinpath("table.xml")
    published, exponents = read_table(source.read_text(encoding="utf-8"))
    lines = [f'    "{code}": {places},\n' for code, places in exponents.items()]
    TARGET.write_text(HEAD.format(published=published) + "".join(lines) + "}\n", encoding="utf-8")
    print(f"{len(exponents)} currencies, published {published}, written to {TARGET}")


if __name__ == "__main__":
    main()
