"""Random terms that keep every rule, for vectors and for comparisons."""

from random import Random

from settlement.clock import ISP_MINUTES_ALLOWED, ClockRule
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms, validate
from settlement.window import WEEK_BITS

WORD_MASK = 2**256 - 1


def random_bytes(random: Random, length: int) -> bytes:
    return random.getrandbits(8 * length).to_bytes(length, "big")


def random_window(random: Random) -> tuple[int, int, int]:
    """Any bits, or all of them, or none."""
    bits = random.choice([random.getrandbits(WEEK_BITS), (1 << WEEK_BITS) - 1, 0])
    return bits & WORD_MASK, bits >> 256 & WORD_MASK, bits >> 512


def random_terms(random: Random, **fixed: object) -> Terms:
    """Valid terms of any kind; `fixed` names what is not left to chance."""
    isp_minutes = random.choice(ISP_MINUTES_ALLOWED)
    window0, window1, window2 = random_window(random)
    start_day = random.randrange(18_000, 30_000)
    values: dict[str, object] = {
        "aggregator": random_bytes(random, 20),
        "prosumer": random_bytes(random, 20),
        "dso": random_bytes(random, 20),
        "mdc": random_bytes(random, 20),
        "template_id": random_bytes(random, 32),
        "rule_set": random_bytes(random, 32),
        "start_day": start_day,
        "end_day": start_day + random.randrange(800),
        "utc_offset_minutes": 60 * random.randrange(-11, 13),
        "clock_rule": random.choice(list(ClockRule)),
        "isp_minutes": isp_minutes,
        "window0": window0,
        "window1": window1,
        "window2": window2,
        "elements": random_bytes(random, 32),
        "amount_w": random.choice([-1, 1]) * random.randrange(1, 2**31),
        "max_activations": random.randrange(1, 2**16),
        "max_runtime_isps": random.randrange(1, 2**16),
        "recovery_isps": random.randrange(2**16),
        "notice_isps": random.randrange(2**16),
        "volume_rate": random.getrandbits(32),
        "penalty_rate": random.getrandbits(32),
        "capacity_rate": random.getrandbits(32),
        "penalty_cap_bp": random.randrange(10_001),
        "salt": random_bytes(random, 32),
        "sign_before": random.getrandbits(64),
    }
    values |= _delivery(random) | _baseline(random) | fixed
    terms = Terms(**values)  # type: ignore[arg-type]
    validate(terms)
    return terms


def _delivery(random: Random) -> dict[str, object]:
    rule = random.choice(list(DeliveryRule))
    return {
        "delivery_rule": rule,
        "delivery_bp": 0 if rule is DeliveryRule.LINEAR else random.randrange(10_001),
        "delivery_slope": random.randrange(1, 100) if rule is DeliveryRule.GRACE else 0,
    }


def _baseline(random: Random) -> dict[str, object]:
    method = random.choice(list(BaselineMethod))
    x = random.randrange(1, 20)
    days = {
        BaselineMethod.ROLLING: (0, x),
        BaselineMethod.NOMINATED: (0, 0),
    }.get(method, (x, x + 2 * random.randrange(10)))
    adjustment = random.choice(list(Adjustment))
    if method is BaselineMethod.NOMINATED:
        adjustment = Adjustment.NONE
    adjusted = adjustment is not Adjustment.NONE
    return {
        "baseline_method": method,
        "x": days[0],
        "y": days[1],
        "adjustment": adjustment,
        "adjustment_isps": random.randrange(1, 30) if adjusted else 0,
        "adjustment_gap_isps": random.randrange(30) if adjusted else 0,
        "adjustment_cap_bp": random.randrange(10_001) if adjusted else 0,
    }
