"""The worked examples of the protocol, down to the attributes of the message."""

import pytest
from lxml import etree

from backend.uftp.library import to_xml
from tests.backend.uftp.stating import AT_17H, ISP_17H, message, reduction, settle, stated
from tests.settlement.defaults import EUR_PER_MWH
from tests.settlement.orders.parties import contract, order

MW = 1_000_000

REDUCTION = """\
<?xml version="1.0" encoding="UTF-8"?>
<FlexSettlement Version="3.1.0" SenderDomain="dso.example.org" \
RecipientDomain="aggregator.example.com" TimeStamp="2027-07-01T08:00:00+00:00" \
MessageID="11111111-1111-4111-8111-111111111111" \
ConversationID="22222222-2222-4222-8222-222222222222" Result="Accepted" \
PeriodStart="2027-06-07" PeriodEnd="2027-06-13" Currency="EUR">
  <FlexOrderSettlement OrderReference="1" Period="2027-06-07" ContractID="C1" \
BaselineReference="mid 8 of 10" CongestionPoint="ea1.2027-01.org.example.dso:station-7" \
Price="0.5400" Penalty="0.4710" NetSettlement="0.0690">
    <ISP Start="69" Duration="1" BaselinePower="12000" OrderedFlexPower="-3000" \
ActualPower="9000" DeliveredFlexPower="-3000" PowerDeficiency="0"/>
    <ISP Start="70" Duration="1" BaselinePower="12000" OrderedFlexPower="-3000" \
ActualPower="10200" DeliveredFlexPower="-1800" PowerDeficiency="1200"/>
    <ISP Start="71" Duration="1" BaselinePower="12000" OrderedFlexPower="-3000" \
ActualPower="8000" DeliveredFlexPower="-3000" PowerDeficiency="0"/>
    <ISP Start="72" Duration="1" BaselinePower="12000" OrderedFlexPower="-3000" \
ActualPower="12500" DeliveredFlexPower="0" PowerDeficiency="3500"/>
  </FlexOrderSettlement>
  <ContractSettlement ContractID="C1">
    <Period Period="2027-06-07">
      <ISP Start="69" Duration="4" ReservedPower="-3000" OrderedPower="-3000"/>
      <ISP Start="73" Duration="4" ReservedPower="-3000"/>
    </Period>
"""


def attributes(of, path):
    return [dict(found.attrib) for found in etree.fromstring(to_xml(of).encode()).findall(path)]


def test_reduction_letter_by_letter():
    text = to_xml(message())
    assert text.startswith(REDUCTION)
    later = "".join(
        f"""\
    <Period Period="2027-06-{day:02d}">
      <ISP Start="69" Duration="8" ReservedPower="-3000"/>
    </Period>
"""
        for day in range(8, 14)
    )
    assert text[len(REDUCTION) :] == later + "  </ContractSettlement>\n</FlexSettlement>\n"


@pytest.mark.parametrize(
    ("actual_mw", "delivered_mw", "deficiency_mw", "penalty", "net"),
    [
        (7, 2, 0, "0.0000", "14.0000"),
        (8, 2, 0, "0.0000", "14.0000"),
        (9, 1, 1, "18.0000", "-4.0000"),
        (10, 0, 2, "36.0000", "-22.0000"),
        (11, 0, 3, "47.0000", "-33.0000"),
    ],
)
def test_table_of_the_protocol(actual_mw, delivered_mw, deficiency_mw, penalty, net):
    # 7 and 11 EUR per MW and ISP are 28 and 44 EUR/MWh with ISPs of a quarter of an hour. The
    # penalty field holds what was not earned of the price of 14 EUR as well.
    per_isp = contract(volume_rate=28 * EUR_PER_MWH, penalty_rate=44 * EUR_PER_MWH)
    result = settle([order("1", AT_17H, -2 * MW)], [10 * MW], [actual_mw * MW], per_isp)
    (one,) = attributes(message(stated(result)), "FlexOrderSettlement")
    assert (one["Price"], one["Penalty"], one["NetSettlement"]) == ("14.0000", penalty, net)
    (isp,) = attributes(message(stated(result)), "FlexOrderSettlement/ISP")
    assert isp == {
        "Start": str(ISP_17H),
        "Duration": "1",
        "BaselinePower": str(10 * MW),
        "OrderedFlexPower": str(-2 * MW),
        "ActualPower": str(actual_mw * MW),
        "DeliveredFlexPower": str(-delivered_mw * MW),
        "PowerDeficiency": str(deficiency_mw * MW),
    }


def test_equal_isps_are_one_element():
    result = settle([order("1", AT_17H, -3000, -3000, -3000)], [12000] * 3, [9000, 9000, 9500])
    isps = attributes(message(stated(result)), "FlexOrderSettlement/ISP")
    assert [(one["Start"], one["Duration"]) for one in isps] == [("69", "2"), ("71", "1")]


def test_order_without_contract_needs_a_stand_in_to_satisfy_the_schema():
    free = message(stated(reduction(), bilateral=False))
    (one,) = attributes(free, "FlexOrderSettlement")
    assert "ContractID" not in one
    assert attributes(free, "ContractSettlement") == [{"ContractID": "none"}]
    assert attributes(free, "ContractSettlement/Period") == [{"Period": "2027-06-07"}]
    assert attributes(free, "ContractSettlement/Period/ISP") == [
        {"Start": "1", "Duration": "1", "ReservedPower": "0"}
    ]


def test_contract_without_an_isp_in_the_period_is_left_out():
    closed = settle(
        [order("1", AT_17H, -3000)], [12000], [9000], contract(contract_id="open")
    )  # fmt: skip
    never = settle([], [], [], contract(contract_id="never", window=(0, 0, 0)))
    found = attributes(message(stated(closed, never)), "ContractSettlement")
    assert found == [{"ContractID": "open"}]
