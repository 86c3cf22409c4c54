# SPDX-License-Identifier: Apache-2.0
"""A few kinds of plots as SVG: small, the same bytes for the same numbers, and readable in light and
dark, by the reader's own choice."""
import math
from xml.sax.saxutils import escape

WIDTH = 760
LEFT = 200  # of the plot, behind the rows' names
RIGHT = 96  # for a row's figure
ROW = 24
TOP = 62

# Colour by class: one hue for spry, one for each other family.
STYLE = """
svg { color-scheme: light dark; }
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2933; }
.title { font-size: 16px; font-weight: 600; } .note, .tick { font-size: 12px; fill: #5b6875; }
.strong { font-weight: 600; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.back { fill: #ffffff; stroke: #d5dbe1; } .grid { stroke: #e3e8ed; } .axis { stroke: #9aa5b1; }
.spread { stroke-width: 2; } path { fill: none; stroke-width: 2; }
.spry { fill: #d6450b; stroke: #d6450b; } .floor { fill: #7b8794; stroke: #7b8794; }
.rust { fill: #8a5a2b; stroke: #8a5a2b; } .cpp { fill: #7a3fb0; stroke: #7a3fb0; }
.go { fill: #0a84a8; stroke: #0a84a8; } .python { fill: #b58900; stroke: #b58900; }
.node { fill: #2f8f3e; stroke: #2f8f3e; } .java { fill: #c2255c; stroke: #c2255c; }
.s0 { fill: #d6450b; } .s1 { fill: #0a84a8; } .s2 { fill: #b58900; } .s3 { fill: #7a3fb0; }
.s4 { fill: #2f8f3e; } .s5 { fill: #7b8794; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .note, .tick { fill: #9aa7b4; }
.back { fill: #12171d; stroke: #2f3a45; } .grid { stroke: #26303a; } .axis { stroke: #66727e; }
.spry { fill: #ff8a4c; stroke: #ff8a4c; } .floor { fill: #a3aeb9; stroke: #a3aeb9; }
.rust { fill: #d6a36c; stroke: #d6a36c; } .cpp { fill: #c194f0; stroke: #c194f0; }
.go { fill: #4cc3e6; stroke: #4cc3e6; } .python { fill: #e5c04a; stroke: #e5c04a; }
.node { fill: #6fcf7d; stroke: #6fcf7d; } .java { fill: #f47aa6; stroke: #f47aa6; }
.s0 { fill: #ff8a4c; } .s1 { fill: #4cc3e6; } .s2 { fill: #e5c04a; } .s3 { fill: #c194f0; }
.s4 { fill: #6fcf7d; } .s5 { fill: #a3aeb9; }
}
"""


def near(number):
    """A coordinate, short."""
    return f"{number:.1f}".rstrip("0").rstrip(".")


def text(x, y, words, *classes):
    return (f'<text x="{near(x)}" y="{near(y)}"' + (f' class="{" ".join(classes)}"' if classes else "") +
            f">{escape(words)}</text>")


def line(x1, y1, x2, y2, *classes):
    return (f'<line x1="{near(x1)}" y1="{near(y1)}" x2="{near(x2)}" y2="{near(y2)}"'
            f' class="{" ".join(classes)}"/>')


def box(x, y, width, height, *classes):
    return (f'<rect x="{near(x)}" y="{near(y)}" width="{near(width)}" height="{near(height)}"'
            f' class="{" ".join(classes)}"/>')


def picture(title, note, height, content):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {near(height)}" width="{WIDTH}"'
        f' height="{near(height)}" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{near(height - 1)}" rx="6" class="back"/>',
        text(16, 26, title, "title"), text(16, 45, note, "note"), *content, "</svg>", ""])


def decades(least, most):
    """The powers of ten around two numbers above 0."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return list(range(first, max(last, first + 1) + 1))


def steps(most):
    """Round numbers from 0 up to at least `most`, four to six of them."""
    size = 10 ** math.floor(math.log10(most))
    step = next(size * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if most / (size * part) <= 6)
    return [step * i for i in range(math.ceil(most / step - 1e-9) + 1)]


def shown(number):
    """A figure as a reader wants it: three digits, thousands apart."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number else "0"


def microseconds(number):
    for size, name in ((1e6, "s"), (1e3, "ms")):
        if number >= size:
            return f"{shown(number / size)} {name}"
    return f"{shown(number)} µs"


