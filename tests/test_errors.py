"""The tree of exceptions."""

import re

import pytest

from gql_api import errors


def _classes(root: type[errors.GqlApiError]) -> list[type[errors.GqlApiError]]:
    return [root, *(each for child in root.__subclasses__() for each in _classes(child))]


def test_drawing():
    """The docstring draws every class of the module, and no other."""
    drawn = re.findall(r"(\w+Error)\b", (errors.__doc__ or "").split("```")[1])

    own = {
        each.__name__ for each in _classes(errors.GqlApiError) if each.__module__ == errors.__name__
    }
    assert sorted(drawn) == sorted(own)


@pytest.mark.parametrize("class_", _classes(errors.ApiError), ids=lambda each: each.__name__)
def test_codes(class_: type[errors.ApiError]):
    """Each class that a caller sees has a code in capitals."""
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", class_.code)


def test_fix():
    """The fix follows the cause."""
    error = errors.MappingError("It is broken.", fix="Mend it.")

    assert (str(error), error.message, error.fix) == (
        "It is broken. Mend it.",
        "It is broken.",
        "Mend it.",
    )


def test_no_fix():
    """Without a fix the cause stands alone."""
    assert str(errors.SchemaBuildError("It is broken.")) == "It is broken."


def test_path():
    """The path is kept as a tuple."""
    error = errors.UniqueViolationError("Taken.", path=["input", "a"], fields=["a", "b"])

    assert (error.path, error.fields) == (("input", "a"), ("a", "b"))


def test_several():
    """Several refusals are one message, in order."""
    first, second = errors.NotFoundError("No row."), errors.ForbiddenError("No right.")

    error = errors.WriteRefusedError([first, second])

    assert (error.message, error.errors) == ("No row.; No right.", (first, second))
