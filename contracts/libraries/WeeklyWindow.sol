// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ClockRule, Terms} from "../interfaces/IFlexMarket.sol";
import {IspClock} from "./IspClock.sol";

/// @title The weekly window of an agreement: 672 bits, one for each local quarter of an hour from Monday 00:00
library WeeklyWindow {
    uint256 private constant MINUTES_PER_DAY = 1440;
    uint256 private constant MINUTES_PER_WEEK = 10_080;
    /// @dev 1970-01-01 was a Thursday.
    uint256 private constant EPOCH_WEEKDAY = 3;
    uint256 private constant BITS_PER_DAY = 96;
    uint256 private constant DAY_MASK = (1 << BITS_PER_DAY) - 1;

    /// @notice The three words of the window.
    function words(Terms calldata terms) internal pure returns (uint256[3] memory) {
        return [terms.window0, terms.window1, terms.window2];
    }

    /// @notice The bit of a local start.
    function bitOf(uint256 localMinutes) internal pure returns (uint256) {
        unchecked {
            return (localMinutes + EPOCH_WEEKDAY * MINUTES_PER_DAY) % MINUTES_PER_WEEK / 15;
        }
    }

    /// @notice Whether a bit is set; `bit` is below 768.
    function isSet(uint256[3] memory window, uint256 bit) internal pure returns (bool) {
        return (window[bit >> 8] >> (bit & 255)) & 1 == 1;
    }

    /// @notice Count the ISPs of the local days `firstDay` to `lastDay` that lie in the window; both inclusive.
    /// @dev Every day counts as 24 hours first; then the hour that spring lacks goes and the one that autumn doubles
    /// comes. The cost grows with the years, not with the days. Unchecked below: days and minutes are far from overflow.
    function count(Terms calldata terms, uint256 firstDay, uint256 lastDay) internal pure returns (uint256 isps) {
        if (firstDay > lastDay) return 0;
        uint256[3] memory window = words(terms);
        isps = countPlainDays(window, terms.ispMinutes, firstDay, lastDay);
        if (terms.clockRule == ClockRule.NONE) return isps;
        int256 winterMinutes = terms.utcOffsetMinutes;
        uint256 day = firstDay;
        while (day <= lastDay) {
            (uint256 start, uint256 next) = IspClock.yearAround(day);
            (uint256 begin, uint256 end) = IspClock.summerTime(terms.clockRule, winterMinutes, start, next);
            uint256 lacking = uint256(int256(begin / 60) + winterMinutes);
            uint256 doubled = uint256(int256(end / 60) + winterMinutes);
            isps += countHour(window, terms.ispMinutes, doubled, firstDay, lastDay);
            isps -= countHour(window, terms.ispMinutes, lacking, firstDay, lastDay);
            day = next;
        }
    }

    /// @dev The count if every day had 24 hours.
    function countPlainDays(uint256[3] memory window, uint256 ispMinutes, uint256 firstDay, uint256 lastDay)
        private
        pure
        returns (uint256 isps)
    {
        unchecked {
            uint256 daysCounted = lastDay - firstDay + 1;
            uint256 fullWeeks = daysCounted / 7;
            uint256 daysOver = daysCounted % 7;
            for (uint256 i = 0; i < 7; ++i) {
                uint256 times = i < daysOver ? fullWeeks + 1 : fullWeeks;
                isps += times * countWeekday(window, ispMinutes, (firstDay + i + EPOCH_WEEKDAY) % 7);
            }
        }
    }

    /// @dev The window ISPs of one weekday.
    function countWeekday(uint256[3] memory window, uint256 ispMinutes, uint256 weekday)
        private
        pure
        returns (uint256)
    {
        uint256 firstBit = weekday * BITS_PER_DAY;
        uint256 shift = firstBit & 255;
        uint256 bits = window[firstBit >> 8] >> shift;
        if (shift > 256 - BITS_PER_DAY) bits |= window[(firstBit >> 8) + 1] << (256 - shift);
        bits &= DAY_MASK;
        if (ispMinutes == 5) return 3 * ones(bits);
        if (ispMinutes == 30) bits &= type(uint256).max / 3; // every second bit
        if (ispMinutes == 60) bits &= type(uint256).max / 15; // every fourth bit
        return ones(bits);
    }

    /// @dev The window ISPs of one hour of local time, as far as its days lie in the range.
    function countHour(
        uint256[3] memory window,
        uint256 ispMinutes,
        uint256 localMinutes,
        uint256 firstDay,
        uint256 lastDay
    ) private pure returns (uint256 isps) {
        unchecked {
            for (uint256 minute = localMinutes; minute < localMinutes + 60; minute += ispMinutes) {
                uint256 day = minute / MINUTES_PER_DAY;
                if (firstDay <= day && day <= lastDay && isSet(window, bitOf(minute))) ++isps;
            }
        }
    }

    /// @dev The number of bits that are 1, below 256: sums of 2, 4 and 8 bits beside each other, then all of these.
    function ones(uint256 bits) private pure returns (uint256) {
        unchecked {
            uint256 everySecond = type(uint256).max / 3;
            uint256 everySecondPair = type(uint256).max / 5;
            uint256 everySecondFour = type(uint256).max / 17;
            bits = (bits & everySecond) + ((bits >> 1) & everySecond);
            bits = (bits & everySecondPair) + ((bits >> 2) & everySecondPair);
            bits = (bits & everySecondFour) + ((bits >> 4) & everySecondFour);
            return (bits * (type(uint256).max / 255)) >> 248;
        }
    }
}
