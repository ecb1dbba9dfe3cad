// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LineMath} from "./LineMath.sol";

/// @title Baseline and actual of the ordered ISPs, four pairs to a word, the first in the highest bytes
library Series {
    uint256 private constant PAIRS_PER_WORD = 4;
    uint256 private constant PAIR_BITS = 64;
    /// @dev Stands for no power: none that was ordered may lack a baseline or an actual.
    int32 private constant UNREADABLE_W = type(int32).min;

    /// @notice The hash that stands in a statement.
    function hash(uint256[] calldata words) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(words));
    }

    /// @notice The pair of the `position`th ordered ISP, counted from 0 over all activations of the statement.
    function pairAt(uint256[] calldata words, uint256 position)
        internal
        pure
        returns (int32 baselineW, int32 actualW)
    {
        return pairIn(words[position / PAIRS_PER_WORD], position);
    }

    /// @notice Whether the words have room for a number of pairs.
    function reaches(uint256[] calldata words, uint256 pairs) internal pure returns (bool) {
        return pairs <= words.length * PAIRS_PER_WORD;
    }

    /// @notice Whether there are as many words as a number of pairs needs, with nothing after the last pair.
    function isPacked(uint256[] calldata words, uint256 pairs) internal pure returns (bool) {
        if (words.length != (pairs + PAIRS_PER_WORD - 1) / PAIRS_PER_WORD) return false;
        uint256 inLast = pairs % PAIRS_PER_WORD;
        return inLast == 0 || words[words.length - 1] << (PAIR_BITS * inLast) == 0;
    }

    /// @notice The sums over the ISPs of one activation; the words have to reach as far.
    /// @dev Unchecked: 2^16 ISPs of 2^33 W are far from overflow.
    /// @return sums Magnitudes in W.
    /// @return readable False if a value is -2^31; the sums then mean nothing.
    function deliveryOf(uint256[] calldata words, uint256 position, uint256 isps, int256 orderedW)
        internal
        pure
        returns (LineMath.Delivery memory sums, bool readable)
    {
        unchecked {
            uint256 end = position + isps;
            uint256 delivered;
            uint256 deficiency;
            for (; position < end; ++position) {
                (int32 baselineW, int32 actualW) = pairAt(words, position);
                if (baselineW == UNREADABLE_W || actualW == UNREADABLE_W) return (sums, false);
                (uint256 deliveredW, uint256 deficiencyW) = LineMath.measure(baselineW, actualW, orderedW);
                delivered += deliveredW;
                deficiency += deficiencyW;
            }
            uint256 ordered = isps * uint256(orderedW < 0 ? -orderedW : orderedW);
            return (LineMath.Delivery(ordered, delivered, deficiency), true);
        }
    }

    function pairIn(uint256 word, uint256 position) private pure returns (int32 baselineW, int32 actualW) {
        unchecked {
            uint256 pair = word >> (PAIR_BITS * (PAIRS_PER_WORD - 1 - position % PAIRS_PER_WORD));
            baselineW = int32(uint32(pair >> 32));
            actualW = int32(uint32(pair));
        }
    }
}
