"""The public surface."""

import inspect

import gql_api


def test_sorted():
    """``__all__`` is sorted, classes before functions as ruff sorts them, without repetition."""
    assert len(set(gql_api.__all__)) == len(gql_api.__all__)
    constants = [name for name in gql_api.__all__ if name.isupper()]
    classes = [name for name in gql_api.__all__ if not name.isupper() and name[0].isupper()]
    others = [name for name in gql_api.__all__ if not name[0].isupper()]

    assert gql_api.__all__ == [*sorted(constants), *sorted(classes), *sorted(others)]


def test_importable():
    """Every exported name exists, and has a docstring where it can have one."""
    for name in gql_api.__all__:
        exported = getattr(gql_api, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert exported.__doc__, name
