"""Twenty raters at once, while the server is killed: what was acknowledged is stored, once, and nothing else is."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.serving.study.conftest import client_of, tokens_of, vote_of
from tfhd.serving.study.votes import read_votes

RATERS = 20


class Server:
    """`study run` as a process of its own, which can be killed and started again on its port."""

    def __init__(self, study: Path) -> None:
        self._study = study
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "serving", "study", "run", str(self._study), "--port", str(self._port)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline().startswith("Serving ")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Rater(threading.Thread):
    """Votes until there is nothing left, and asks again whenever the server is away, as the page does."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, str] = {}
        self._client = client_of(url, token)

    def run(self) -> None:
        self._ask("POST", "consent")
        number = 0
        while trial := self._ask("POST", "next").json()["trial"]:
            for side in ("left", "right"):
                self._ask("GET", f"trials/{trial['id']}/{side}")
            number += 1
            choice = ("left", "right")[number % 3 == 0]
            self._ask("POST", f"trials/{trial['id']}", vote_of(trial, choice, uuid.uuid4().hex))
            self.acknowledged[trial["id"]] = choice
        self._client.close()

    def _ask(self, method: str, path: str, body: dict | None = None) -> httpx.Response:
        while True:
            try:
                return self._client.request(method, path, json=body).raise_for_status()
            except httpx.TransportError:
                time.sleep(0.1)


@pytest.mark.parametrize(("is_limited", "num_servers"), [(False, 2), (True, 1)], ids=["unlimited", "limited"])
def test_a_killed_server_loses_and_doubles_no_vote(make_study, is_limited, num_servers):
    study = make_study(
        votes_per_pair=RATERS, raters=RATERS, practice=1, check_every=6, limited_time=is_limited, min_checks_passed=0.0
    )
    servers = [Server(study) for _ in range(num_servers)]
    raters = [Rater(servers[number % num_servers].url, token) for number, token in enumerate(tokens_of(study))]
    try:
        for rater in raters:
            rater.start()
        for kills in (1, 2, 3):
            wait_for_votes(raters, kills * 25)
            servers[0].kill()
            servers[0].start()
        for rater in raters:
            rater.join(120)
    finally:
        for server in servers:
            server.kill()
    stored, asked = read_votes(study)
    assert asked == 4 * RATERS
    assert sum(vote.kind == "vote" for vote in stored) == asked
    acknowledged = {trial: choice for rater in raters for trial, choice in rater.acknowledged.items()}
    assert len(acknowledged) == len(stored)
    assert {vote.trial: vote.choice for vote in stored} == acknowledged


def wait_for_votes(raters: list[Rater], count: int) -> None:
    """Waits until so many votes were acknowledged; raters are in the midst of others then."""
    while sum(len(rater.acknowledged) for rater in raters) < count:
        assert any(rater.is_alive() for rater in raters), "the raters ended before the server could be killed"
        time.sleep(0.01)
