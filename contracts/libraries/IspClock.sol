// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ClockRule} from "../interfaces/IFlexMarket.sol";

/// @title Local time by arithmetic: a winter offset and one hour more between the two switch instants of a year
/// @dev Instants are UTC seconds since 1970 and lie after January 1970, so that local time is never negative.
library IspClock {
    uint256 private constant MINUTES_PER_DAY = 1440;
    uint256 private constant DAYS_PER_400_YEARS = 146_097;

    /// @notice The offset of local time at an instant, and the instant until which it is known to hold.
    function offsetAt(ClockRule rule, int256 winterMinutes, uint256 utcSeconds)
        internal
        pure
        returns (int256 offsetMinutes, uint256 untilSeconds)
    {
        if (rule == ClockRule.NONE) return (winterMinutes, type(uint256).max);
        uint256 year = yearOf(utcSeconds / 1 days);
        (uint256 begin, uint256 end) = summerTime(rule, winterMinutes, year);
        if (utcSeconds < begin) return (winterMinutes, begin);
        if (utcSeconds < end) return (winterMinutes + 60, end);
        return (winterMinutes, yearStart(year + 1) * 1 days);
    }

    /// @notice Minutes of local time since 1970-01-01 00:00 local.
    function localMinutes(ClockRule rule, int256 winterMinutes, uint256 utcSeconds) internal pure returns (uint256) {
        (int256 offsetMinutes,) = offsetAt(rule, winterMinutes, utcSeconds);
        return uint256(int256(utcSeconds / 60) + offsetMinutes);
    }

    /// @notice The local date of an instant as days since 1970-01-01.
    function localDay(ClockRule rule, int256 winterMinutes, uint256 utcSeconds) internal pure returns (uint256) {
        return localMinutes(rule, winterMinutes, utcSeconds) / MINUTES_PER_DAY;
    }

    /// @notice The instants at which summer time begins and ends in a year; for EU or US.
    function summerTime(ClockRule rule, int256 winterMinutes, uint256 year)
        internal
        pure
        returns (uint256 begin, uint256 end)
    {
        uint256 start = yearStart(year);
        uint256 firstOfMarch = start + 59 + (yearStart(year + 1) - start - 365);
        if (rule == ClockRule.EU) {
            begin = sundayOnOrBefore(firstOfMarch + 30) * 1 days + 1 hours;
            end = sundayOnOrBefore(firstOfMarch + 244) * 1 days + 1 hours;
        } else {
            // The second Sunday of March is the last one up to the 14th, the first of November the last up to the 7th.
            begin = sundayOnOrBefore(firstOfMarch + 13) * 1 days + 2 hours;
            end = sundayOnOrBefore(firstOfMarch + 251) * 1 days + 1 hours;
            begin = uint256(int256(begin) - winterMinutes * 60);
            end = uint256(int256(end) - winterMinutes * 60);
        }
    }

    /// @notice The year of a day number.
    function yearOf(uint256 day) internal pure returns (uint256 year) {
        // The mean length of a year misses by at most one.
        year = 1970 + day * 400 / DAYS_PER_400_YEARS;
        if (yearStart(year) > day) --year;
        else if (yearStart(year + 1) <= day) ++year;
    }

    /// @notice The day number of the 1st of January of a year from 1970.
    function yearStart(uint256 year) internal pure returns (uint256) {
        return (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
    }

    /// @notice The last Sunday not after a day.
    function sundayOnOrBefore(uint256 day) internal pure returns (uint256) {
        return day - (day + 4) % 7;
    }
}
