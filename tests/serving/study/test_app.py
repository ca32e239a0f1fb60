"""The web application over real sockets: what raters are told, and what is refused with nothing stored."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from tests.serving.study.conftest import client_of, served, show, tokens_of, vote_of
from tfhd.serving.study.votes import read_votes


@pytest.fixture
def study(make_study):
    return make_study(votes_per_pair=2, raters=2)


@pytest.fixture
def url(study):
    with served(study) as url:
        yield url


@pytest.fixture
def client(study, url):
    with client_of(url, tokens_of(study)[0]) as client:
        client.post("consent").raise_for_status()
        yield client


def refused(response: httpx.Response, status: int) -> str:
    """The one line of a refusal."""
    assert response.status_code == status, response.text
    assert response.text.count("\n") == 1
    return response.json()["error"]


def stored(study) -> int:
    return len(read_votes(study)[0])


def test_a_vote_is_stored(study, client):
    trial = show(client)
    assert client.post(f"trials/{trial['id']}", json=vote_of(trial, "right")).json() == {"is_stored": True}
    assert [vote.choice for vote in read_votes(study)[0]] == ["right"]
    assert client.get("study").json()["progress"] == {"done": 1, "total": 4}


def test_a_vote_sent_again_is_acknowledged_again_and_stored_once(study, client):
    trial = show(client)
    for _ in range(2):
        client.post(f"trials/{trial['id']}", json=vote_of(trial)).raise_for_status()
    assert stored(study) == 1


def test_a_second_vote_is_refused(study, client):
    trial = show(client)
    client.post(f"trials/{trial['id']}", json=vote_of(trial)).raise_for_status()
    line = refused(client.post(f"trials/{trial['id']}", json=vote_of(trial, "right", "another-nonce")), 409)
    assert "has your vote already" in line
    assert [vote.choice for vote in read_votes(study)[0]] == ["left"]


def test_a_vote_on_a_pair_that_was_never_given_is_refused(study, client):
    assert "no such trial" in refused(client.post("trials/never-given", json=vote_of({"seconds": None})), 404)
    assert stored(study) == 0


def test_a_vote_on_a_pair_that_was_not_loaded_is_refused(study, client):
    trial = client.post("next").json()["trial"]
    client.get(f"trials/{trial['id']}/left").raise_for_status()
    assert "not been shown" in refused(client.post(f"trials/{trial['id']}", json=vote_of(trial)), 409)
    assert stored(study) == 0


def test_another_raters_trial_is_refused(study, url, client):
    trial = show(client)
    with client_of(url, tokens_of(study)[1]) as other:
        other.post("consent").raise_for_status()
        assert "no such trial among yours" in refused(other.post(f"trials/{trial['id']}", json=vote_of(trial)), 404)
        refused(other.get(f"trials/{trial['id']}/left"), 404)
    assert stored(study) == 0


_UNKNOWN_TOKENS = ["-", "x", "0" * 22, "a' OR 1=1 --"]


def test_an_unknown_token_is_refused(study, url, client):
    trial = show(client)
    for token in _UNKNOWN_TOKENS:
        with client_of(url, token) as stranger:
            for method, path in (("GET", "study"), ("POST", "next"), ("GET", f"trials/{trial['id']}/left")):
                assert "not one of the study's" in refused(stranger.request(method, path), 401)
            refused(stranger.post(f"trials/{trial['id']}", json=vote_of(trial)), 401)
    assert stored(study) == 0


def test_nothing_is_given_before_consent(study, url):
    with client_of(url, tokens_of(study)[1]) as client:
        assert "agree to take part" in refused(client.post("next"), 403)


def test_after_the_end_there_is_nothing_to_vote_on(study, client):
    trials = []
    while trial := show(client):
        client.post(f"trials/{trial['id']}", json=vote_of(trial)).raise_for_status()
        trials.append(trial)
    assert len(trials) == 4  # every pair once
    refused(client.post(f"trials/{trials[-1]['id']}", json=vote_of(trial or trials[-1], "right", "after-the-end")), 409)
    refused(client.get(f"trials/{trials[-1]['id']}/left"), 409)
    assert stored(study) == 4


_OTHER_SIDES = [
    "..%2f..%2fstudy.json",
    "../../votes.sqlite",
    "%2e%2e%2fvotes.sqlite",
    "left%00",
    "middle",
    "left/../../study.json",
]


def test_only_the_two_pictures_of_a_trial_are_sent(study, url, client):
    trial = show(client)
    for side in _OTHER_SIDES:
        # Not through httpx, which would resolve the dots itself.
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            head = f"GET /api/trials/{trial['id']}/{side} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
            connection.sendall(f"{head}Authorization: Bearer {tokens_of(study)[0]}\r\n\r\n".encode())
            answer = connection.makefile("rb").read()
        assert answer.split()[1] == b"404"
        assert b"error" in answer
        assert b"PNG" not in answer
        assert b"SQLite" not in answer


def test_a_large_body_is_refused(study, client):
    trial = show(client)
    body = json.dumps(vote_of(trial, nonce="n" * (10 << 20)))
    assert "expected up to 4096" in refused(client.post(f"trials/{trial['id']}", content=body), 413)
    assert stored(study) == 0


_CHANGES = [
    {"choice": "both"},
    {"choice": None},
    {"nonce": "short"},
    {"nonce": "12345678\n"},
    {"answer_ms": -1},
    {"answer_ms": "900"},
    {"answer_ms": 1e300},
    {"trial": "another"},
    {"shown_ms": 250.0},
    {"shown_ms": 250.0, "frames": 15, "longest_frame_ms": 17.0, "clock": "frames"},
    {"is_interrupted": 2},
]


def test_a_vote_of_another_form_is_refused(study, client):
    trial = show(client)
    for change in _CHANGES:
        refused(client.post(f"trials/{trial['id']}", json=vote_of(trial) | change), 422)
    assert stored(study) == 0


_OTHER_BODIES = ["", "[]", "null", "{", '{"choice": "left"}', '{"answer_ms": NaN}', "[" * 4000, "\x00"]


def test_a_body_that_is_no_vote_is_refused(study, client):
    trial = show(client)
    for body in _OTHER_BODIES:
        refused(client.post(f"trials/{trial['id']}", content=body), 422)
    assert stored(study) == 0


def test_limited_time_needs_the_time_shown(make_study):
    study = make_study(name="limited", limited_time=True, seconds=(0.25,))
    with served(study) as url, client_of(url, tokens_of(study)[0]) as client:
        client.post("consent").raise_for_status()
        trial = show(client)
        refused(client.post(f"trials/{trial['id']}", json=vote_of({"seconds": None})), 422)
        assert stored(study) == 0


_OTHER_HOSTS = ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "localhost@evil.example"]


def test_other_names_of_the_host_are_refused(url):
    with client_of(url, "-") as client:
        for host in _OTHER_HOSTS:
            for path in (url, f"{url}/api/study"):
                assert "not served under this name" in refused(client.get(path, headers={"Host": host}), 421)


def test_the_page_asks_nobody_else(url):
    answer = httpx.get(url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    for path in ("/", "/study.css", "/presentation.js", "/study.js"):
        assert "http://" not in httpx.get(url + path).raise_for_status().text.replace("http://127.0.0.1", "")
        assert "https://" not in httpx.get(url + path).text


def test_unknown_paths_and_methods_are_refused_in_a_line(client, url):
    refused(httpx.get(f"{url}/nothing"), 404)
    refused(httpx.get(f"{url}/../study.json"), 404)
    refused(client.put("next"), 405)
    refused(client.get("next"), 405)


def test_a_database_that_cannot_be_written_acknowledges_nothing(study, client):
    trial = show(client)
    from tfhd.serving.study.database import connect

    blocker = connect(study)
    blocker.execute("CREATE TRIGGER full BEFORE INSERT ON votes BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    line = refused(client.post(f"trials/{trial['id']}", json=vote_of(trial)), 503)
    assert "nothing was stored" in line
    blocker.execute("DROP TRIGGER full")
    blocker.close()
    client.post(f"trials/{trial['id']}", json=vote_of(trial)).raise_for_status()
    assert stored(study) == 1


def test_a_study_that_was_moved_is_waited_for(study, url):
    moved = study.rename(study.with_name("moved"))
    with client_of(url, tokens_of(moved)[0]) as client:
        assert "nothing was stored; try again" in refused(client.post("consent"), 503)
        moved.rename(study)
        client.post("consent").raise_for_status()


def test_checks_look_like_other_trials(make_study):
    study = make_study(name="checked", check_every=1, votes_per_pair=1, raters=1, min_checks_passed=0.0)
    with served(study) as url, client_of(url, tokens_of(study)[0]) as client:
        client.post("consent").raise_for_status()
        answers = []
        while trial := show(client):
            answers.append({key: value for key, value in trial.items() if key != "id"})
            client.post(f"trials/{trial['id']}", json=vote_of(trial)).raise_for_status()
    kinds = [vote.kind for vote in read_votes(study)[0]]
    assert sorted(set(kinds)) == ["check", "vote"]
    assert kinds.count("vote") == 4
    assert answers == [{"seconds": None, "is_practice": False}] * len(kinds)


def test_a_picture_that_is_lost_is_told(study, client):
    trial = client.post("next").json()["trial"]
    for path in (study / "pictures").iterdir():
        path.unlink()
    assert "tell those who gave you the link" in refused(client.get(f"trials/{trial['id']}/left"), 410)


def test_progress_is_what_others_leave(make_study):
    study = make_study(name="shared", votes_per_pair=1, raters=2)
    with served(study) as url:
        first, second = (client_of(url, token) for token in tokens_of(study))
        with first, second:
            for client in (first, second):
                client.post("consent").raise_for_status()
            trial = show(second)
            assert second.get("study").json()["progress"] == {"done": 0, "total": 4}
            while own := show(first):
                first.post(f"trials/{own['id']}", json=vote_of(own)).raise_for_status()
            assert first.get("study").json()["progress"] == {"done": 3, "total": 3}
            assert second.get("study").json()["progress"] == {"done": 0, "total": 1}
            second.post(f"trials/{trial['id']}", json=vote_of(trial)).raise_for_status()
            assert second.get("study").json()["progress"] == {"done": 1, "total": 1}


def test_the_size_on_the_screen_is_stored(study, client):
    trial = show(client)
    size = {"width": 512.5, "height": 256.25, "pixel_ratio": 2.0, "is_stacked": True}
    client.post(f"trials/{trial['id']}", json=vote_of(trial) | size).raise_for_status()
    (vote,) = read_votes(study)[0]
    assert (vote.width, vote.height, vote.pixel_ratio, vote.is_stacked) == (512.5, 256.25, 2.0, 1)
