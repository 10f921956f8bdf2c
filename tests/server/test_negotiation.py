import pytest

from gql_api.server.negotiation import prefers_page, response_media_type

JSON = "application/json"
MODERN = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("", JSON, id="none"),
        pytest.param("*/*", JSON, id="anything"),
        pytest.param("application/*", JSON, id="any application"),
        pytest.param("text/plain", JSON, id="neither"),
        pytest.param(BROWSER, JSON, id="browser"),
        pytest.param(JSON, JSON, id="plain"),
        pytest.param(MODERN, MODERN, id="modern"),
        pytest.param(f"{MODERN.upper()}; charset=utf-8", MODERN, id="upper case"),
        pytest.param(f"{MODERN}, {JSON}", MODERN, id="modern first"),
        pytest.param(f"{JSON}, {MODERN}", JSON, id="plain first"),
        pytest.param(f"{MODERN},{JSON};q=0.9", MODERN, id="modern heavier"),
        pytest.param(f"{MODERN};q=0.5, {JSON}", JSON, id="plain heavier"),
        pytest.param(f"{MODERN};q=0, {JSON};q=0.1", JSON, id="modern refused"),
        pytest.param(f"{MODERN};q=0", JSON, id="only refused"),
        pytest.param(f"{MODERN};q=nan, {JSON};q=0.1", JSON, id="no number"),
        pytest.param(f"{MODERN};q=x", JSON, id="no weight"),
        pytest.param(f"{MODERN};q=7, {JSON};q=0.1", JSON, id="beyond one"),
        pytest.param(f"*/*, {MODERN};q=0.1", MODERN, id="named beside anything"),
        pytest.param(
            f"{MODERN}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed",
            MODERN,
            id="a list of a client",
        ),
    ],
)
def test_response_media_type(accept, expected):
    """The heavier of the two wins, of equal ones the first; plain JSON is what others get."""
    assert response_media_type(accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param(BROWSER, True, id="browser"),
        pytest.param("text/html", True, id="page only"),
        pytest.param(f"text/html, {JSON};q=0.9", True, id="page heavier"),
        pytest.param(f"text/html;q=0.5, {JSON}", False, id="JSON heavier"),
        pytest.param(f"text/html;q=0.5, {MODERN}", False, id="modern heavier"),
        pytest.param("text/html;q=0", False, id="refused"),
        pytest.param("*/*", False, id="anything"),
        pytest.param("", False, id="none"),
    ],
)
def test_prefers_page(accept, expected):
    """A page is for those who name HTML and prefer it."""
    assert prefers_page(accept) is expected
