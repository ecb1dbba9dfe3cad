// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogEntry} from "../interfaces/IChallenges.sol";
import {Terms} from "../interfaces/IFlexMarket.sol";
import {ActivationRules} from "./ActivationRules.sol";
import {IspClock} from "./IspClock.sol";

/// @title Reading the activation log of an agreement
library ActivationLog {
    uint256 private constant MINUTES_PER_DAY = 1440;

    /// @notice The standing activations of a period by their place in the log.
    struct PeriodLog {
        bytes32 head; // of all entries
        uint256 count;
        uint256[] places; // the first `count` count
    }

    /// @notice Those that no entry cancels and whose first ISP begins on one of the local days, both inclusive.
    /// @dev A log whose head is the one stored has cancellations only right after what they cancel.
    function ofPeriod(Terms calldata terms, LogEntry[] calldata log, uint32 firstDay, uint32 lastDay)
        internal
        pure
        returns (PeriodLog memory period)
    {
        period.places = new uint256[](log.length);
        int256 offset;
        uint256 until;
        for (uint256 i = 0; i < log.length; ++i) {
            LogEntry calldata entry = log[i];
            period.head = ActivationRules.nextHead(period.head, entry.firstIsp, entry.isps, entry.orderedW);
            if (!isStanding(log, i)) continue;
            // What stands ascends in time, so the clock only has to look ahead.
            uint256 utcMinutes = uint256(entry.firstIsp) * terms.ispMinutes;
            if (utcMinutes * 60 >= until) {
                (offset, until) = IspClock.offsetAt(terms.clockRule, terms.utcOffsetMinutes, utcMinutes * 60);
            }
            uint256 localDay = uint256(int256(utcMinutes) + offset) / MINUTES_PER_DAY;
            if (firstDay <= localDay && localDay <= lastDay) period.places[period.count++] = i;
        }
    }

    function isStanding(LogEntry[] calldata log, uint256 place) private pure returns (bool) {
        if (log[place].orderedW == 0) return false;
        return place + 1 == log.length || log[place + 1].orderedW != 0;
    }
}
