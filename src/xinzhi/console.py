"""How the command line answers: in the person's language or as JSON, and always with the right exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from xinzhi.core.errors import Fault, Language, XinzhiError, errors_in

if TYPE_CHECKING:
    from rich.console import Console

FINE, OURS, THEIRS, INTERRUPTED = 0, 1, 2, 130
# How many faults of one kind are shown before the rest are only counted.
SHOWN = 5
# What is shown while a stage of the work lasts; every stage that ``tell`` is called with has its words here.
STAGES = {
    "load": ("Reading the data", "读取数据"),
    "records": ("Reading, checking and counting records", "读取、检查并统计记录"),
    "links": ("Reading who does what", "读取关联数据"),
    "complexity": ("Scoring complexity", "计算复杂度"),
    "relatedness": ("Finding what lies near", "计算关联度"),
    "forecast": ("Foretelling entries", "预测进入"),
    "fusion": ("Holding the stages together", "比较各环节"),
    "emergence": ("Looking for topics that emerge", "识别正在涌现的主题"),
    "dependency": ("Looking for choke points", "识别卡脖子环节"),
    "ladder": ("Placing industries on the ladder", "判定产业梯级"),
    "digital": ("Following the digital into the real economy", "测算数实融合"),
    "measure": ("Building the index", "构建指数"),
    "vary": ("Varying the choices", "变动各项选择"),
    "audit": ("Auditing the index", "审计指数"),
    "dynamics": ("Following the course of the scores", "分析得分的动态演进"),
    "world": ("Beginning a world", "构建模拟起点"),
    "calibrate": ("Inferring the knobs from the data", "由数据推断参数"),
    "simulate": ("Growing worlds under each policy", "模拟各项政策下的演化"),
    "claims": ("Putting the claims to the model", "检验论文论断"),
    "facts": ("Holding the worlds against known facts", "与典型事实对照"),
    "write": ("Writing the results and the report", "写出结果与报告"),
    "compare": ("Comparing", "比对"),
    "document": ("Setting the document", "排版文档"),
}


class Lang(StrEnum):
    """The languages Xinzhi speaks."""

    EN = "en"
    ZH = "zh"


class Answer:
    """Says things in the person's language, or as JSON; results to stdout, everything else to stderr."""

    def __init__(self, language: Language, as_json: bool) -> None:
        self.language, self.as_json = language, as_json

    def say(self, en: str, zh: str) -> None:
        """Print text, unless data was asked for."""
        if not self.as_json:
            self._print(zh if self.language == "zh" else en)

    def data(self, value: Any) -> None:
        """Print data, when it was asked for."""
        if self.as_json:
            self._print(json.dumps(value, ensure_ascii=False, indent=1, default=str))

    def refuse(self, faults: Sequence[Fault]) -> None:
        """Report what stopped the work: as data on stdout, or as text on stderr."""
        if self.as_json:
            self.data({"ok": False, "faults": [fault.to_dict() for fault in faults]})
        else:
            warnings = [fault for fault in faults if fault.severity == "warning"]
            self.faults("Errors", "错误", errors_in(faults), SHOWN, err=True)
            self.faults("Worth knowing", "提示", warnings, SHOWN, err=True)

    def faults(self, en: str, zh: str, faults: Sequence[Fault], limit: int | None, err: bool = False) -> None:
        """Print faults in groups of one kind: a table on a terminal, lines of text elsewhere."""
        if not faults or self.as_json:
            return
        heading = f"{zh}（{len(faults)}）" if self.language == "zh" else f"{en} ({len(faults)})"
        groups: dict[tuple[Any, ...], list[Fault]] = {}
        for fault in faults:
            groups.setdefault((fault.file, fault.sheet, fault.code), []).append(fault)
        shown = [(group[:limit], len(group) - len(group[:limit])) for group in groups.values()]
        if (sys.stderr if err else sys.stdout).isatty():
            self._table(heading, shown, err)
        else:
            self._print(heading, err)
            for group, rest in shown:
                for fault in group:
                    self._print(f"  {fault.say(self.language)}", err)
                if rest:
                    self._print(f"  {self._rest(rest)}", err)

    def _print(self, text: str, err: bool = False) -> None:
        try:
            typer.echo(text, err=err)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _AnswerLost(error.strerror or "") from None

    def _rest(self, rest: int) -> str:
        if self.language == "zh":
            return f"……此类另有 {rest} 处（xinzhi check --all 全部列出）"
        return f"… and {rest} more of this kind (xinzhi check --all lists them)"

    def _table(self, heading: str, shown: Sequence[tuple[Sequence[Fault], int]], err: bool) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(title=heading, title_justify="left", expand=True)
        words = ("文件", "行", "列", "问题") if self.language == "zh" else ("File", "Row", "Column", "What")
        for word, ratio in zip(words, (3, 1, 4, 12), strict=True):
            table.add_column(word, ratio=ratio, overflow="fold")
        for group, rest in shown:
            for fault in group:
                file = " / ".join(part for part in (fault.file, fault.sheet) if part)
                text = fault.zh if self.language == "zh" else fault.en
                table.add_row(*map(Text, (file, str(fault.row or ""), fault.column or "", text)))
            if rest:
                table.add_row("", "", "", Text(self._rest(rest), style="dim"))
            table.add_section()
        _console(err).print(table)

    @contextmanager
    def progress(self, first: str) -> Iterator[Stages]:
        """Show on a terminal which stage the work has reached, from the first; yields what is told of it."""
        if self.as_json or not sys.stderr.isatty():
            yield Stages(lambda words: None, self.language)
            return
        with _console(err=True).status("") as status:
            stages = Stages(status.update, self.language)
            stages(first)
            yield stages


