"""Which region-years have enough data to be measured."""

from __future__ import annotations
