"""Vectors of delivery and money: every rule with random figures and at its edges."""

from random import Random

from settlement.delivery import (
    Delivery,
    deficiency_w,
    delivered_w,
    fails_threshold,
    paid_w_sum_scaled,
)
from settlement.terms import DeliveryRule
from settlement.units import BASIS_POINTS, POWER_W_MAX, divide_half_even, line_amount

CASES = 40


def build(random: Random) -> object:
    return {
        "halfEven": _half_even(random),
        "lines": [_line(random) for _ in range(CASES)],
        "delivery": [_delivery(random) for _ in range(CASES)],
        "pay": [_pay(random) for _ in range(3 * CASES)],
        "penalty": [_penalty(random) for _ in range(CASES)],
    }


def _half_even(random: Random) -> list[dict[str, object]]:
    exact = [(numerator, 2) for numerator in range(8)]
    exact += [(numerator, 3) for numerator in range(8)]
    exact += [(numerator, 60_000_000) for numerator in (29_999_999, 30_000_000, 90_000_000)]
    exact += [(random.getrandbits(120), random.randrange(1, 2**60)) for _ in range(CASES)]
    return [
        {"numerator": str(one), "denominator": str(by), "quotient": str(divide_half_even(one, by))}
        for one, by in exact
    ]


def _line(random: Random) -> dict[str, object]:
    w_sum = random.choice([random.randrange(100_000), random.getrandbits(48)])
    isp_minutes = random.choice([5, 15, 30, 60])
    rate = random.choice([random.randrange(5_000_000), random.getrandbits(32)])
    scale = random.choice([1, BASIS_POINTS])
    # With a scale the sum need not be a multiple of it: GRACE pays fractions of a W.
    scaled = w_sum * scale + random.randrange(scale)
    return {
        "scaledW": str(scaled),
        "scale": scale,
        "ispMinutes": isp_minutes,
        "rate": rate,
        "amount": str(line_amount(scaled, isp_minutes, rate, scale)),
    }


def _power(random: Random) -> int:
    edge = random.choice([POWER_W_MAX, -POWER_W_MAX, 0])
    return random.choice([edge, random.randrange(-9000, 9000), random.randrange(-9000, 9000)])


def _delivery(random: Random) -> dict[str, object]:
    baseline, actual = _power(random), _power(random)
    ordered = _power(random) or random.choice([-1, 1])
    return {
        "baselineW": baseline,
        "actualW": actual,
        "orderedW": ordered,
        "deliveredW": abs(delivered_w(baseline, actual, ordered)),
        "deficiencyW": deficiency_w(baseline, actual, ordered),
    }


def _pay(random: Random) -> dict[str, object]:
    rule = random.choice(list(DeliveryRule))
    ordered = random.randrange(1, 10**6)
    share = random.choice([0, 1, random.random(), 0.75])
    delivered = int(ordered * share)
    bp = 0 if rule is DeliveryRule.LINEAR else random.choice([0, 500, 7500, 10_000])
    slope = random.choice([1, 3, 65_535]) if rule is DeliveryRule.GRACE else 0
    sums = Delivery(ordered, delivered, ordered - delivered)
    return {
        "orderedW": ordered,
        "deliveredW": delivered,
        "rule": int(rule),
        "bp": bp,
        "slope": slope,
        "failsThreshold": fails_threshold(sums, rule, bp),
        "paidScaledW": str(paid_w_sum_scaled(sums, rule, bp, slope)),
    }


def _penalty(random: Random) -> dict[str, object]:
    lines, pay = random.getrandbits(40), random.getrandbits(40)
    cap_bp = random.choice([0, 1, 3333, 10_000])
    return {
        "lines": lines,
        "capBp": cap_bp,
        "capacityAndVolume": pay,
        "penalty": min(lines, cap_bp * pay // BASIS_POINTS),
    }
