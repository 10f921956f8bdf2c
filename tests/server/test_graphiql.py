import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import httpx
import pytest
from fastapi import FastAPI

from gql_api.errors import ConfigurationError
from gql_api.server.graphiql import graphiql_router

STATIC = files("gql_api.server") / "static" / "graphiql"
ASSET_NAMES = sorted(asset.name for asset in (STATIC / "assets").iterdir())
MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
}
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class PageReader(HTMLParser):
    """Keeps the addresses, the data block and the inline scripts of a page."""

    def __init__(self):
        super().__init__()
        self.addresses = []
        self.inline_scripts = []
        self.config_text = ""
        self._script = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [attributes[name] for name in ("src", "href") if name in attributes]
        self._script = attributes if tag == "script" else None

    def handle_data(self, data):
        if self._script is not None and self._script.get("id") == "gql-config":
            self.config_text += data
        elif self._script is not None and "src" not in self._script:
            self.inline_scripts.append(data)

    def handle_endtag(self, tag):
        self._script = None


def read_page(text):
    reader = PageReader()
    reader.feed(text)
    return reader


def open_client(*, mounted_at="", **options):
    inner = FastAPI()
    inner.include_router(graphiql_router(**options))
    app = FastAPI()
    app.mount(mounted_at, inner)
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


async def test_page_headers():
    """The page carries the strict policy and keeps its referrer and its window to itself."""
    async with open_client() as client:
        response = await client.get("/graphiql/")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["cache-control"] == "no-cache"


async def test_page_has_no_inline_script():
    """The only script without an address is the data block, which the policy never runs."""
    async with open_client() as client:
        page = read_page((await client.get("/graphiql/")).text)

    assert page.inline_scripts == []
    assert page.config_text != ""


async def test_config():
    """The data block names the endpoint and the document of the first tab."""
    async with open_client(endpoint="/api/graphql", default_query="{ me { id } }") as client:
        page = read_page((await client.get("/graphiql/")).text)

    assert json.loads(page.config_text) == {
        "endpoint": "/api/graphql",
        "defaultQuery": "{ me { id } }",
    }


async def test_config_cannot_end_its_script():
    """Markup in the first document stays text."""
    document = "</script><script>alert(1)</script><!-- & {} \\u2028 \u2028"

    async with open_client(default_query=document) as client:
        page = read_page((await client.get("/graphiql/")).text)

    assert not set("<>&") & set(page.config_text)
    assert json.loads(page.config_text)["defaultQuery"] == document


async def test_config_below_a_root_path():
    """The endpoint follows the prefix under which the application is mounted."""
    async with open_client(mounted_at="/shop") as client:
        page = read_page((await client.get("/shop/graphiql/")).text)

    assert json.loads(page.config_text)["endpoint"] == "/shop/graphql"


async def test_assets_named_in_the_page():
    """Everything the page names is served from this origin with its type, never to be asked again."""
    async with open_client() as client:
        page = read_page((await client.get("/graphiql/")).text)
        responses = [await client.get(f"/graphiql/{address}") for address in page.addresses]

    assert len(page.addresses) >= 3
    assert all(address.startswith("./assets/") for address in page.addresses)
    for address, response in zip(page.addresses, responses, strict=True):
        assert response.status_code == 200
        assert response.headers["content-type"] == MEDIA_TYPES[address.rpartition(".")[2]]
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ASSET_NAMES)
async def test_asset(name):
    """Every built asset has a known type and arrives whole, compressed or not."""
    content = (STATIC / "assets" / name).read_bytes()

    async with open_client() as client:
        plain = await client.get(
            f"/graphiql/assets/{name}", headers={"accept-encoding": "identity"}
        )
        packed = await client.get(f"/graphiql/assets/{name}", headers={"accept-encoding": "gzip"})

    assert plain.headers["content-type"] == MEDIA_TYPES[name.rpartition(".")[2]]
    assert "content-encoding" not in plain.headers
    assert plain.content == content
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.content == content


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        pytest.param("br, GZIP;q=0.5", True, id="weighted"),
        pytest.param("gzip;q=0", False, id="refused"),
        pytest.param("gzip;q=0.00, br", False, id="refused with digits"),
        pytest.param("br", False, id="another"),
        pytest.param("", False, id="none"),
    ],
)
async def test_accepted_encoding(accepted, is_compressed):
    """Only a client that takes gzip gets gzip."""
    name = next(name for name in ASSET_NAMES if name.endswith(".svg"))

    async with open_client() as client:
        response = await client.get(
            f"/graphiql/assets/{name}", headers={"accept-encoding": accepted}
        )

    assert ("content-encoding" in response.headers) is is_compressed


