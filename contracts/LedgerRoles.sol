// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ISettlementLedger} from "./interfaces/ISettlementLedger.sol";

/// @title Who may do what in the ledger, and the emergency stop
/// @dev There is one admin, who grants the other roles. It hands over in two steps with a delay in between.
abstract contract LedgerRoles is ISettlementLedger, AccessControlDefaultAdminRules, Pausable {
    bytes32 public constant DSO_ROLE = keccak256("DSO_ROLE");
    bytes32 public constant MDC_ROLE = keccak256("MDC_ROLE");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// @notice Time between the announcement of a new admin and its acceptance.
    uint48 public constant ADMIN_DELAY_S = 2 days;

    constructor(address admin) AccessControlDefaultAdminRules(ADMIN_DELAY_S, admin) {}

    /// @inheritdoc ISettlementLedger
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
    }

    /// @inheritdoc ISettlementLedger
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }
}
