"""Who may ask the editor: real requests over a socket, as browsers and others send them."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.serving.edit.conftest import HEADERS
from tfhd.serving.edit.access import is_loopback


@pytest.mark.parametrize("host", ["localhost", "localhost:99", "127.0.0.1", "127.8.9.1:5", "[::1]:80"])
def test_pages_of_this_machine_are_answered(editor: str, host: str) -> None:
    assert httpx.get(f"{editor}/api/model", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.9:8600", "", "[", "localhost.evil"])
def test_another_name_of_this_machine_is_refused(editor: str, host: str) -> None:
    """DNS rebinding: a site's name that resolves to 127.0.0.1."""
    for path in ("/", "/main.js", "/api/model", "/api/scenes/0"):
        answer = httpx.get(f"{editor}{path}", headers={"Host": host})
        assert answer.status_code in (400, 403)
        assert "classes" not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost:1", "file://"])
def test_pages_of_other_sites_are_refused(editor: str, origin: str) -> None:
    answer = httpx.post(f"{editor}/api/paint", content=b"1234", headers={**HEADERS, "Origin": origin})
    assert (answer.status_code, answer.text) == (403, "this request comes from a page of another site")
    assert httpx.get(f"{editor}/api/model", headers={"Origin": origin}).status_code == 403
    preflight = httpx.options(f"{editor}/api/paint", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 403
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_what_a_form_can_send_is_refused(editor: str) -> None:
    answer = httpx.post(f"{editor}/api/paint", content=b"1234", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 403


def test_the_page_loads_nothing_from_elsewhere(editor: str) -> None:
    answer = httpx.get(editor)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "http://" not in answer.text.replace("http://www.w3.org", "")
    assert "https://" not in answer.text


@pytest.mark.parametrize("path", ["/app.py", "/../app.py", "/%2e%2e/app.py", "/page/main.js", "//etc/passwd"])
def test_nothing_but_the_page_is_served(editor: str, path: str) -> None:
    url = httpx.URL(editor)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:  # httpx would tidy the path
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 404")


def test_with_a_token_nothing_is_answered_without_it(guarded_editor: str) -> None:
    for path in ("/", "/main.js", "/api/model", "/?token=wrong", "/?token=", "/api/model?token=secret"):
        assert httpx.get(f"{guarded_editor}{path}").status_code == 403
    refused = httpx.get(f"{guarded_editor}/api/model", headers={"Cookie": "tfhd-editor=wrong"})
    assert refused.status_code == 403
    assert "token" in refused.text


def test_the_printed_address_lets_in_from_any_name(guarded_editor: str) -> None:
    with httpx.Client(base_url=guarded_editor, headers={"Host": "workstation:8600"}) as client:
        opened = client.get("/?token=secret")
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        session = {"Cookie": cookie.partition(";")[0]}
        assert client.get("/api/model", headers=session).status_code == 200
        assert client.get("/api/model", headers={**session, "Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("mine", False),
    ],
)
def test_only_loopback_needs_no_token(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