def test_no_foreign_host_in_markup():
    """No built page or style names another host in a place that is loaded."""
    texts = {
        name: (STATIC / "assets" / name).read_text()
        for name in ASSET_NAMES
        if name.endswith((".css", ".svg"))
    }
    texts["index.html"] = (STATIC / "index.html").read_text()

    loaded = re.compile(
        r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import"""
    )
    assert {name: loaded.findall(text) for name, text in texts.items()} == {
        name: [] for name in texts
    }


async def test_licences():
    """The licences of the bundled packages are served beside the assets."""
    async with open_client() as client:
        response = await client.get("/graphiql/THIRD_PARTY_LICENSES.txt")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    for package in ("graphiql 5.4.0 (MIT)", "react 19.3.1 (MIT)", "monaco-editor 0.52.2 (MIT)"):
        assert f"\n{package}\n" in response.text


@pytest.mark.parametrize(
    ("address", "location"),
    [
        pytest.param("/graphiql", "graphiql/", id="plain"),
        pytest.param("/graphiql?query=%7Bme%7D", "graphiql/?query=%7Bme%7D", id="shared operation"),
    ],
)
async def test_redirect_to_the_slash(address, location):
    """The page without its slash leads to the page, on whatever host and prefix it was asked."""
    async with open_client() as client:
        response = await client.get(address, headers={"host": "evil.example"})

    assert response.status_code == 307
    assert response.headers["location"] == location


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("index-00000000.js", id="unknown"),
        pytest.param("", id="folder"),
        pytest.param("..%2findex.html", id="encoded slash"),
        pytest.param("%2e%2e/%2e%2e/graphiql.py", id="encoded dots"),
        pytest.param("..%5cindex.html", id="backslash"),
        pytest.param("%2fetc%2fpasswd", id="absolute"),
        pytest.param("x%00.js", id="null byte"),
    ],
)
async def test_unknown_asset(name):
    """What is no asset is a JSON 404, wherever its name points."""
    async with open_client() as client:
        response = await client.get(f"/graphiql/assets/{name}")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "errors": [{"message": "There is no such file.", "extensions": {"code": "NOT_FOUND"}}]
    }


async def test_another_path():
    """The page and its assets move together."""
    async with open_client(path="/tools/explorer") as client:
        redirect = await client.get("/tools/explorer")
        page = await client.get("/tools/explorer/")
        asset = await client.get(f"/tools/explorer/assets/{ASSET_NAMES[0]}")

    assert redirect.headers["location"] == "explorer/"
    assert (page.status_code, asset.status_code) == (200, 200)


async def test_head():
    """A HEAD request is answered like a GET."""
    async with open_client() as client:
        response = await client.head("/graphiql/")

    assert response.status_code == 200


@pytest.mark.parametrize("option", ["endpoint", "path"])
@pytest.mark.parametrize(
    "value", ["", "/", "graphql", "//host/graphql", "https://host/graphql", "/a b", "/a/", "/{x}"]
)
def test_refused_path(option, value):
    """An endpoint or a path that is none is refused before anything is served."""
    with pytest.raises(ConfigurationError) as caught:
        graphiql_router(**{option: value})

    assert str(caught.value) == (
        f'The GraphiQL {option} {value!r} is not a path. Write it like "/graphql".'
    )
