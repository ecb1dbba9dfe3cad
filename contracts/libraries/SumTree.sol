// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Node, Proof, Statement} from "../interfaces/ISettlementLedger.sol";

/// @title The Merkle sum tree of a run
/// @dev A node hashes both child hashes and both child sums: no sum changes without its hash.
library SumTree {
    /// @notice The hash of a statement's leaf; hashed twice, so that it is never read as a node.
    function leaf(Statement calldata statement) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(statement))));
    }

    /// @notice The hash of a node.
    function node(bytes32 leftHash, uint256 leftSum, bytes32 rightHash, uint256 rightSum)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(leftHash, leftSum, rightHash, rightSum));
    }

    /// @notice The root that a leaf and its siblings lead to.
    /// @dev Unchecked: no calldata holds enough sums of 64 bits to overflow.
    function rootFrom(bytes32 hash, uint256 sum, Proof calldata proof) internal pure returns (bytes32, uint256) {
        uint256 index = proof.index;
        Node[] calldata siblings = proof.siblings;
        unchecked {
            for (uint256 level = 0; level < siblings.length; ++level) {
                Node calldata sibling = siblings[level];
                uint256 siblingSum = sibling.sum;
                hash = index & 1 == 0
                    ? node(hash, sum, sibling.hash, siblingSum)
                    : node(sibling.hash, siblingSum, hash, sum);
                sum += siblingSum;
                index >>= 1;
            }
        }
        return (hash, sum);
    }

    /// @notice The root that a leaf of a commitment leads to: the same tree, in which all sums are 0.
    function rootOfHashes(bytes32 hash, uint256 index, bytes32[] calldata siblingHashes)
        internal
        pure
        returns (bytes32)
    {
        for (uint256 level = 0; level < siblingHashes.length; ++level) {
            bytes32 siblingHash = siblingHashes[level];
            hash = index & 1 == 0 ? node(hash, 0, siblingHash, 0) : node(siblingHash, 0, hash, 0);
            index >>= 1;
        }
        return hash;
    }
}
