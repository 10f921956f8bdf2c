from bench.curves import Curve
from bench.svg import Chart

CHART = Chart(title="Size", y_label="ms", x_label="rows", is_ratio=False)


def test_table():
    """Each place is a row, each series a column; what was not measured is a dash."""
    curve = Curve("size", CHART, {"one": [(10, 0.5), (1000, 1234.5)], "two": [(10, 2.0)]})

    assert curve.markdown().splitlines() == [
        "**Size, ms**",
        "",
        "| rows | one | two |",
        "| ---: | ---: | ---: |",
        "| 10 | 0.5 | 2 |",
        "| 1,000 | 1,234 | - |",
    ]


def test_bars():
    """Places that are no numbers have names, in the table and below the bars."""
    curve = Curve("kinds", CHART, {"one": [(0, 1.0), (1, 2.0)]}, ("Q1", "Q2"))

    assert "| Q2 | 2 |" in curve.markdown()
    assert "<title>Q2, one: 2</title>" in curve.svg()


def test_lines():
    """Without names the plot is of lines."""
    assert "<polyline" in Curve("size", CHART, {"one": [(1, 1.0), (2, 2.0)]}).svg()
