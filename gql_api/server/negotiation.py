"""Which media type an answer has: what the ``Accept`` header says, weights included."""

import functools
from collections.abc import Iterator, Mapping

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"


@functools.lru_cache(maxsize=256)
def response_media_type(accept: str) -> str:
    """Choose between the two media types of GraphQL over HTTP.

    Args:
        accept: The header, all its lines joined; empty without.

    Returns:
        ``application/graphql-response+json`` where it is named, and not preferred less than
        ``application/json``; ``application/json`` in every other case, as wildcards and absent
        headers come from clients that know nothing else.

    Source:
        GraphQL over HTTP, "Legacy watershed" and "Accept"; RFC 9110, section 12.5.1.
    """
    weights = _weights(accept)
    modern, plain = weights.get(GRAPHQL_RESPONSE, 0.0), weights.get(JSON, 0.0)
    if modern == plain and modern > 0:
        return next(name for name in weights if name in {GRAPHQL_RESPONSE, JSON})
    return GRAPHQL_RESPONSE if modern > plain else JSON


@functools.lru_cache(maxsize=256)
def prefers_events(accept: str) -> bool:
    """Tell whether a caller would rather have events than one answer of JSON.

    Clients that take either name both for every operation: of equal weights the first one counts, as
    with the media types of JSON.
    """
    weights = _weights(accept)
    wanted = weights.get(EVENT_STREAM, 0.0)
    first = next((name for name in weights if name in {EVENT_STREAM, GRAPHQL_RESPONSE, JSON}), None)
    others = max(weights.get(JSON, 0.0), weights.get(GRAPHQL_RESPONSE, 0.0))
    return wanted > others or (wanted > 0 and wanted == others and first == EVENT_STREAM)


def prefers_page(accept: str) -> bool:
    """Tell whether a caller would rather have HTML than JSON, as browsers do."""
    weights = _weights(accept)
    json_weight = max(weights.get(JSON, 0.0), weights.get(GRAPHQL_RESPONSE, 0.0))
    html_weight = weights.get(HTML, 0.0)
    return html_weight > 0 and html_weight >= json_weight


def _weights(accept: str) -> Mapping[str, float]:
    """Return the weight of each media range that is named, in the order of the header."""
    return dict(_ranges(accept))


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights = [each[2:] for each in parameters if each.startswith("q=")]
        yield name, _weight(weights[0]) if weights else 1.0


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