def dots(title, note, rows):
    """A dot and its quartiles for each (name, class, {median, q1, q3}), in µs on a logarithmic axis."""
    powers = decades(min(row[2]["q1"] for row in rows), max(row[2]["q3"] for row in rows))
    bottom = TOP + ROW * len(rows)
    plot = WIDTH - RIGHT - LEFT

    def x(number):
        share = (math.log10(number) - powers[0]) / (powers[-1] - powers[0])
        return LEFT + 12 + share * (plot - 12)
    content = []
    for power in powers:
        for digit in range(1, 10) if power != powers[-1] else [1]:
            at = x(digit * 10 ** power)
            content.append(line(at, TOP, at, bottom, "axis" if digit == 1 else "grid"))
        content.append(text(x(10 ** power), bottom + 18, microseconds(10 ** power), "tick", "middle"))
    for i, (name, kind, value) in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        strong = ["strong"] if kind == "spry" else []
        content += [text(LEFT - 8, y + 4, name, "end", *strong),
                    line(x(value["q1"]), y, x(value["q3"]), y, "spread", kind),
                    f'<circle cx="{near(x(value["median"]))}" cy="{near(y)}" r="5" class="{kind}"/>',
                    text(WIDTH - 12, y + 4, microseconds(value["median"]), "end", *strong)]
    return picture(title, note, bottom + 32, content)


def stacked(title, note, rows, parts, unit=shown):
    """A bar for each (name, class, [numbers]); its pieces are the `parts`, {name: class}, from 0 on. A
    part without a class has the colour of the bar's own."""
    ticks = steps(max(sum(row[2]) for row in rows))
    legend = 22 if len(parts) > 1 else 0
    top = TOP + legend
    bottom = top + ROW * len(rows)

    def x(number):
        return LEFT + number / ticks[-1] * (WIDTH - RIGHT - LEFT)
    content = []
    at = LEFT
    for part, kind in parts.items() if legend else []:
        content += [*([box(at, TOP - 8, 12, 12, kind)] if kind else []),
                    text(at + 17, TOP + 3, part, "note")]
        at += 30 + 7 * len(part)
    for tick in ticks:
        content += [line(x(tick), top, x(tick), bottom, "grid" if tick else "axis"),
                    text(x(tick), bottom + 18, unit(tick), "tick", "middle")]
    for i, (name, kind, numbers) in enumerate(rows):
        y = top + ROW * i
        strong = ["strong"] if kind == "spry" else []
        content.append(text(LEFT - 8, y + ROW / 2 + 4, name, "end", *strong))
        begin = 0
        for number, part in zip(numbers, parts.values()):
            content.append(box(x(begin), y + 4, x(begin + number) - x(begin), ROW - 8, part or kind))
            begin += number
        content.append(text(WIDTH - 12, y + ROW / 2 + 4, unit(begin), "end", *strong))
    return picture(title, note, bottom + 32, content)


def bytes_shown(number):
    for size, name in ((1048576, "MiB"), (1024, "KiB")):
        if number >= size:
            return f"{number / size:.3g} {name}"
    return f"{number} B"


def lines(title, note, series):
    """A line for each (name, class, [(bytes, µs)]), both axes logarithmic, its name at its end."""
    points = [point for _, _, line_points in series for point in line_points]
    powers = decades(min(y for _, y in points), max(y for _, y in points))
    sizes = sorted({size for size, _ in points})
    left, right, bottom = 74, 220, TOP + 340

    def x(size):
        share = math.log2(size / sizes[0]) / math.log2(sizes[-1] / sizes[0])
        return left + share * (WIDTH - right - left)

    def y(number):
        return bottom - (math.log10(number) - powers[0]) / (powers[-1] - powers[0]) * (bottom - TOP)
    content = []
    for power in powers:
        content += [line(left, y(10 ** power), WIDTH - right, y(10 ** power), "grid"),
                    text(left - 8, y(10 ** power) + 4, microseconds(10 ** power), "tick", "end")]
    for size in sizes:
        content += [line(x(size), TOP, x(size), bottom, "grid"),
                    text(x(size), bottom + 18, bytes_shown(size), "tick", "middle")]
    names = []
    for name, kind, line_points in series:
        path = " ".join(f"{'L' if i else 'M'}{near(x(size))} {near(y(number))}"
                        for i, (size, number) in enumerate(line_points))
        # The class is the group's, since a path is not filled.
        content.append(f'<g class="{kind}"><path d="{path}" style="fill:none"/></g>')
        content += [f'<circle cx="{near(x(size))}" cy="{near(y(number))}" r="3" class="{kind}"/>'
                    for size, number in line_points]
        names.append([y(line_points[-1][1]), name, kind])
    names.sort()
    for i in range(1, len(names)):  # no name on another one
        names[i][0] = max(names[i][0], names[i - 1][0] + 16)
    over = names[-1][0] - bottom
    for i in range(len(names) - 1, -1, -1):
        if over > 0:
            names[i][0] = min(names[i][0], bottom - 16 * (len(names) - 1 - i))
    for at, name, kind in names:
        content += [box(WIDTH - right + 10, at - 5, 10, 10, kind),
                    text(WIDTH - right + 26, at + 4, name, *(["strong"] if kind == "spry" else []))]
    return picture(title, note, bottom + 32, content)
