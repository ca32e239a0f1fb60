"""Splits a request with more samples than a batch takes, and puts its answers together."""

from __future__ import annotations

import dataclasses

import numpy as np

from tfhd_client import Arrays

from ..in_process.session import Call


def split_call(call: Call, samples: int, most: int | None) -> list[tuple[Call, int]]:
    """Returns requests of at most `most` of the `samples` samples, each with its number of samples; None does not split."""
    if most is None or samples <= most:
        return [(call, samples)]
    parts = []
    for start in range(0, samples, most):
        rows = {name: value if name in call.defaults else value[start : start + most] for name, value in call.inputs.items()}
        parts.append((dataclasses.replace(call, inputs=rows), min(most, samples - start)))
    return parts


def join_answers(answers: list[Arrays]) -> Arrays:
    """Returns the outputs of all parts, one after the other."""
    if len(answers) == 1:
        return answers[0]
    return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
