// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The hashes under which meter data and nominations are committed
library MeterData {
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
}
