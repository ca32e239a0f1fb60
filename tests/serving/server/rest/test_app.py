from __future__ import annotations

import base64
import gzip
import json
import math
import socket

import httpx
import pytest


def ask(url: str, body: str | bytes, **headers: str) -> httpx.Response:
    return httpx.post(url, content=body, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=60)


def echoed(url: str, signature: str, values: str) -> str:
    """The text that comes back for the text of some values."""
    answer = ask(url, f'{{"signature_name": "{signature}", "inputs": {values}}}')
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.text.removeprefix('{"outputs": ').removesuffix("}")


@pytest.mark.parametrize(
    ("signature", "sent", "written"),
    [
        ("float", "[0.2, 1, 2.5e10, 1e-7, 0.1234567]", "[0.2, 1.0, 2.5e+10, 1e-07, 0.123456702]"),
        ("double", "[0.1, 0.30000000000000004]", "[0.1, 0.30000000000000004]"),
        ("float", "[NaN, Infinity, -Infinity, 1e300]", "[NaN, Infinity, -Infinity, Infinity]"),
        ("small", "[300, -1, 255]", "[44, 255, 255]"),
        ("whole", "[-2147483648, 2147483647]", "[-2147483648, 2147483647]"),
        ("long", "[9223372036854775807]", "[9223372036854775807]"),
        ("flag", "[true, false]", "[true, false]"),
        ("scalar", "7", "7"),
        ("whole", "[]", "[]"),
        ("text", '["Stra\\u00dfe", {"b64": "YQ=="}]', '["Straße", "a"]'),
        ("file_bytes", '[{"b64": "AAH/"}, "plain"]', '[{"b64": "AAH/"}, {"b64": "cGxhaW4="}]'),
    ],
)
def test_values_come_back_as_tensorflow_serving_writes_them(echo: str, signature: str, sent: str, written: str) -> None:
    assert echoed(echo, signature, sent) == written


def test_text_that_is_no_utf8_is_written_as_it_is(echo: str) -> None:
    answer = ask(echo, '{"signature_name": "text", "inputs": [{"b64": "/w=="}]}')
    assert answer.content == b'{"outputs": ["\xff"]}'


@pytest.mark.parametrize(
    ("signature", "values"),
    [
        ("whole", "[true]"),
        ("whole", "[1, true]"),
        ("whole", "[1.0]"),
        ("whole", "[2147483648]"),
        ("whole", "[1e3]"),
        ("whole", '["1"]'),
        ("whole", "[null]"),
        ("whole", '[{"b64": "AA=="}]'),
        ("whole", "[[1], [1, 2]]"),
        ("whole", "[1, [1]]"),
        ("whole", "[[1], 1]"),
        ("small", "[3000000000]"),
        ("long", "[9223372036854775808]"),
        ("float", "[true]"),
        ("float", "[" + "9" * 400 + "]"),
        ("flag", "[1]"),
        ("text", "[1]"),
        ("text", '["\\ud800"]'),
        ("file_bytes", '[{"b64": "A-_="}]'),
        ("file_bytes", '[{"b64": "AAAAA"}]'),
        ("file_bytes", '[{"b64": "AA="}]'),
        ("file_bytes", '[{"b64": "AA=A"}]'),
        ("file_bytes", '[{"b64": 5}]'),
        ("half_out", "[1.5]"),
    ],
)
def test_values_that_do_not_fit_are_bad_requests(echo: str, signature: str, values: str) -> None:
    answer = ask(echo, f'{{"signature_name": "{signature}", "inputs": {values}}}')
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("text", ["AAH/\\n", "A A\\tH/", "AAH/AA", "AAH/AA==", "AAH/AA= ="])
def test_base64_may_have_white_space_and_no_padding(echo: str, text: str) -> None:
    expected = base64.b64decode("AAH/AA==") if "/AA" in text else base64.b64decode("AAH/")
    (found,) = json.loads(echoed(echo, "file_bytes", f'[{{"b64": "{text}"}}]'))
    assert base64.b64decode(found["b64"]) == expected


