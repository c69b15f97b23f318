"""The command line. Heavy parts are imported inside the commands, so that help answers at once.

Exit codes: 0 fine, 2 something the person can mend, 1 our own failure, 130 interrupted.
"""

from __future__ import annotations

import io
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinzhi import __version__
from xinzhi.console import OURS, SHOWN, THEIRS, Answer, Lang, answering
from xinzhi.core.errors import Fault, errors_in

if TYPE_CHECKING:
    from xinzhi.data.sources import Repair
    from xinzhi.data.taxonomies import Taxonomy
    from xinzhi.study.checking import Checked
    from xinzhi.study.ladder.results import Placed
    from xinzhi.study.records.results import Tallied
    from xinzhi.study.simulation.beginning import Begun


class Form(StrEnum):
    """What a document can be."""

    PDF = "pdf"
    DOCX = "docx"
    BIB = "bib"


class Template(StrEnum):
    """What `new` can start from."""

    PROVINCES = "provinces"
    COUNTRIES = "countries"
    PARK = "park"
    SIMULATION = "simulation"
    CLAIMS = "claims"


app = typer.Typer(
    help="Xinzhi 新质: from a study file to a defended index. 从研究文件到经得起推敲的指数。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
)

LangOption = Annotated[
    Lang | None, typer.Option("--lang", help="Language (else $XINZHI_LANG, else the locale). 语言。")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print data instead of text. 以 JSON 输出。")]
StudyArgument = Annotated[
    Path, typer.Argument(metavar="STUDY", help="A study folder or its study.toml. 研究文件夹或 study.toml。")
]


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a character shows a question mark instead of failing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(args, prog_name="xinzhi")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xinzhi {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    lang: LangOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version. 显示版本。")
    ] = False,
) -> None:
    context.obj = lang


# --- Commands -------------------------------------------------------------------------------------------------


@app.command(short_help="Make a study to start from 新建研究")
def new(
    context: typer.Context,
    name: Annotated[Path, typer.Argument(help="The folder to make. 要新建的文件夹。")],
    template: Annotated[Template, typer.Option(help="What to start from. 模板。")] = Template.PROVINCES,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a study to start from, with fictional data that runs at once. 新建一个可立即运行的研究。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.study.starting import start

        files = start(name, template.value)
        answer.data({"folder": str(name), "files": files})
        answer.say(
            f"Made {name} with {', '.join(files)}. The data are fictional.\nNow: xinzhi run {shlex.quote(str(name))}",
            f"已新建 {name}，内含 {'、'.join(files)}。数据为虚构。\n接着运行：xinzhi run {shlex.quote(str(name))}",
        )


@app.command(short_help="List every fault in a study and its data 检查研究")
def check(
    context: typer.Context,
    study: StudyArgument = Path(),
    lang: LangOption = None,
    as_json: JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help="Show every fault of a kind. 显示全部问题。")] = False,
) -> None:
    """Every fault in the study and its data at once. 一次列出研究及数据中的全部问题。"""
    with answering(lang or context.obj, as_json) as answer:
        with answer.progress("load") as tell:
            from xinzhi.report.shapes import read_shapes
            from xinzhi.study.checking import examine

            checked = examine(study, tell=tell, draw=read_shapes)
        answer.data(_checked_data(checked))
        if not as_json:
            _print_checked(answer, checked, limit=None if every else SHOWN)
        if errors_in(checked.faults):
            raise typer.Exit(THEIRS)


@app.command(short_help="Compute, write results and a report; or repeat a run 运行或复现")
def run(
    context: typer.Context,
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY", help="A study folder, or a run folder to repeat. 研究文件夹；或要复现的运行文件夹。"
        ),
    ] = Path(),
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compute, write results and a report; given an earlier run, repeat it. 计算并写出结果与报告；或复现已有运行。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.study.outputs import is_record

        if is_record(study):
            _repeat(answer, study)
        else:
            _run(answer, study)


@app.command(short_help="Serve studies as a web app 以网页应用提供")
def serve(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER]...", help="A study, or a folder of studies. 研究文件夹或存放研究的文件夹。"),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where to listen; only this machine by default. 监听地址，默认仅限本机。")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes any that is free. 端口，0 为任取空闲端口。")
    ] = 8000,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Studies and their runs as a web app, until stopped with Ctrl+C. 以网页应用提供研究与运行，按 Ctrl+C 停止。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.web.serving import Place, serve

        def tell(place: Place) -> None:
            answer.data({"address": place.address, "host": place.host, "port": place.port})
            answer.say(
                f"Xinzhi is at {place.address} (stop with Ctrl+C)", f"Xinzhi 已启动：{place.address}（按 Ctrl+C 停止）"
            )

        serve(folders or [Path()], host, port, tell)


