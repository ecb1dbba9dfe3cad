// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title EIP-712 struct hashes of what is signed besides the terms
/// @dev Notice and mutual termination have different types, so that the one is never taken for the other.
library MarketMessages {
    bytes32 internal constant TERMINATION_TYPEHASH =
        keccak256("Termination(bytes32 agreementId,uint32 lastDay,uint64 signBefore)");
    bytes32 internal constant NOTICE_TYPEHASH =
        keccak256("TerminationNotice(bytes32 agreementId,uint32 lastDay,uint64 signBefore)");
    bytes32 internal constant OVERRIDE_TYPEHASH =
        keccak256("Override(bytes32 agreementId,uint32 firstIsp,uint16 isps,uint64 signBefore)");
    bytes32 internal constant ASSETS_TYPEHASH =
        keccak256("AssetRegistration(address owner,bytes32[] assetHashes,uint64 signBefore)");

    function termination(bytes32 agreementId, uint32 lastDay, uint64 signBefore) internal pure returns (bytes32) {
        return keccak256(abi.encode(TERMINATION_TYPEHASH, agreementId, lastDay, signBefore));
    }

    function notice(bytes32 agreementId, uint32 lastDay, uint64 signBefore) internal pure returns (bytes32) {
        return keccak256(abi.encode(NOTICE_TYPEHASH, agreementId, lastDay, signBefore));
    }

    function overriding(bytes32 agreementId, uint32 firstIsp, uint16 isps, uint64 signBefore)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(OVERRIDE_TYPEHASH, agreementId, firstIsp, isps, signBefore));
    }

    function assetRegistration(address owner, bytes32[] calldata assetHashes, uint64 signBefore)
        internal
        pure
        returns (bytes32)
    {
        bytes32 hashes = keccak256(abi.encodePacked(assetHashes));
        return keccak256(abi.encode(ASSETS_TYPEHASH, owner, hashes, signBefore));
    }
}
