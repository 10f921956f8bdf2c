import re

import pytest

from bench.report import cpu_chart, markdown, rate_chart
from bench.results import Results

META = {
    "date": "2026-01-01",
    "cpus": 2,
    "max_offset": 10,
    "concurrency": 16,
    "rounds": 2,
    "seconds": 1,
}


def measured(server: str, operation: str, cpu_ms: float, rps: float):
    return {
        "server": server,
        "operation": operation,
        "app_cpu_ms": cpu_ms,
        "rps": rps,
        "rss_mb": 40.0,
        "foreign": 0.25,
    }


RESULTS = Results(
    META,
    [
        measured("limit", "Q1", 0.1, 8000),
        measured("postgraphile", "Q1", 0.5, 2000),
        measured("gql_api", "Q1", 0.15, 5000),
        measured("gql_api", "Q1", 0.6, 1000),
        measured("limit", "Q1", 0.2, 4000),
        measured("postgraphile", "Q1", 0.5, 2000),
        measured("limit", "Q3", 0.5, 400),
        measured("postgraphile", "Q3", 5.0, 8),
    ],
    {("limit", "Q1"): (1, 0), ("gql_api", "Q1"): (2, 4)},
)


def rows(text: str, heading: str) -> list[str]:
    """Return the rows of the table below a heading."""
    _, _, rest = text.partition(f"**{heading}**\n\n")
    return rest.partition("\n\n")[0].splitlines()


def test_ratio():
    """A ratio is the median of those of each round."""
    assert RESULTS.ratio("gql_api", "limit", "Q1", "app_cpu_ms") == pytest.approx(2.25)
    assert RESULTS.ratio("gql_api", "limit", "Q3", "app_cpu_ms") is None


def test_title():
    """A report begins with when and how it was measured, and how idle the machine was."""
    assert markdown(RESULTS).splitlines()[0] == (
        "2026-01-01, 2 cores, offsets below 10, 16 connections, 2 rounds of 1 s. "
        "Other programs took 0.2 cores meanwhile."
    )


def test_ratio_table():
    """Servers stand in the order of the run, ours last; what was not measured is a dash."""
    table = rows(markdown(RESULTS), "CPU of the server per request, to `limit`")

    assert table == [
        "| server | Q1 | Q3 |",
        "| --- | ---: | ---: |",
        "| limit | 1 | 1 |",
        "| postgraphile | 3.75 | 10 |",
        "| **gql_api** | 2.25 | - |",
    ]


def test_coarse_rate():
    """A rate of few requests per slice is marked."""
    table = rows(markdown(RESULTS), "Requests per second")

    assert table[3] == "| postgraphile | 2,000 | 8 ~ |"


def test_facts():
    """Statements stand beside transaction commands, and the memory at the end beside both."""
    table = rows(markdown(RESULTS), "SQL statements per request, and memory at the end")

    assert table[2] == "| limit | 1 | - | 40 |"
    assert table[4] == "| gql_api | 2 + 4 | - | 40 |"


def test_goals():
    """A goal that is missed is marked; goals of servers that were not measured are left out."""
    table = rows(markdown(RESULTS), "What is meant to be reached")

    assert table[2:] == [
        "| CPU per request: gql_api / limit ≤ | 2.25 of 2 ✗ | - |",
        "| requests/s: gql_api / postgraphile ≥ | 1.5 of 1.8 ✗ | - |",
        "| memory of gql_api, MB ≤ | 40 of 160 |  |",
    ]


def test_charts():
    """Each bar of a plot says what it stands for."""
    for chart in (cpu_chart(RESULTS), rate_chart(RESULTS)):
        assert re.search("<title>Q1, gql_api: .+</title>", chart)
