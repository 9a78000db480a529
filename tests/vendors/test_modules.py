"""Every vendor has the tests that a vendor needs, and each document a projection that its answers are held against."""

import importlib
import inspect

import pytest

from gateway.vendors import VENDORS

SUFFIXES = ("", "_files", "_parity")
"""What its paths answer, what its files become and come back as, and that the graph says the same."""

MODULES = [f"tests.vendors.test_{vendor.name}{suffix}" for vendor in VENDORS for suffix in SUFFIXES]


@pytest.mark.parametrize("name", MODULES)
def test_a_vendor_has_its_modules_of_tests(name: str) -> None:
    module = importlib.import_module(name)
    tests = [each for each in vars(module) if each.startswith("test_")]
    assert tests, f"{name} tests nothing"


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_document_has_a_projection(vendor) -> None:
    """A module that compares any answer compares one of each document: `tests/vendors/conftest.py` sees to it."""
    parity = importlib.import_module(f"tests.vendors.test_{vendor.name}_parity")
    documents = {each.document for each in vendor.served if each.document is not None}
    assert set(parity.PROJECTIONS) == documents
    assert "PROJECTIONS" in inspect.getsource(parity.test_every_answer_is_the_projection_of_its_successors)
