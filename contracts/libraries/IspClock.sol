// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ClockRule} from "../interfaces/IFlexMarket.sol";

/// @title Local time by arithmetic: a winter offset and one hour more between the two switch instants of a year
/// @dev Instants are UTC seconds since 1970, at most 2^32 ISPs of an hour, and lie after January 1970. So local time is
/// never negative and nothing here can overflow, which is why the arithmetic is unchecked.
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
        (uint256 start, uint256 next) = yearAround(utcSeconds / 1 days);
        (uint256 begin, uint256 end) = summerTime(rule, winterMinutes, start, next);
        if (utcSeconds < begin) return (winterMinutes, begin);
        unchecked {
            if (utcSeconds < end) return (winterMinutes + 60, end);
            return (winterMinutes, next * 1 days);
        }
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

    /// @notice The instants at which summer time begins and ends in a year, by EU or US rule.
    /// @param start Day number of the 1st of January of that year.
    /// @param next The same of the following year.
    function summerTime(ClockRule rule, int256 winterMinutes, uint256 start, uint256 next)
        internal
        pure
        returns (uint256 begin, uint256 end)
    {
        unchecked {
            uint256 firstOfMarch = start + 59 + (next - start - 365);
            if (rule == ClockRule.EU) {
                begin = sundayOnOrBefore(firstOfMarch + 30) * 1 days + 1 hours;
                end = sundayOnOrBefore(firstOfMarch + 244) * 1 days + 1 hours;
            } else {
                // The second Sunday of March is the last up to the 14th, the first of November the last up to the 7th.
                begin = sundayOnOrBefore(firstOfMarch + 13) * 1 days + 2 hours;
                end = sundayOnOrBefore(firstOfMarch + 251) * 1 days + 1 hours;
                begin = uint256(int256(begin) - winterMinutes * 60);
                end = uint256(int256(end) - winterMinutes * 60);
            }
        }
    }

    /// @notice The 1st of January of the year of a day, and that of the following year, as day numbers.
    function yearAround(uint256 day) internal pure returns (uint256 start, uint256 next) {
        unchecked {
            // The mean length of a year misses by at most one year.
            uint256 year = 1970 + day * 400 / DAYS_PER_400_YEARS;
            start = yearStart(year);
            if (start > day) return (yearStart(year - 1), start);
            next = yearStart(year + 1);
            if (next <= day) return (next, yearStart(year + 2));
        }
    }

    /// @notice The day number of the 1st of January of a year from 1970.
    function yearStart(uint256 year) internal pure returns (uint256) {
        unchecked {
            return (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
        }
    }

    /// @notice The last Sunday not after a day.
    function sundayOnOrBefore(uint256 day) internal pure returns (uint256) {
        unchecked {
            return day - (day + 4) % 7;
        }
    }
}
