"""What a study file may say."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.sources import IndicatorSpec, SourceSpec
from xinzhi.data.structures import Matched, Structure, structure
from xinzhi.measure.spec import IndexSpec
from xinzhi.measure.tree import Element, Indicator
from xinzhi.study.ladder.spec import IndustriesSpec, LadderChoice
from xinzhi.study.records.spec import RecordsSpec
from xinzhi.study.simulation.spec import SimulateSpec
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.digital_spec import DigitalSpec
from xinzhi.study.structure.spec import ConcordanceSpec, FusionSpec, LinksSpec
from xinzhi.study.structure.topic_spec import EmergenceSpec
from xinzhi.study.vary.choices import VarySpec
from xinzhi.study.vary.claims import Claim
from xinzhi.study.vary.statistics import Follow

Regions = Literal["china-provinces", "countries", "us-states", "eu-countries", "model-country", "own"]


# What of a study asks what regions are made of, and stands without an index.
STRUCTURE_KEYS = ("records", "links", "emergence", "dependency", "industries", "digital")


class About(Spec):
    """What the study is about: its title, whose regions, which years."""

    title: Text
    regions: Regions = "own"
    years: tuple[int, int] | None = None
    keep_regions: tuple[str, ...] = ()
    drop_regions: tuple[str, ...] = ()
    fictional: bool = False
    note: Text | None = None

    @field_validator("years")
    @classmethod
    def _forwards(cls, years: tuple[int, int] | None) -> tuple[int, int] | None:
        if years and years[0] > years[1]:
            first, last = years
            raise FaultyValue(
                "years-out-of-order",
                f"years run backwards: {first} to {last}. Write the first year first: years = [{last}, {first}].",
                f"年份次序颠倒：{first} 至 {last}。请先写起始年份：years = [{last}, {first}]。",
            )
        return years

    @model_validator(mode="after")
    def _one_way(self) -> About:
        if both := sorted(set(self.keep_regions) & set(self.drop_regions)):
            raise FaultyValue(
                "kept-and-dropped",
                f"these regions are both kept and dropped: {', '.join(both)}. Name each in one list only.",
                f"以下地区既要保留又要剔除：{'、'.join(both)}。每个地区只能列入一处。",
            )
        return self


class StructureChoice(Spec):
    """An index whose tree comes from the catalogue, matched to what the study has; ``changes`` set the methods.

    ``weights`` are stated weights by code, of whole families: all that data were found for under one parent.
    """

    structure: str
    match: dict[str, str] = Field(default_factory=dict)
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    changes: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "changes" in given:
            return given
        settable = IndexSpec.model_fields.keys() - {"elements", "indicators"}
        return {key: value for key, value in given.items() if key not in settable} | {
            "changes": {key: value for key, value in given.items() if key in settable}
        }

    @field_validator("structure")
    @classmethod
    def _in_the_catalogue(cls, name: str) -> str:
        return structure(name).code

    @model_validator(mode="after")
    def _of_known_codes(self) -> StructureChoice:
        whole = structure(self.structure)
        known = {one.code for one in whole.elements} | {one.code for one in whole.indicators}
        if stray := sorted(self.weights.keys() - known):
            raise FaultyValue(
                "unknown-node",
                f"weights name {', '.join(stray)}, which '{self.structure}' does not have.",
                f"weights 列出了“{self.structure}”中没有的 {'、'.join(stray)}。",
            )
        return self

    def on(self, tree: Structure | Matched) -> IndexSpec:
        """The index this choice makes of a structure, whole or as far as data carry it.

        Raises pydantic's ``ValidationError`` where the changes do not fit, ``FaultyValue`` where the weights do not.
        """
        title = tree.title if isinstance(tree, Structure) else tree.structure.title
        elements, indicators = _nodes(tree.elements, Element), _nodes(tree.indicators, Indicator)
        if isinstance(tree, Matched):  # what data will be found for is not known of the whole
            self._weigh([*elements, *indicators])
        return IndexSpec.model_validate({"title": title, "elements": elements, "indicators": indicators} | self.changes)

    def _weigh(self, nodes: list[dict[str, Any]]) -> None:
        """Put the stated weights to their nodes. Raises ``FaultyValue`` for a family that is named in part."""
        named = {node["parent"] for node in nodes if node["code"] in self.weights}
        if left := [node["code"] for node in nodes if node["parent"] in named and node["code"] not in self.weights]:
            raise FaultyValue(
                "weights-of-part",
                f"weights are stated for some of a family and not for the rest: {', '.join(left)}. State them too.",
                f"同一上级之下只有部分下级给出了权重，尚缺：{'、'.join(left)}。请一并给出。",
            )
        for node in nodes:
            node["weight"] = self.weights.get(node["code"], node["weight"])


def _nodes(parts: Iterable[object], kind: type[Element]) -> list[dict[str, Any]]:
    """Elements or indicators of a structure, with what of them an index says too."""
    return [{key: getattr(part, key) for key in kind.model_fields if hasattr(part, key)} for part in parts]


class ReportSpec(Spec):
    """How the report draws its map: as tiles, or from the study's own GeoJSON keyed by ``geojson_key``."""

    map: str = "tiles"
    geojson_key: str | None = None


