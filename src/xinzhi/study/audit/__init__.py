"""Hold a run against the fifteen known pitfalls of composite indices."""

from __future__ import annotations

from xinzhi.study.audit.auditing import audit
from xinzhi.study.audit.findings import PITFALLS, Audit, Finding, Severity
from xinzhi.study.audit.labels import overlap
from xinzhi.study.audit.subject import Limits

__all__ = ["PITFALLS", "Audit", "Finding", "Limits", "Severity", "audit", "overlap"]
