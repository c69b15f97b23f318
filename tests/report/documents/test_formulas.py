"""Every method of an index has a formula that both Word and typst can set."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.imputation import imputations
from xinzhi.measure.normalisation import normalisations
from xinzhi.measure.treatment import treatments
from xinzhi.measure.weighting import weightings
from xinzhi.report.documents.blocks import Document, Formula
from xinzhi.report.documents.omml import NAMESPACE, omml
from xinzhi.report.documents.pdf import pdf
from xinzhi.report.formulas import mathml, tree

METHODS = [
    method for family in (imputations, treatments, normalisations, weightings, aggregations) for method in family
]
LABELS = {"running": "", "page": "{n}", "figure": "", "table": ""}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_has_a_formula_that_word_takes(method):
    made = ElementTree.fromstring(omml(tree(mathml(method.formula))))
    assert made.tag == f"{{{NAMESPACE}}}oMathPara"
    text = "".join(one.text or "" for one in made.iter(f"{{{NAMESPACE}}}t"))
    assert "\\" not in text
    assert any(sign in text for sign in "=≤")


def test_typst_sets_every_formula():
    blocks = tuple(Formula(tree(mathml(method.formula)), method.formula) for method in METHODS)
    assert pdf(Document("f", "en", "0", (), blocks, LABELS)).startswith(b"%PDF")


def test_a_fraction_is_one_in_word():
    made = omml(tree(mathml(r"\frac{a}{b} = \sum_{j=1}^{k} x_j + c")))
    assert made.count("<m:f>") == 1
    # The sum has x and not what is added to it.
    assert made.index("</m:nary>") < made.index(">c<")


def test_brackets_are_held_together():
    node = tree(mathml(r"(a + (b))^2"))
    assert node["k"] == "att"
    assert node["c"][0]["k"] == "fence"


@pytest.mark.parametrize(
    "marked",
    [
        "<math><script/></math>",
        "<math>",
        '<!DOCTYPE m [<!ENTITY a "b">]><math>&a;</math>',
        f"<math>{'x' * 30_000}</math>",
    ],
)
def test_what_is_no_formula_of_ours_is_refused(marked):
    with pytest.raises(ValueError, match=r"formula|rule|MathML"):
        tree(marked)
