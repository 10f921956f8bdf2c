"""Known documents."""

from graphql import parse

from gql_api.execution.documents import DocumentCache, KnownDocument
from gql_api.plan.known import PlanCache
from gql_api.schema.plans import DocumentPlans

DOCUMENT = KnownDocument(parse("{ a }"), DocumentPlans(None, PlanCache()))


def test_kept():
    """A document is found by its text alone."""
    cache = DocumentCache()

    cache.put("{ a }", DOCUMENT)

    assert cache.get("{ a }") is DOCUMENT
    assert cache.get("{a}") is None


def test_forgotten():
    """The document that was not used for longest makes room."""
    cache = DocumentCache(max_characters=4)
    cache.put("aa", DOCUMENT)
    cache.put("bb", DOCUMENT)
    cache.get("aa")

    cache.put("cc", DOCUMENT)

    assert [cache.get(text) for text in ("aa", "bb", "cc")] == [DOCUMENT, None, DOCUMENT]


def test_too_long():
    """A document longer than all that are kept together is not kept, nor is any other lost."""
    cache = DocumentCache(max_characters=4)
    cache.put("aa", DOCUMENT)

    cache.put("bbbbb", DOCUMENT)

    assert cache.get("bbbbb") is None
    assert cache.get("aa") is DOCUMENT


def test_put_twice():
    """Two requests that judged the same document at once count it once."""
    cache = DocumentCache(max_characters=4)
    cache.put("aa", DOCUMENT)
    cache.put("aa", DOCUMENT)

    cache.put("bb", DOCUMENT)

    assert cache.get("aa") is DOCUMENT