@pytest.mark.parametrize("signature", ["half", "wide"])
def test_numbers_that_json_cannot_hold_are_unimplemented_in_columns_and_bad_requests_in_rows(echo: str, signature: str) -> None:
    for form, status in (("inputs", 501), ("instances", 400)):
        answer = ask(echo, f'{{"signature_name": "{signature}", "{form}": [1]}}')
        assert answer.status_code == status
        assert "gRPC" in answer.json()["error"]


def test_further_columns_and_text_after_the_document_are_ignored_but_not_further_names_in_rows(echo: str) -> None:
    columns = '{"signature_name": "pair", "inputs": {"first": [[1, 2]], "second": [3], "third": "?"}} and more'
    assert ask(echo, columns).json() == {"outputs": {"first": [[1.0, 2.0]], "second": [3]}}
    rows = '{"signature_name": "pair", "instances": [{"first": [1, 2], "second": 3, "third": 4}]}'
    assert ask(echo, rows).status_code == 400


def test_rows_come_back_as_objects_and_of_one_output_as_values(echo: str) -> None:
    rows = '{"signature_name": "pair", "instances": [{"first": [1, 2], "second": 3}, {"first": [4, NaN], "second": 5}]}'
    first, second = ask(echo, rows).json()["predictions"]
    assert first == {"first": [1.0, 2.0], "second": 3}
    assert math.isnan(second["first"][1])
    assert ask(echo, '{"signature_name": "whole", "instances": [1, 2]}').json() == {"predictions": [1, 2]}


@pytest.mark.parametrize(
    "body",
    [
        '{"signature_name": "pair", "inputs": {"first": [[1]]}}',
        '{"signature_name": "pair", "inputs": [1]}',
        '{"signature_name": "pair", "instances": [1]}',
        '{"signature_name": "pair", "instances": [{"first": [1], "second": 1}, 5]}',
        '{"signature_name": "pair", "instances": [{"first": [1], "second": 1}, {"first": [1, 2], "second": 1}]}',
        '{"signature_name": "pair", "inputs": {"first": [[1], [2]], "second": [3]}, "instances": [1]}',
        '{"signature_name": "pair", "instances": []}',
        '{"signature_name": "pair", "instances": 5}',
        '{"signature_name": 5, "inputs": [1]}',
        '{"signature_name": "nothing", "inputs": [1]}',
        '"text"',
        "",
    ],
)
def test_requests_of_another_form_are_bad_requests(echo: str, body: str) -> None:
    answer = ask(echo, body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


def test_outputs_of_unequal_length_can_be_asked_in_columns_alone(echo: str) -> None:
    columns = ask(echo, '{"signature_name": "pair", "inputs": {"first": [[1], [2]], "second": [3]}}')
    assert columns.json() == {"outputs": {"first": [[1.0], [2.0]], "second": [3]}}


WHOLE = b'{"signature_name": "whole", "inputs": [1]}'


def test_a_gzip_body_is_unpacked_and_the_answer_is_never_packed(echo: str) -> None:
    answer = ask(echo, gzip.compress(WHOLE), Content_Encoding="gzip", Accept_Encoding="gzip")
    assert answer.json() == {"outputs": [1]}
    assert "content-encoding" not in answer.headers
    row = f'{{"signature_name": "pair", "inputs": {{"first": {[[1] * 100_000]}, "second": [1]}}}}'
    long = ask(echo, row, Accept_Encoding="gzip, deflate, br")
    assert "content-encoding" not in long.headers
    assert long.json()["outputs"]["first"] == [[1.0] * 100_000]


@pytest.mark.parametrize(
    "body",
    [WHOLE, gzip.compress(WHOLE)[:-9], gzip.compress(b" " * (101 * 2**20) + WHOLE), b""],
    ids=["not packed", "cut off", "too large", "empty"],
)
def test_a_gzip_body_that_is_none_or_too_large_unpacked_is_a_bad_request(echo: str, body: bytes) -> None:
    answer = ask(echo, body, Content_Encoding="gzip")
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert ask(echo, WHOLE).json() == {"outputs": [1]}


def test_an_answer_to_head_has_no_body(echo: str) -> None:
    host, port = httpx.URL(echo).host, httpx.URL(echo).port
    with socket.create_connection((host, port)) as connection:
        connection.sendall(f"HEAD /v1/models/default HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n")
