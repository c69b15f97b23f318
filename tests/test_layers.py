"""Imports point down, and the sciences never import one another."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "xinzhi"
FLOORS = {"core": 0, "data": 1, "measure": 2, "structure": 2, "dynamics": 2, "simulate": 2, "plan": 2}
FLOORS |= {"study": 3, "report": 4, "console": 4, "web": 5, "cli": 6, "__main__": 7}
# The package's own door is for its users; inside the house only the version is taken from it.
DOOR = "xinzhi"


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else DOOR


def imports_of(path: Path) -> set[str]:
    """Every module of ours that a file imports, wherever in the file, but for type checking at the door."""
    package = ["xinzhi", *path.relative_to(SOURCE).with_suffix("").parts][:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from xinzhi import data` names a room, `from xinzhi import __version__` does not.
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == DOOR else {module}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return {name for name in found if name.split(".")[0] == DOOR and name != "xinzhi.__version__"}


FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path):
    own = path.relative_to(SOURCE).with_suffix("").parts[0]
    for module in imports_of(path):
        other = room_of(module)
        assert other != DOOR, f"{path.name} imports the package's own door; import {module} from where it lives"
        assert other in FLOORS, f"{other} stands on no floor"
        assert other == own or FLOORS[other] < FLOORS[own], f"{own} must not import {module}"


def test_every_room_has_a_floor():
    rooms = {path.relative_to(SOURCE).with_suffix("").parts[0] for path in FILES}
    assert rooms <= FLOORS.keys()
