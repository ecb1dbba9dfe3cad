"""Portfolios follow from the agreements of a day, and tell who joined, who left, and why."""

import pytest

from flexmanager.errors import ParameterError
from flexmanager.vpp.congestion import GridPoint, Limits, PointKind
from flexmanager.vpp.portfolio import changes, form
from settlement.activation import Activation
from tests.flexmanager.vpp.agreements import identity, member
from tests.flexmanager.vpp.trading import DAY, FIVE_PM

MEMBERS = (
    member(1),
    member(2, amount_w=2_000),
    member(3, point="LV4"),
    member(4, site_id="site 1", amount_w=-1_000),
)


def numbers(found, point: str, sign: int) -> list[int]:
    portfolio = found.of(point, sign)
    members = portfolio.members if portfolio else ()
    return [int.from_bytes(one.agreement_id, "big") for one in members]


def test_there_is_a_portfolio_per_point_and_direction():
    found = form(MEMBERS, DAY)
    assert [(one.congestion_point, one.sign) for one in found.portfolios] == [
        ("LV1", -1), ("LV1", 1), ("LV4", -1)
    ]  # fmt: skip
    assert numbers(found, "LV1", -1) == [1, 4]
    assert found.of("LV1", -1).amount_w == -4_000
    assert found.of("LV4", 1) is None
    assert form(MEMBERS[::-1], DAY) == found


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (member(1, start_day=DAY + 1), "it begins on 2027-06-08"),
        (member(1, end_day=DAY - 1), "it ended on 2027-06-06"),
        (member(1, end_day=DAY), ""),
        (
            member(1, max_activations=1, standing=(Activation(FIVE_PM - 960, 1, -1),)),
            "all of its 1 activations are used up",
        ),
    ],
)
def test_only_agreements_in_force_are_in_one(one, reason):
    assert form([one], DAY).left_out.get(identity(1), "") == reason


def test_a_withdrawal_and_an_end_form_them_again():
    before = form(MEMBERS, DAY)
    after = form(MEMBERS, DAY, withdrawn={"site 1": "the battery is being serviced"})
    assert numbers(after, "LV1", -1) == []
    assert changes(before, after) == (
        f"agreement {identity(1).hex()[:16]} left LV1, less consumption: "
        "site 1 withdrew: the battery is being serviced",
        f"agreement {identity(4).hex()[:16]} left LV1, less consumption: "
        "site 1 withdrew: the battery is being serviced",
    )
    assert [told.split(" joined ")[1] for told in changes(after, before)] == [
        "LV1, less consumption"
    ] * 2
    ended = form([member(1, end_day=DAY), *MEMBERS[1:]], DAY + 1)
    assert changes(before, ended) == (
        f"agreement {identity(1).hex()[:16]} left LV1, less consumption: it ended on 2027-06-07",
    )
    gone = form(MEMBERS[1:], DAY)
    assert changes(before, gone)[0].endswith("it is no longer known")
    assert changes(before, before) == ()


def test_an_agreement_stands_behind_one_open_offer_at_most():
    found = form(MEMBERS, DAY, promised={identity(1): "offer 7"})
    assert numbers(found, "LV1", -1) == [4]
    assert found.left_out[identity(1)] == "it stands behind offer 7"


def test_what_relieves_a_feeder_is_in_the_portfolio_of_its_transformer():
    limits = Limits(1, 1)
    grid = {
        "T": GridPoint("T", PointKind.TRANSFORMER, limits),
        "LV1": GridPoint("LV1", PointKind.FEEDER, limits, "T"),
        "LV4": GridPoint("LV4", PointKind.FEEDER, limits, "T"),
    }
    found = form(MEMBERS, DAY, grid)
    assert numbers(found, "T", -1) == [1, 3, 4]
    assert numbers(found, "LV4", -1) == [3]
    with pytest.raises(ParameterError, match="above is 'LV9'"):
        form([member(1, point="LV9")], DAY, grid)


def test_an_agreement_stands_once():
    with pytest.raises(ParameterError, match="each agreement once"):
        form([member(1), member(1)], DAY)
