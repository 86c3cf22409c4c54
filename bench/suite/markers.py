# SPDX-License-Identifier: Apache-2.0
"""The parts of a page between <!-- bench:NAME --> and <!-- /bench:NAME -->, which a run replaces. What
stands around them is written by people and stays."""
import os
import re

from running import Failed

MARKED = re.compile(r"^<!-- bench:([\w-]+) -->\n(.*?)^<!-- /bench:\1 -->\n", re.M | re.S)
ANY = re.compile(r"^<!-- /?bench:.*$", re.M)


def replaced(page, sections, name="the page"):
    """`page` with each marked part replaced by that of `sections`. Raises Failed where a marker has no
    end, or names what there is not."""
    marked = [match[1] for match in MARKED.finditer(page)]
    if 2 * len(marked) != len(ANY.findall(page)):
        raise Failed(f"{name}: a marker <!-- bench:NAME --> without its end <!-- /bench:NAME -->")
    unknown = [each for each in marked if each not in sections]
    if unknown:
        raise Failed(f"{name}: no part of a run is named {unknown[0]}; there are: {' '.join(sections)}")
    return MARKED.sub(lambda match: f"<!-- bench:{match[1]} -->\n{sections[match[1]]}"
                                    f"<!-- /bench:{match[1]} -->\n", page)


def write(files):
    """Writes {path: text}, each whole or not at all."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        new.write_text(content)
        os.replace(new, path)
