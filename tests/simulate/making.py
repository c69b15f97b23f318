"""Runs that stand in for the model's, where only what becomes of runs matters."""

import os
import time

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.simulate.ensemble import Task


def tasks(n, **more):
    return [Task({"seed": seed, **more}, f"run {seed}", f"运行 {seed}") for seed in range(n)]


def walk(settings):
    """A random walk: a function of its settings alone."""
    time.sleep(settings.get("sleep", 0))
    rng = np.random.default_rng(settings["seed"])
    return {"path": rng.normal(size=50).cumsum(), "count": np.array([settings["seed"]])}


def walk_but_some(settings):
    """A walk on which every third seed fails, in one of three ways."""
    if settings["seed"] % 9 == 2:
        raise MethodError(Fault("no-firm-left", "no firm is left.", "没有企业存续。"))
    if settings["seed"] % 9 == 5:
        raise ZeroDivisionError("nothing to divide by")
    if settings["seed"] % 9 == 8:
        return {"path": np.array([object()])}
    return walk(settings)


def walk_but_one_ends_its_process(settings):
    if settings["seed"] == settings["deadly"]:
        os._exit(3)
    return walk(settings)


def files_in(folder):
    """Every file of a folder by its place, but for the lock, which says who was there last."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
