// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {LedgerRoles} from "./LedgerRoles.sol";
import {CommitmentKind, ISettlementLedger} from "./interfaces/ISettlementLedger.sol";

/// @title Roots of meter data and nominations, one or more versions per committer and UTC day
/// @dev The part of the ledger that knows no money. The documentation is on the interface.
abstract contract CommitmentLog is LedgerRoles {
    using SafeCast for uint256;

    struct Commitment {
        bytes32 root;
        uint64 blockNumber;
        uint64 blockTime;
    }

    mapping(CommitmentKind kind => mapping(address committer => mapping(uint32 utcDay => Commitment[]))) private
        commitments;

    /// @inheritdoc ISettlementLedger
    function commitMeterData(uint32 firstUtcDay, bytes32[] calldata roots) external onlyRole(MDC_ROLE) {
        commit(CommitmentKind.METER, firstUtcDay, roots);
    }

    /// @inheritdoc ISettlementLedger
    function commitNominations(uint32 firstUtcDay, bytes32[] calldata roots) external {
        commit(CommitmentKind.NOMINATION, firstUtcDay, roots);
    }

    /// @inheritdoc ISettlementLedger
    function commitmentCount(CommitmentKind kind, address committer, uint32 utcDay)
        external
        view
        returns (uint256)
    {
        return commitments[kind][committer][utcDay].length;
    }

    /// @inheritdoc ISettlementLedger
    function commitmentAt(CommitmentKind kind, address committer, uint32 utcDay, uint256 index)
        external
        view
        returns (bytes32 root, uint64 blockNumber)
    {
        Commitment[] storage versions = commitments[kind][committer][utcDay];
        require(index < versions.length, UnknownCommitment(index, versions.length));
        return (versions[index].root, versions[index].blockNumber);
    }

    /// @inheritdoc ISettlementLedger
    function committedAt(CommitmentKind kind, address committer, uint32 utcDay, uint256 index)
        external
        view
        returns (uint64)
    {
        Commitment[] storage versions = commitments[kind][committer][utcDay];
        require(index < versions.length, UnknownCommitment(index, versions.length));
        return versions[index].blockTime;
    }

    /// @inheritdoc ISettlementLedger
    function rootsBefore(
        CommitmentKind kind,
        address committer,
        uint32 firstUtcDay,
        uint32 utcDays,
        uint64 beforeBlock
    ) external view returns (bytes32[] memory roots) {
        roots = new bytes32[](utcDays);
        for (uint256 i = 0; i < utcDays; ++i) {
            uint32 utcDay = (firstUtcDay + i).toUint32();
            roots[i] = lastBefore(commitments[kind][committer][utcDay], beforeBlock);
        }
    }

    function commit(CommitmentKind kind, uint32 firstUtcDay, bytes32[] calldata roots) private {
        require(roots.length != 0, NoRoots());

        for (uint256 i = 0; i < roots.length; ++i) {
            uint32 utcDay = (firstUtcDay + i).toUint32();
            Commitment[] storage versions = commitments[kind][msg.sender][utcDay];
            versions.push(Commitment(roots[i], uint64(block.number), uint64(block.timestamp)));
            emit Committed(kind, msg.sender, utcDay, versions.length, roots[i]);
        }
    }

    /// @dev The last version of a day that a block before `beforeBlock` recorded, 0 if there is none.
    function lastBefore(Commitment[] storage versions, uint64 beforeBlock) private view returns (bytes32) {
        for (uint256 count = versions.length; count != 0; --count) {
            Commitment storage version = versions[count - 1];
            if (version.blockNumber < beforeBlock) return version.root;
        }
        return 0;
    }
}
