"""Variants over the network: the study files of a study, and new ones beside them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.specs import Text
from xinzhi.web.answers import REFUSED, Refused, StudyId, encoded
from xinzhi.web.describing import VariantBrief, variant_brief
from xinzhi.web.grounds import Ground, Grounds
from xinzhi.web.shelf import Shelf, StudyOnShelf
from xinzhi.web.what_if import ChangesAsked, refuse_broken


class Titled(BaseModel):
    """A title in one language or both."""

    model_config = ConfigDict(extra="forbid")

    en: str | None = Field(default=None, max_length=500)
    zh: str | None = Field(default=None, max_length=500)


class VariantAsked(BaseModel):
    """A variant to be written: its name, and what it changes of the study as of a run or as of a study file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    title: str | Titled | None = None
    changes: ChangesAsked
    of_run: str | None = Field(default=None, max_length=20)
    of_variant: str | None = Field(default=None, max_length=120)


class VariantTold(VariantBrief):
    """A variant with its text."""

    text: str


class Variants(BaseModel):
    """The study files of a study, its own first."""

    variants: list[VariantBrief]


def routes(shelf: Shelf, grounds: Grounds) -> APIRouter:
    """The addresses of variants, below those of a study."""
    router = APIRouter(tags=["variants"], responses=REFUSED)

    @router.get("/studies/{study}/variants", response_model=Variants)
    def list_variants(study: StudyId) -> Response:
        """The study files of a study, its own first."""
        found = shelf.study(study)
        return _json({"variants": [variant_brief(found, one) for one in found.variants]})

    @router.post("/studies/{study}/variants", response_model=VariantTold, status_code=201)
    async def new_variant(study: StudyId, asked: VariantAsked) -> Response:
        """Write a study file beside those that are there; none is ever written over."""
        return await grounds.in_turn(lambda: _json(written(shelf, grounds, study, asked), status=201))

    return router


def written(shelf: Shelf, grounds: Grounds, study: str, asked: VariantAsked) -> dict[str, Any]:
    """Write a variant; returns a ``VariantTold``. Raises ``StudyError``, and ``Refused`` where none can be written."""
    from xinzhi.study.variants import checked_name, variant, write_variant

    found = shelf.study(study)
    checked_name(asked.name)
    if asked.of_run is not None and asked.of_variant is not None:
        raise StudyError(_TWO_ORIGINS)
    changes, title = asked.changes.changes(), _title(asked.title)
    ground = _ground(found, asked, grounds)
    made = variant(ground.study, ground.panel, changes, name=asked.name, title=title)
    try:
        path = write_variant(made)
    except StudyError as error:
        raise Refused(409, error.faults) from None
    found = shelf.study(study)
    new = next((one for one in found.variants if one.path.name == path.name), None)
    assert new is not None, "a variant that was written is on the shelf"
    return variant_brief(found, new) | {"text": made.text}


def _ground(study: StudyOnShelf, asked: VariantAsked, grounds: Grounds) -> Ground:
    """What the changes start from: a run's study as it stood then, or a study file as it stands now."""
    if asked.of_run is not None:
        return grounds.of(study.run(asked.of_run))
    return grounds.of_file(study.variant(asked.of_variant).path if asked.of_variant else study.main.path)


_TWO_ORIGINS = Fault(
    "two-origins",
    "a variant comes from a run or from a study file, not from both. Give of_run or of_variant.",
    "方案只能出自一次运行或一个研究文件，不能两者兼有。请只给出 of_run 或 of_variant。",
    column="of_variant",
)


def _title(asked: str | Titled | None) -> Text | None:
    if asked is None:
        return None
    said = {"en": asked, "zh": asked} if isinstance(asked, str) else asked.model_dump(exclude_none=True)
    refuse_broken(said, "title")
    if any(one.strip() for one in said.values()):
        return Text.of(said)
    raise StudyError(
        Fault(
            "empty-title",
            "a title needs words in one language or both; leave it out for the study's own with the name behind it.",
            "标题须至少以一种语言写出；不写则沿用原研究标题并附方案名称。",
            column="title",
        )
    )


def _json(told: Any, status: int = 200) -> Response:
    return Response(encoded(told), status, media_type="application/json")
