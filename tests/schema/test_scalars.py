"""Scalars in answers, arguments and filters."""

import pytest

from tests.fixtures.schema import ADA, BIG, Api

ALL = (
    "rowId big exact ratio day clock moment localMoment span token document content flag note state"
)
WRITTEN = {
    "rowId": str(BIG),
    "big": str(-BIG - 1),
    "exact": "12345.0000000001",
    "ratio": 0.30000000000000004,
    "day": "2024-02-29",
    "clock": "23:59:59.999999",
    "moment": "2024-05-01T12:30:00.12+00:00",
    "localMoment": "2024-05-01T12:30:00",
    "span": "P1DT2H5S",
    "token": str(ADA),
    "document": {"a": [1, None, "ü"]},
    "content": "AP8=",
    "flag": False,
    "note": "",
    "state": "OUT_OF_PRINT",
}


async def test_answers(api: Api):
    """Each kind is written in its one form, and NULL as null."""
    data = await api.data(f"{{ samples {{ nodes {{ {ALL} }} }} }}", count=1)

    empty = dict.fromkeys(WRITTEN) | {"rowId": "2"}
    assert data["samples"]["nodes"] == [empty, WRITTEN]


@pytest.mark.parametrize("name", sorted(WRITTEN.keys() - {"document"}))
async def test_filters(api: Api, name: str):
    """What is written can be passed back, and finds the row."""
    type_ = {"rowId": "BigInt", "big": "BigInt", "exact": "Decimal", "ratio": "Float"} | {
        "day": "Date",
        "clock": "Time",
        "moment": "DateTime",
        "localMoment": "LocalDateTime",
        "span": "Duration",
        "token": "UUID",
        "content": "Base64",
        "flag": "Boolean",
        "note": "String",
        "state": "State",
    }

    data = await api.data(
        f"query($v: {type_[name]}!, $w: [{type_[name]}!]) {{"
        f" eq: samples(where: {{{name}: {{eq: $v}}}}) {{ nodes {{ rowId }} }}"
        f" in: samples(where: {{{name}: {{in: $w}}}}) {{ nodes {{ rowId }} }} }}",
        v=WRITTEN[name],
        w=[WRITTEN[name]],
        count=2,
    )

    found = {"nodes": [{"rowId": str(BIG)}]}
    assert data == {"eq": found, "in": found}
