// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Baseline and actual of the ordered ISPs, four pairs to a word, the first in the highest bytes
library Series {
    uint256 private constant PAIRS_PER_WORD = 4;

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
        uint256 pair = words[position / PAIRS_PER_WORD] >> (64 * (PAIRS_PER_WORD - 1 - position % PAIRS_PER_WORD));
        baselineW = int32(uint32(pair >> 32));
        actualW = int32(uint32(pair));
    }
}
