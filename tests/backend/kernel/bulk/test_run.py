"""A run over partitions: any cut, any place, started again, and what is refused."""

import json

import numpy as np
import pytest

from backend.kernel.bulk import run as run_module
from backend.kernel.bulk.executors import Here, executor_of
from backend.kernel.bulk.files import MANIFEST, read_manifest, write_partitions
from backend.kernel.bulk.run import Task, leaves_of, run_partitions
from backend.kernel.records import AgreementRecord, portfolio_of
from backend.kernel.tree import levels_of, proof_of
from settlement.clock import day_of
from settlement.errors import InputError
from settlement.run import build_run
from settlement.settle import Settled
from tests.backend.kernel.comparing import blobs_of_case, cases_by_group, record_of_case
from tests.settlement.test_oracle import settle_case

CASES = 240


class Market:
    """The agreements of one group, settled by the reference."""

    def __init__(self):
        (self.length, self.period), self.cases = max(
            cases_by_group(range(7000, 7000 + CASES)).items(), key=lambda item: len(item[1])
        )
        self.holidays = {day_of(day) for day in self.cases[0].holidays}
        results = [settle_case(case) for case in self.cases]
        self.run = build_run(one for one in results if isinstance(one, Settled))
        self.incomplete = len(results) - len(self.run.settled)
        self.blobs = {k: v for case in self.cases for k, v in blobs_of_case(case).items()}
        self.records: list[AgreementRecord] = sorted(
            (record_of_case(case) for case in self.cases), key=lambda one: one.agreement_id
        )

    def write(self, folder, agreements):
        days = [day for blob in self.blobs.values() for day in blob]
        parts = (
            portfolio_of(self.records[begin : begin + agreements], self.blobs, min(days), max(days))
            for begin in range(0, len(self.records), agreements)
        )
        return write_partitions(folder, parts)

    def settle(self, folder, results, executor=None, said=None):
        return run_partitions(
            folder,
            results,
            self.period,
            self.holidays,
            executor or Here(),
            (said if said is not None else []).append,
        )


@pytest.fixture(scope="module")
def market():
    return Market()


@pytest.mark.parametrize("agreements", [1, 3, 8, 1000])
def test_the_root_does_not_depend_on_the_partitions(market, tmp_path, agreements):
    market.write(tmp_path / "in", agreements)
    result = market.settle(tmp_path / "in", tmp_path / "out")
    assert (result.root, result.sum) == market.run.tree.root
    assert (result.depth, result.statements) == (market.run.tree.depth, len(market.run.settled))
    assert result.incomplete == market.incomplete


@pytest.mark.parametrize("place", ["processes", "dask"])
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_pool_and_dask_give_the_same_root_with_progress(market, tmp_path, place):
    market.write(tmp_path / "in", 9)
    said = []
    with executor_of(place, 2) as executor:
        result = market.settle(tmp_path / "in", tmp_path / "out", executor, said)
    assert (result.root, result.sum) == market.run.tree.root
    partitions = len(read_manifest(tmp_path / "in"))
    assert said[partitions - 1].startswith(f"{partitions} of {partitions} partitions")


def test_proofs_of_a_run_are_those_of_the_reference(market, tmp_path):
    market.write(tmp_path / "in", 7)
    market.settle(tmp_path / "in", tmp_path / "out")
    tasks = [
        Task(tmp_path / "in", tmp_path / "out", one, market.period, ())
        for one in read_manifest(tmp_path / "in")
    ]
    levels = levels_of(leaves_of(tasks))
    for index in range(len(market.run.settled)):
        assert proof_of(levels, index) == market.run.tree.proof(index)


def test_a_run_that_died_goes_on_where_it_was(market, tmp_path, monkeypatch):
    market.write(tmp_path / "in", 5)
    partitions, settled = len(read_manifest(tmp_path / "in")), []

    def dies_at_the_fourth(task):
        if len(settled) == 3:
            raise RuntimeError("killed")
        settled.append(task)
        return settle_partition(task)

    settle_partition = run_module.settle_partition
    monkeypatch.setattr(run_module, "settle_partition", dies_at_the_fourth)
    with pytest.raises(RuntimeError, match="killed"):
        market.settle(tmp_path / "in", tmp_path / "out")
    monkeypatch.undo()
    result = market.settle(tmp_path / "in", tmp_path / "out")
    assert (result.kept, result.settled) == (3, partitions - 3)
    assert (result.root, result.sum) == market.run.tree.root
    again = market.settle(tmp_path / "in", tmp_path / "out")
    assert (again.kept, again.settled, again.root) == (partitions, 0, result.root)


def altered(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("what", ["statements", "receipt", "no statements", "another period"])
def test_what_does_not_belong_to_the_run_is_settled_anew(market, tmp_path, what):
    market.write(tmp_path / "in", 10)
    market.settle(tmp_path / "in", tmp_path / "out")
    statements = tmp_path / "out" / "part-00001.arrow"
    receipt = statements.with_suffix(".json")
    if what == "statements":
        altered(statements)
    elif what == "receipt":
        receipt.write_text("{}")
    elif what == "no statements":
        statements.unlink()
    else:
        known = json.loads(receipt.read_text())
        known["made_from"][1] -= 1
        receipt.write_text(json.dumps(known))
    result = market.settle(tmp_path / "in", tmp_path / "out")
    assert result.settled == 1
    assert (result.root, result.sum) == market.run.tree.root


def test_an_altered_partition_is_refused(market, tmp_path):
    market.write(tmp_path / "in", 10)
    altered(tmp_path / "in" / "part-00000.arrow")
    with pytest.raises(InputError, match="SHA-256"):
        market.settle(tmp_path / "in", tmp_path / "out")


def test_partitions_that_do_not_ascend_are_refused(market, tmp_path):
    market.write(tmp_path / "in", 10)
    with pytest.raises(InputError, match="a manifest is there already"):
        market.write(tmp_path / "in", 10)
    market.records.reverse()
    try:
        with pytest.raises(InputError, match="ascending ids"):
            market.write(tmp_path / "other", 2)
    finally:
        market.records.reverse()


def test_a_manifest_that_is_none_is_refused(market, tmp_path):
    market.write(tmp_path / "in", 10)
    (tmp_path / "in" / MANIFEST).write_text("[{}]")
    with pytest.raises(InputError, match="expected a manifest of partitions"):
        market.settle(tmp_path / "in", tmp_path / "out")


def test_there_is_no_other_place():
    with pytest.raises(InputError, match="here, processes, dask"), executor_of("moon", 1):
        pass


def test_no_partitions_give_the_empty_root(market, tmp_path):
    write_partitions(tmp_path / "in", [])
    result = market.settle(tmp_path / "in", tmp_path / "out")
    assert (result.root, result.sum, result.depth) == (bytes(32), 0, 0)
    assert np.all([result.statements == 0, result.incomplete == 0])