def _kind_of_index(given: Any) -> str:
    chosen = "structure" in given if isinstance(given, dict) else isinstance(given, StructureChoice)
    return "structure" if chosen else "tree"


class StudySpec(Spec):
    """A study: what it is about, where its data are, what index it builds, what varies and what is claimed of it.

    ``records`` are counted, ``links`` say who does what, ``emergence`` which topics grow, ``dependency`` who supplies
    whom, ``industries`` what industries measure, which ``ladder`` places on rungs; they need no index and not one
    another, nor does ``simulate``, which grows worlds from them or from the model country. Without any of these and
    without an index a study can be checked but not run. A claim needs ``vary``: it is
    judged by the versions. Of ``fusion`` every stage but the last must be links, and every step from one to the next a
    ``concordance``.
    """

    study: About
    records: tuple[RecordsSpec, ...] = ()
    links: tuple[LinksSpec, ...] = ()
    emergence: tuple[EmergenceSpec, ...] = ()
    dependency: tuple[DependencySpec, ...] = ()
    industries: tuple[IndustriesSpec, ...] = ()
    ladder: LadderChoice | None = None
    digital: DigitalSpec | None = None
    simulate: SimulateSpec | None = None
    source: Annotated[tuple[SourceSpec, ...], Field(validate_default=True)] = ()
    concordance: tuple[ConcordanceSpec, ...] = ()
    fusion: FusionSpec | None = None
    indicator: tuple[IndicatorSpec, ...] = ()
    index: (
        Annotated[
            Annotated[StructureChoice, Tag("structure")] | Annotated[IndexSpec, Tag("tree")],
            Discriminator(_kind_of_index),
        ]
        | None
    ) = None
    vary: VarySpec | None = None
    follow: tuple[Follow, ...] = ()
    claim: tuple[Claim, ...] = ()
    report: ReportSpec = ReportSpec()

    @field_validator("records")
    @classmethod
    def _records_once(cls, blocks: tuple[RecordsSpec, ...]) -> tuple[RecordsSpec, ...]:
        if twice := _twice(blocks):
            raise FaultyValue(
                "records-name-twice",
                f"every block of records needs a name of its own; found more than once: {', '.join(twice)}.",
                f"每组记录须有各自的名称；重复：{'、'.join(twice)}。",
            )
        return blocks

    @field_validator("links")
    @classmethod
    def _named_once(cls, links: tuple[LinksSpec, ...]) -> tuple[LinksSpec, ...]:
        names = [one.name for one in links]
        if twice := sorted({name for name in names if names.count(name) > 1 or name == "fusion"}):
            raise FaultyValue(
                "links-name-twice",
                f"every block of links needs a name of its own, other than 'fusion'; found: {', '.join(twice)}.",
                f"每组关联数据须有各自的名称，且不得为“fusion”；现有：{'、'.join(twice)}。",
            )
        return links

    @field_validator("source")
    @classmethod
    def _something_to_read(cls, sources: tuple[SourceSpec, ...], info: ValidationInfo) -> tuple[SourceSpec, ...]:
        if not sources and not _of_structure(info) and not info.data.get("simulate", True):
            raise FaultyValue(
                "no-data-named",
                "the study names no data. Add a [[source]] for an index, [[links]] for who does what, [[emergence]] "
                "for topics, [[dependency]] for supply, [[industries]] for the ladder, [[records]] to be counted, or "
                "[simulate] for worlds to grow.",
                "研究未写明数据。请为指数添加 [[source]]，为“谁从事什么”添加 [[links]]，为主题添加 [[emergence]]，"
                "为供给关系添加 [[dependency]]，为产业梯级添加 [[industries]]，添加待统计的 [[records]]，"
                "或添加 [simulate] 以进行模拟。",
            )
        return sources

    @field_validator("index")
    @classmethod
    def _of_something(cls, index: Any, info: ValidationInfo) -> Any:
        if index is not None and info.data.get("source", ...) == ():
            raise FaultyValue(
                "index-without-source",
                "an index is built of indicators, and the study names no [[source]] of any. Add one.",
                "指数由指标构成，而研究未写明任何 [[source]]。请添加。",
            )
        return index

    @field_validator("vary", "follow")
    @classmethod
    def _of_an_index(cls, asked: Any, info: ValidationInfo) -> Any:
        # A study of sources alone may still be waiting for its index.
        waiting = not any(info.data.get(key) for key in (*STRUCTURE_KEYS, "simulate"))
        if asked and not waiting and info.data.get("index", ...) is None:
            raise FaultyValue(
                "vary-without-index",
                "this is asked of an index, and the study has none. Add [index], or remove it.",
                "此项针对指数，而研究没有 [index]。请添加 [index]，或删除此项。",
            )
        return asked

    @field_validator("fusion")
    @classmethod
    def _linked_up(cls, fusion: FusionSpec | None, info: ValidationInfo) -> FusionSpec | None:
        if fusion is None or not {"links", "concordance"} <= info.data.keys():
            return fusion
        names = [one.name for one in info.data["links"]]
        if strange := [stage for stage in fusion.chain[:-1] if stage not in names]:
            raise FaultyValue(
                "unknown-stage",
                f"stages of the chain that no links are named after: {', '.join(strange)}. "
                f"Links: {', '.join(names) or 'none'}.",
                f"链条中以下环节没有同名的关联数据：{'、'.join(strange)}。现有：{'、'.join(names) or '无'}。",
            )
        ways = {(one.source, one.target) for one in info.data["concordance"]}
        if lacking := [step for step in pairwise(fusion.chain) if step not in ways]:
            told = ", ".join(f"{first} → {then}" for first, then in lacking)
            raise FaultyValue(
                "no-concordance",
                f"these steps of the chain have no [[concordance]]: {told}. Add one with source and target.",
                f"链条的以下各步缺少 [[concordance]]：{told}。请添加，并写明 source 与 target。",
            )
        if len(fusion.chain) == 2 and fusion.chain[-1] not in names:
            raise FaultyValue(
                "unknown-stage",
                f"two stages must have links to be held together; '{fusion.chain[-1]}' has none.",
                f"至少两个环节须有关联数据方可比较；“{fusion.chain[-1]}”没有。",
            )
        return fusion

    @field_validator("emergence")
    @classmethod
    def _topics_once(cls, blocks: tuple[EmergenceSpec, ...]) -> tuple[EmergenceSpec, ...]:
        if twice := _twice(blocks):
            raise FaultyValue(
                "emergence-name-twice",
                f"every block of topics needs a name of its own; found more than once: {', '.join(twice)}.",
                f"每组主题须有各自的名称；重复：{'、'.join(twice)}。",
            )
        return blocks

    @field_validator("dependency")
    @classmethod
    def _supply_once(cls, blocks: tuple[DependencySpec, ...]) -> tuple[DependencySpec, ...]:
        if twice := _twice(blocks):
            raise FaultyValue(
                "dependency-name-twice",
                f"every block of supply needs a name of its own; found more than once: {', '.join(twice)}.",
                f"每组供给数据须有各自的名称；重复：{'、'.join(twice)}。",
            )
        return blocks

    @field_validator("industries")
    @classmethod
    def _industries_once(cls, blocks: tuple[IndustriesSpec, ...]) -> tuple[IndustriesSpec, ...]:
        if twice := _twice(blocks):
            raise FaultyValue(
                "industries-name-twice",
                f"every block of industries needs a name of its own; found more than once: {', '.join(twice)}.",
                f"每组产业数据须有各自的名称；重复：{'、'.join(twice)}。",
            )
        return blocks

    @field_validator("ladder")
    @classmethod
    def _of_industries(cls, ladder: LadderChoice | None, info: ValidationInfo) -> LadderChoice | None:
        if ladder is not None and info.data.get("industries") == ():
            raise FaultyValue(
                "ladder-without-industries",
                "the ladder is of industries, and the study has none. Add [[industries]], or remove it.",
                "梯级针对产业，而研究没有 [[industries]]。请添加，或删除此项。",
            )
        return ladder

    @field_validator("claim")
    @classmethod
    def _judged(cls, claims: tuple[Claim, ...], info: ValidationInfo) -> tuple[Claim, ...]:
        # A faulty [vary] is not among the data; it has been told of already.
        if claims and info.data.get("vary", ...) is None:
            raise FaultyValue(
                "claim-without-vary",
                "a claim is judged by the versions of the index, and nothing varies. Add a block such as: [vary]  "
                'normalise = ["min-max", "z-score"]  noise = { share = 0.25 }.',
                "论断须由指数的各种方案来检验，而研究文件没有说明哪些选择变动。请添加，例如：[vary]  "
                'normalise = ["min-max", "z-score"]  noise = { share = 0.25 }。',
            )
        return claims

    @property
    def title(self) -> Text:
        """The study's title."""
        return self.study.title

    @property
    def of_structure(self) -> bool:
        """Whether the study asks what regions are made of: records, links, topics, supply or industries."""
        return any(getattr(self, key) for key in STRUCTURE_KEYS)

    @property
    def climbs(self) -> LadderChoice:
        """How industries are placed: as the study says, else by the thresholds that are usual."""
        return self.ladder or LadderChoice()


def _of_structure(info: ValidationInfo) -> bool:
    # Faulty blocks are not among the data; they have been told of already.
    return any(info.data.get(key, True) for key in STRUCTURE_KEYS)


def _twice(
    blocks: tuple[RecordsSpec | EmergenceSpec | DependencySpec | IndustriesSpec, ...],
) -> list[str]:
    names = [one.name for one in blocks]
    return sorted({name for name in names if names.count(name) > 1})
