import re

from bench.svg import Chart, line_chart


def test_lines():
    """Each series is a line through its points, from left to right and from bottom to top."""
    chart = Chart(title="Cost & size", y_label="ms", x_label="rows")

    text = line_chart(chart, {"one": [(10, 1.0), (100, 10.0)], "two": [(10, 2.0)]})

    lines = re.findall('points="(.*?)"', text)
    (left, low), (right, high) = (map(float, point.split(",")) for point in lines[0].split())
    assert len(lines) == 2
    assert left < right
    assert low > high  # pixels grow downwards
    assert "Cost &amp; size" in text


def test_one_value():
    """A single value has an axis too."""
    assert "polyline" in line_chart(Chart(title="t", y_label="y"), {"one": [(1, 0.0)]})
