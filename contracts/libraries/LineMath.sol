// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryRule} from "../interfaces/IFlexMarket.sol";

/// @title Delivery and money in integers, the same bits as off chain
/// @dev Power in W, money in 1e-4 EUR. A line is an exact fraction, rounded once, half to even.
library LineMath {
    uint256 internal constant BASIS_POINTS = 10_000;
    /// @dev W x minutes in a MWh.
    uint256 private constant W_MINUTES_PER_MWH = 60_000_000;

    /// @notice Sums over the ISPs of one activation, magnitudes in W.
    struct Delivery {
        uint256 orderedW;
        uint256 deliveredW; // capped at the order in each ISP
        uint256 deficiencyW; // not capped
    }

    /// @notice Divide and round half to even; the denominator is not 0.
    function divideHalfEven(uint256 numerator, uint256 denominator) internal pure returns (uint256) {
        return roundHalfEven(numerator / denominator, numerator % denominator, denominator);
    }

    /// @notice Round a quotient half to even by what the division left over.
    function roundHalfEven(uint256 quotient, uint256 remainder, uint256 denominator)
        internal
        pure
        returns (uint256)
    {
        uint256 twice = 2 * remainder;
        bool up = twice > denominator || (twice == denominator && quotient & 1 == 1);
        return up ? quotient + 1 : quotient;
    }

    /// @notice The money of a line: `scaledW` is a sum of W over ISPs times `scale`.
    function line(uint256 scaledW, uint256 scale, uint256 ispMinutes, uint256 rate) internal pure returns (uint256) {
        return divideHalfEven(scaledW * ispMinutes * rate, W_MINUTES_PER_MWH * scale);
    }

    /// @notice What one ISP delivered and lacks; `orderedW` is not 0.
    /// @dev Above the order nothing more counts; the wrong direction delivers nothing and lacks more than the order.
    /// Unchecked: powers have 32 bits.
    function measure(int256 baselineW, int256 actualW, int256 orderedW)
        internal
        pure
        returns (uint256 deliveredW, uint256 deficiencyW)
    {
        unchecked {
            int256 moved = orderedW < 0 ? baselineW - actualW : actualW - baselineW;
            int256 ordered = orderedW < 0 ? -orderedW : orderedW;
            if (moved >= ordered) return (uint256(ordered), 0);
            return (moved > 0 ? uint256(moved) : 0, uint256(ordered - moved));
        }
    }

    /// @notice Whether an activation falls short of THRESHOLD: it earns no volume and no capacity for its ISPs.
    function failsThreshold(Delivery memory sums, DeliveryRule rule, uint256 deliveryBp)
        internal
        pure
        returns (bool)
    {
        return rule == DeliveryRule.THRESHOLD && BASIS_POINTS * sums.deliveredW < deliveryBp * sums.orderedW;
    }

    /// @notice The W sum that is paid, times 10,000.
    function paidScaledW(Delivery memory sums, DeliveryRule rule, uint256 deliveryBp, uint256 slope)
        internal
        pure
        returns (uint256)
    {
        if (failsThreshold(sums, rule, deliveryBp)) return 0;
        uint256 delivered = BASIS_POINTS * sums.deliveredW;
        if (rule != DeliveryRule.GRACE) return delivered;

        uint256 ordered = BASIS_POINTS * sums.orderedW;
        uint256 graced = (BASIS_POINTS - deliveryBp) * sums.orderedW;
        if (delivered >= graced) return ordered;
        uint256 reduction = slope * (graced - delivered);
        return reduction < ordered ? ordered - reduction : 0;
    }

    /// @notice The penalty of a statement: at most a share of its capacity and volume pay, rounded down.
    function cappedPenalty(uint256 penaltyLines, uint256 penaltyCapBp, uint256 capacityAndVolume)
        internal
        pure
        returns (uint256)
    {
        uint256 cap = penaltyCapBp * capacityAndVolume / BASIS_POINTS;
        return penaltyLines < cap ? penaltyLines : cap;
    }

    /// @notice The W sum of the capacity line: agreed W x paid window ISPs.
    function capacityW(int256 amountW, uint256 windowIsps, uint256 failedIsps) internal pure returns (uint256) {
        uint256 agreed = uint256(amountW < 0 ? -amountW : amountW);
        return windowIsps > failedIsps ? agreed * (windowIsps - failedIsps) : 0;
    }
}