class Stages:
    """Called with the name of each stage as it begins; ``share`` with how much of it is done."""

    def __init__(self, show: Callable[[str], object], language: Language) -> None:
        self._show, self._words = show, ""
        self._stages = {stage: zh if language == "zh" else en for stage, (en, zh) in STAGES.items()}

    def __call__(self, stage: str) -> None:
        """Say which stage begins."""
        self._words = self._stages[stage]
        self._show(f"{self._words} …")

    def share(self, done: float) -> None:
        """Say how much of the stage is done."""
        self._show(f"{self._words} … {done:.0%}")


def _console(err: bool) -> Console:
    from rich.console import Console

    return Console(stderr=err, highlight=False)


class _AnswerLost(Exception):
    """What standard output is led to takes no more: a file on a full disk."""


# --- How it ends --------------------------------------------------------------------------------------------------


@contextmanager
def answering(lang: Lang | None, as_json: bool) -> Iterator[Answer]:
    """Turn whatever happens into one clear answer and its exit code; nobody is shown a traceback."""
    answer = Answer(_language(lang), as_json)
    try:
        yield answer
    except (typer.Exit, typer.Abort):
        raise
    except XinzhiError as error:
        answer.refuse(error.faults)
        raise typer.Exit(THEIRS) from None
    except KeyboardInterrupt:
        typer.echo("已中断。" if answer.language == "zh" else "Interrupted.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever was reading has gone (`xinzhi methods | head`); what Python flushes at exit has nowhere to go.
        _silence()
        raise typer.Exit(FINE) from None
    except _AnswerLost as lost:
        _silence()
        typer.echo(
            f"输出未能写完（{lost}）。请检查输出所重定向到的位置。"
            if answer.language == "zh"
            else f"The answer could not be written in full ({lost}). Check what the output is led to.",
            err=True,
        )
        raise typer.Exit(THEIRS) from None
    except Exception as error:
        place = _keep_traceback()
        said = f"{type(error).__name__}: {error}"
        if as_json:
            answer.data({"ok": False, "failure": said, "traceback": str(place)})
        typer.echo(
            f"Xinzhi 出错，责任不在您：{said}\n详情已存于 {place}，请附上它反馈问题。"
            if answer.language == "zh"
            else f"Xinzhi failed, and it is not your doing: {said}\nThe details are in {place}; please report them.",
            err=True,
        )
        raise typer.Exit(OURS) from None


def _silence() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _language(given: Lang | None) -> Language:
    said = given.value if given else os.environ.get("XINZHI_LANG") or _locale()
    return "zh" if said.lower().startswith("zh") else "en"


def _locale() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if said := os.environ.get(name):
            return said
    if sys.platform == "win32":
        import locale

        # Windows calls it "Chinese (Simplified)_China".
        return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
    return "en"


def _keep_traceback() -> Path:
    import tempfile
    import traceback

    handle, place = tempfile.mkstemp(prefix="xinzhi-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(traceback.format_exc())
    return Path(place)
