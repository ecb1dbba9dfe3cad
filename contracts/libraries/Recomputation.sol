// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Evidence, IChallenges, LogEntry, OrderedIsp, Recomputed} from "../interfaces/IChallenges.sol";
import {Terms} from "../interfaces/IFlexMarket.sol";
import {Statement} from "../interfaces/ISettlementLedger.sol";
import {ActivationLog} from "./ActivationLog.sol";
import {LineMath} from "./LineMath.sol";
import {Series} from "./Series.sol";
import {WeeklyWindow} from "./WeeklyWindow.sol";

/// @title A statement computed from its terms, log and series, the same bits as off chain
library Recomputation {
    /// @dev What the activations of a period add up to; money in 1e-4 EUR.
    struct Tally {
        uint256 position; // ordered ISPs
        uint256 failedIsps; // of activations that fell short of THRESHOLD
        uint256 volume;
        uint256 penaltyLines; // before the cap
        bool malformed;
    }

    /// @notice The whole statement. Nothing of what is handed in is checked, except that the series is one.
    function recompute(Evidence calldata evidence, uint32 endDay) internal pure returns (Recomputed memory found) {
        Statement calldata statement = evidence.statement;
        ActivationLog.PeriodLog memory period = ActivationLog.ofPeriod(
            evidence.terms, evidence.log, statement.periodFirstDay, statement.periodLastDay
        );
        Tally memory tally;
        for (uint256 i = 0; i < period.count; ++i) {
            addActivation(evidence.terms, evidence.log[period.places[i]], evidence.series, tally);
        }
        found.logHead = period.head;
        found.seriesHash = Series.hash(evidence.series);
        found.malformed = tally.malformed || !Series.isPacked(evidence.series, tally.position);
        if (!found.malformed) setFigures(evidence.terms, statement, endDay, tally, found);
    }

    /// @notice The pair of one ordered ISP.
    function statedAt(Evidence calldata evidence, uint32 isp) internal pure returns (OrderedIsp memory found) {
        Statement calldata statement = evidence.statement;
        ActivationLog.PeriodLog memory period = ActivationLog.ofPeriod(
            evidence.terms, evidence.log, statement.periodFirstDay, statement.periodLastDay
        );
        found.logHead = period.head;
        found.seriesHash = Series.hash(evidence.series);
        uint256 position;
        for (uint256 i = 0; i < period.count; ++i) {
            LogEntry calldata entry = evidence.log[period.places[i]];
            if (entry.firstIsp <= isp && isp < uint256(entry.firstIsp) + entry.isps) {
                position += isp - entry.firstIsp;
                if (!Series.reaches(evidence.series, position + 1)) {
                    revert IChallenges.SeriesTooShort(position, evidence.series.length);
                }
                found.firstIsp = entry.firstIsp;
                (found.baselineW, found.actualW) = Series.pairAt(evidence.series, position);
                return found;
            }
            position += entry.isps;
        }
        revert IChallenges.IspNotOrdered(isp);
    }

    function addActivation(
        Terms calldata terms,
        LogEntry calldata entry,
        uint256[] calldata series,
        Tally memory tally
    ) private pure {
        uint256 begin = tally.position;
        tally.position = begin + entry.isps;
        if (!Series.reaches(series, tally.position)) {
            tally.malformed = true;
            return;
        }
        (LineMath.Delivery memory sums, bool readable) =
            Series.deliveryOf(series, begin, entry.isps, entry.orderedW);
        if (!readable) {
            tally.malformed = true;
            return;
        }
        if (LineMath.failsThreshold(sums, terms.deliveryRule, terms.deliveryBp)) tally.failedIsps += entry.isps;
        tally.volume += LineMath.line(
            LineMath.paidScaledW(sums, terms.deliveryRule, terms.deliveryBp, terms.deliverySlope),
            LineMath.BASIS_POINTS,
            terms.ispMinutes,
            terms.volumeRate
        );
        tally.penaltyLines += LineMath.line(sums.deficiencyW, 1, terms.ispMinutes, terms.penaltyRate);
    }

    function setFigures(
        Terms calldata terms,
        Statement calldata statement,
        uint32 endDay,
        Tally memory tally,
        Recomputed memory found
    ) private pure {
        uint256 first =
            terms.startDay > statement.periodFirstDay ? terms.startDay : statement.periodFirstDay;
        uint256 last = endDay < statement.periodLastDay ? endDay : statement.periodLastDay;
        uint256 windowIsps = WeeklyWindow.count(terms, first, last);
        found.capacityIsps = windowIsps > tally.failedIsps ? windowIsps - tally.failedIsps : 0;
        found.capacity = LineMath.line(
            LineMath.capacityW(terms.amountW, windowIsps, tally.failedIsps),
            1,
            terms.ispMinutes,
            terms.capacityRate
        );
        found.volume = tally.volume;
        uint256 gross = found.capacity + found.volume;
        found.penalty = LineMath.cappedPenalty(tally.penaltyLines, terms.penaltyCapBp, gross);
        found.amount = gross - found.penalty;
    }
}
