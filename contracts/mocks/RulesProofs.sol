// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proof} from "../interfaces/ISettlementLedger.sol";
import {LineMath} from "../libraries/LineMath.sol";
import {SumTree} from "../libraries/SumTree.sol";

/// @title What holds for all arguments, for a prover: no path of these functions may reach a failing assertion
/// @dev Never deployed. A return before an assertion leaves arguments out.
contract RulesProofs {
    /// @dev A line divides by far less; above, doubling a remainder would overflow.
    uint256 private constant DENOMINATOR_MAX = 2 ** 255;

    /// @notice Rounding is to the nearest number, half to the even one, without any division in the proof.
    /// @dev The exact value lies `remainder / denominator` above the quotient.
    function provesHalfEven(uint256 quotient, uint256 remainder, uint256 denominator) external pure {
        if (remainder >= denominator || denominator > DENOMINATOR_MAX || quotient == type(uint256).max) return;
        uint256 rounded = LineMath.roundHalfEven(quotient, remainder, denominator);
        bool down = rounded == quotient;
        assert(down || rounded == quotient + 1);
        uint256 off = down ? remainder : denominator - remainder;
        assert(2 * off <= denominator);
        if (2 * off == denominator) assert(rounded % 2 == 0);
    }

    /// @notice Equal nodes have equal children in the same order: neither a sum nor a side can be exchanged.
    function provesNodes(
        bytes32[2] calldata hashes,
        uint256[2] calldata sums,
        bytes32[2] calldata otherHashes,
        uint256[2] calldata otherSums
    ) external pure {
        bytes32 node = SumTree.node(hashes[0], sums[0], hashes[1], sums[1]);
        if (node != SumTree.node(otherHashes[0], otherSums[0], otherHashes[1], otherSums[1])) return;
        assert(hashes[0] == otherHashes[0] && hashes[1] == otherHashes[1]);
        assert(sums[0] == otherSums[0] && sums[1] == otherSums[1]);
    }

    /// @notice A way to the root adds every sum once and does not overflow; here with checked arithmetic.
    function provesSums(bytes32 hash, uint128 sum, Proof calldata proof) external pure {
        (, uint256 rootSum) = SumTree.rootFrom(hash, sum, proof);
        uint256 expected = sum;
        for (uint256 i = 0; i < proof.siblings.length; ++i) {
            expected += proof.siblings[i].sum;
        }
        assert(rootSum == expected);
    }
}