@app.command(short_help="List the methods, their options and sources 方法一览")
def methods(
    context: typer.Context,
    which: Annotated[
        str | None, typer.Argument(metavar="[FAMILY|NAME]", help="One family or method. 方法族或方法。")
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every method, its options and its source. 全部方法、选项与出处。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.study.methods import described

        found = described(which)
        answer.data([method.to_dict() for method in found])
        if not as_json:
            _print_methods(answer, found, whole=which is not None)


@app.command(short_help="List the taxonomies of industries and technologies 分类一览")
def taxonomies(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One taxonomy with its classes. 某一分类。")
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every taxonomy and where it comes from; or the classes of one. 全部分类及其出处；或某一分类所含各类。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.data import taxonomies as catalogue

        found = [catalogue.taxonomy(name)] if name else list(catalogue.taxonomies().values())
        answer.data([taxonomy.model_dump(mode="json") for taxonomy in found])
        if not as_json:
            _print_taxonomies(answer, found, whole=name is not None)


@app.command(short_help="Recognise records by a taxonomy 识别记录")
def recognise(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table with a row a record. 每行一条记录的表。")],
    taxonomy: Annotated[str, typer.Option(help="A taxonomy by name, or a TOML file. 分类名称或 TOML 文件。")],
    text: Annotated[list[str] | None, typer.Option(help="A column of text; may be repeated. 文本列，可重复。")] = None,
    codes: Annotated[
        list[str] | None, typer.Option(metavar="SCHEME=COLUMN", help="A column of codes, as cpc=COLUMN. 代码列。")
    ] = None,
    ids: Annotated[str | None, typer.Option(help="The column that tells records apart. 区分记录的列。")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="A table with columns id and classes to be held against. 含 id、classes 的标注表。"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write a row a record and class (.csv, .parquet). 结果文件。")
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which classes of a taxonomy records belong to, and what speaks for it. 识别记录所属的类，并给出依据。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.study.records.door import recognised_file

        with answer.progress("records"):
            found, evaluation = recognised_file(file, taxonomy, text or [], codes or [], ids, labels, out)
        counts = {code: int(many) for code, many in found.counts.items()}
        answer.data({"records": len(found.ids), "classes": counts, "outcomes": Counter(found.outcome.tolist())})
        answer.say(found.say("en"), found.say("zh"))
        for note in found.notes:
            answer.say(f"  {note.say('en')}", f"  {note.say('zh')}")
        if evaluation is not None:
            answer.say(f"\n{evaluation.say('en')}", f"\n{evaluation.say('zh')}")


@app.command(short_help="Run the fictional model country 运行演示")
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to make it. 所在文件夹。")] = Path("demo"),
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """The model country, which is fictional, from nothing to a report. 从零运行虚构的模型国，直至报告。"""
    with answering(lang or context.obj, as_json) as answer:
        from xinzhi.study.starting import demo_study

        _run(answer, demo_study(folder))
        named = shlex.quote(str(folder))
        answer.say(
            f"Other choices: xinzhi serve {named}\nAs Word: xinzhi document {named} --to docx",
            f"试改方案：xinzhi serve {named}\n生成 Word 文档：xinzhi document {named} --to docx",
        )


@app.command(short_help="Set a run as PDF, Word or BibTeX 生成文档")
def document(
    context: typer.Context,
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="A run folder, or a study for its latest. 运行文件夹，或研究（取最近一次）。"
        ),
    ] = Path(),
    to: Annotated[Form, typer.Option(help="What to make. 文档格式。")] = Form.PDF,
    out: Annotated[Path | None, typer.Option(help="The file to write; none is overwritten. 输出文件，不覆盖。")] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """A run as a paper, in the language asked for. 将一次运行排成论文式文档，语言由 --lang 指定。"""
    with answering(lang or context.obj, as_json) as answer:
        with answer.progress("document"):
            from xinzhi.report.documents.writing import write_document

            made = write_document(run, to.value, answer.language, out)
        answer.data({"file": str(made.file), "bytes": made.size, "unprintable": list(made.unprintable)})
        answer.say(f"Document: {made.file}", f"文档：{made.file}")
        if made.unprintable:
            some = " ".join(made.unprintable[:SHOWN])
            answer.say(
                f"{len(made.unprintable)} characters are not in its fonts and are printed as codes: {some}",
                f"所用字体缺少 {len(made.unprintable)} 个字符，均以编码印出：{some}",
            )


# --- What the commands do ---------------------------------------------------------------------------------------


def _run(answer: Answer, path: Path) -> None:
    with answer.progress("load") as tell:
        from xinzhi import report
        from xinzhi.study.outputs import write
        from xinzhi.study.reading import read_study
        from xinzhi.study.running import run as compute
        from xinzhi.study.simulation.keeping import cache_of
        from xinzhi.study.summary import as_data, in_words

        study = read_study(path)
        result = compute(study, tell=tell, progress=tell.share, cache=cache_of(study))
        tell("write")
        folder = write(result, pages=report.write)
    answer.data(as_data(result, folder))
    answer.say(in_words(result, folder, "en"), in_words(result, folder, "zh"))


def _repeat(answer: Answer, path: Path) -> None:
    with answer.progress("load") as tell:
        from xinzhi import report
        from xinzhi.study.repeating import repeat

        repeated = repeat(path, pages=report.write, tell=tell)
    answer.data(repeated.to_dict())
    answer.say(repeated.say("en"), repeated.say("zh"))
    if not repeated.same:
        raise typer.Exit(OURS)


def _checked_data(checked: Checked) -> dict[str, Any]:
    return {
        "ok": not errors_in(checked.faults),
        "runs": checked.runs,
        "faults": [fault.to_dict() for fault in checked.faults],
        "repairs": [repair.to_dict() for repair in checked.data.repairs] if checked.data else [],
        "sources": [source.to_dict() for source in checked.data.sources] if checked.data else [],
        "matched": checked.settled.matched if checked.settled else {},
        "missing": {leaf.code: leaf.name.model_dump() for leaf in checked.settled.missing} if checked.settled else {},
        "links": [
            {
                "name": space.name,
                "file": space.spec.file,
                "regions": len(space.links.regions),
                "activities": len(space.links.activities),
                "periods": list(space.links.periods),
            }
            for space in (checked.structure.spaces.values() if checked.structure else ())
        ],
        "records": [
            {
                "name": name,
                "file": block.spec.file,
                "rows": block.cleaning.rows,
                "repeats": block.taken_out,
                "counted": block.placed,
                "by": list(block.sides),
            }
            for name, block in _recorded(checked).items()
        ],
        "industries": [
            {
                "name": name,
                "file": placed.spec.file,
                "series": int(placed.industries.values.sizes["series"]),
                "measures": list(placed.industries.measures),
                "years": [int(placed.industries.values["time"].values[at]) for at in (0, -1)],
            }
            for name, placed in _placed(checked).items()
        ],
        "world": _world(checked.begun) if checked.begun else None,
    }


def _world(begun: Begun) -> dict[str, Any]:
    """What simulated worlds would begin from."""
    start = begun.start
    return {
        "year": start.first_year,
        "regions": len(start.regions),
        "industries": len(start.industries),
        "technologies": len(start.technologies),
        "assumed": [one.field for one in begun.beginning.assumed],
    }


def _recorded(checked: Checked) -> Mapping[str, Tallied]:
    """The blocks of records that a check has seen."""
    return checked.structure.records.blocks if checked.structure and checked.structure.records else {}


def _placed(checked: Checked) -> Mapping[str, Placed]:
    """The blocks of industries that a check has seen."""
    return checked.structure.ladder.blocks if checked.structure and checked.structure.ladder else {}


# --- How it is printed ------------------------------------------------------------------------------------------


def _print_checked(answer: Answer, checked: Checked, limit: int | None) -> None:
    errors = errors_in(checked.faults)
    warnings = [fault for fault in checked.faults if fault.severity == "warning"]
    answer.faults("Errors", "错误", errors, limit)
    answer.faults("Worth knowing", "提示", warnings, limit)
    if checked.data:
        for source in checked.data.sources:
            en, zh = (
                [part for part in (source.sheet, layout, source.encoding) if part]
                for layout in (source.layout, _LAYOUTS_ZH[source.layout])
            )
            answer.say(
                f"Read {source.file}: {source.rows} rows ({', '.join(en)})",
                f"已读取 {source.file}：{source.rows} 行（{'、'.join(zh)}）",
            )
        repairs = [_as_fault(repair) for repair in checked.data.repairs]
        answer.faults("Repaired", "已修复", repairs, limit)
    for block in _recorded(checked).values():
        by, rows, counted = " × ".join(block.sides) or "-", block.cleaning.rows, block.placed
        answer.say(
            f"Read {block.spec.file}: {rows} {block.kind.en}, {counted:g} of them counted by {by}",
            f"已读取 {block.spec.file}：{block.kind.zh} {rows} 条，按 {by} 计入 {counted:g}",
        )
    for space in checked.structure.spaces.values() if checked.structure else ():
        regions, activities, periods = space.links.regions, space.links.activities, space.links.periods
        answer.say(
            f"Read {space.spec.file}: {len(regions)} regions × {len(activities)} activities, periods: "
            f"{', '.join(map(str, periods))}",
            f"已读取 {space.spec.file}：{len(regions)} 个地区 × {len(activities)} 项活动，时期："
            f"{'、'.join(map(str, periods))}",
        )
    for placed in _placed(checked).values():
        series, years = placed.industries.values.sizes["series"], placed.industries.values["time"].values
        answer.say(
            f"Read {placed.spec.file}: {series} series of industries, {years[0]}-{years[-1]}, measures: "
            f"{', '.join(placed.industries.measures)}",
            f"已读取 {placed.spec.file}：{series} 个产业序列，{years[0]}—{years[-1]} 年，度量："
            f"{'、'.join(placed.industries.measures)}",
        )
    if checked.begun:
        start, assumed = checked.begun.start, checked.begun.beginning.assumed
        answer.say(
            f"Worlds would begin in {start.first_year} with {len(start.regions)} regions × {len(start.industries)} "
            f"industries; assumed: {', '.join(one.title.en for one in assumed) or 'nothing'}",
            f"模拟将始于 {start.first_year} 年：{len(start.regions)} 个地区 × {len(start.industries)} 个产业；"
            f"假定的内容：{'、'.join(one.title.zh for one in assumed) or '无'}",
        )
    if checked.settled and (checked.settled.matched or checked.settled.missing):
        matched, missing = checked.settled.matched, checked.settled.missing
        pairs = [code if code == column else f"{code} = {column}" for code, column in matched.items()]
        answer.say(
            f"Matched {len(matched)} indicators: {', '.join(pairs)}\n"
            f"Missing {len(missing)}: {', '.join(leaf.name.en for leaf in missing) or 'none'}",
            f"匹配到 {len(matched)} 项指标：{'、'.join(pairs)}\n"
            f"缺少 {len(missing)} 项：{'、'.join(leaf.name.zh for leaf in missing) or '无'}",
        )
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        answer.say(f"{count}. The study will not run.", f"共 {len(errors)} 处错误，研究无法运行。")
    elif not checked.runs:
        answer.say(
            "No errors. The study has no [index], [[links]], [[records]] or [simulate] yet, so it can be checked but "
            "not run.",
            "没有错误。研究尚无 [index]、[[links]]、[[records]] 或 [simulate]，可以检查但不能运行。",
        )
    else:
        answer.say("No errors. The study is ready to run.", "没有错误，研究可以运行。")


_LAYOUTS_ZH = {
    "long": "长表",
    "wide-years": "宽表，每列一个年份",
    "wide-indicators": "宽表，每列一项指标",
    "wide-units": "宽表，每列一个地区",
}


def _as_fault(repair: Repair) -> Fault:
    changed = repair.was or repair.now  # rows merged into one have no text that became another
    return Fault(
        repair.reason,
        (f"'{repair.was}' → '{repair.now}' " if changed else "") + f"(rows: {repair.count}). {repair.en}",
        (f"“{repair.was}”→“{repair.now}”" if changed else "") + f"（{repair.count} 行）。{repair.zh}",
        file=repair.file,
        sheet=repair.sheet,
        row=repair.rows[0] if repair.rows else None,
        column=repair.column,
        severity="warning",
    )


def _print_methods(answer: Answer, found: Sequence[Any], whole: bool) -> None:
    family = None
    for method in found:
        if method.family != family:
            family = method.family
            answer.say(
                f"\n{family} ({method.family_zh}): {method.about}", f"\n{method.family_zh}（{family}）：{method.about}"
            )
        answer.say(
            f"  {method.name:<24} {method.zh}: {method.summary}", f"  {method.name:<24} {method.zh}：{method.summary}"
        )
        if whole:
            for option in method.options:
                default = "" if option.required else f" = {option.default}"
                answer.say(
                    f"      {option.name}: {option.type}{default}", f"      {option.name}：{option.type}{default}"
                )
            if method.cite:
                answer.say(f"      source: {method.cite}", f"      出处：{method.cite}")


def _print_taxonomies(answer: Answer, found: Sequence[Taxonomy], whole: bool) -> None:
    for taxonomy in found:
        ideas, classes = " ".join(taxonomy.ideas), len(taxonomy.classes)
        answer.say(
            f"{taxonomy.code:<20} {taxonomy.title.en} ({classes} classes) {ideas}",
            f"{taxonomy.code:<20} {taxonomy.title.zh}（{classes} 类）{ideas}",
        )
        if whole:
            answer.say(taxonomy.about.en, taxonomy.about.zh)
            for own in taxonomy.classes:
                depth = "  " * len(taxonomy.lineage(own.code))
                en, zh = ("", "") if own.count is None else (f": {own.count}", f"：{own.count}")
                answer.say(f"{depth}{own.code}  {own.name.en}{en}", f"{depth}{own.code}  {own.name.zh}{zh}")
            answer.say(f"source: {taxonomy.source.en}", f"出处：{taxonomy.source.zh}")
            if taxonomy.note:
                answer.say(f"note: {taxonomy.note.en}", f"说明：{taxonomy.note.zh}")
