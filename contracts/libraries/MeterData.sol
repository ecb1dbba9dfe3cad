// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommittedBlob, IChallenges} from "../interfaces/IChallenges.sol";
import {SumTree} from "./SumTree.sol";

/// @title The hashes under which meter data and nominations are committed, and the values below them
library MeterData {
    uint256 private constant MINUTES_PER_DAY = 1440;
    uint256 private constant VALUE_BYTES = 4;

    /// @notice What stands in a blob where there is no value.
    int32 internal constant MISSING_W = type(int32).min;

    /// @notice The key of a metering point.
    function key(string calldata meteringPoint, bytes32 salt) internal pure returns (bytes32) {
        return keccak256(abi.encode(meteringPoint, salt));
    }

    /// @notice The elements of an agreement from the keys of its metering points, ascending.
    function elements(bytes32[] calldata meterKeys) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(meterKeys));
    }

    /// @notice The leaf of one key and UTC day; the key is an agreement id for a nomination.
    function leaf(bytes32 meterKey, uint32 utcDay, bytes calldata blob) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(meterKey, utcDay, keccak256(blob)))));
    }

    /// @notice The UTC day of an ISP.
    function utcDayOf(uint32 isp, uint256 ispMinutes) internal pure returns (uint32) {
        return uint32(isp / (MINUTES_PER_DAY / ispMinutes));
    }

    /// @notice The W of one ISP in a blob that has to be committed under a root.
    function committedW(bytes32 root, bytes32 meterKey, CommittedBlob calldata proof, uint32 isp, uint256 ispMinutes)
        internal
        pure
        returns (int32)
    {
        uint256 ispsPerDay = MINUTES_PER_DAY / ispMinutes;
        uint256 length = VALUE_BYTES * ispsPerDay;
        if (proof.blob.length != length) revert IChallenges.BlobLength(proof.blob.length, length);
        uint32 utcDay = utcDayOf(isp, ispMinutes);
        bytes32 given = SumTree.rootOfHashes(leaf(meterKey, utcDay, proof.blob), proof.index, proof.siblingHashes);
        if (given != root) revert IChallenges.BlobMismatch(meterKey, utcDay, given, root);
        uint256 begin = VALUE_BYTES * (isp % ispsPerDay);
        return int32(uint32(bytes4(proof.blob[begin:begin + VALUE_BYTES])));
    }
}
