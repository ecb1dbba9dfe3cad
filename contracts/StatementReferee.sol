// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    CommittedBlob,
    Evidence,
    IChallenges,
    NominationProof,
    OrderedIsp,
    ReadingProof,
    Recomputed
} from "./interfaces/IChallenges.sol";
import {BaselineMethod, IFlexMarket, Terms} from "./interfaces/IFlexMarket.sol";
import {CommitmentKind, ISettlementLedger} from "./interfaces/ISettlementLedger.sol";
import {ActivationRules} from "./libraries/ActivationRules.sol";
import {MeterData} from "./libraries/MeterData.sol";
import {Recomputation} from "./libraries/Recomputation.sol";

/// @title Judges statements by what they were made of, for the ledger that created it
/// @notice It has no storage and moves nothing. It stands apart because it and the ledger together exceed the size of
/// one contract; so a challenge can also be tried here without sending it. Every answer is about genuine evidence: the
/// log is the one in the market, the series the one hashed in the statement. That terms and statement belong together,
/// and that the statement is in a run, is for the ledger to check.
contract StatementReferee {
    IFlexMarket public immutable market;
    ISettlementLedger public immutable ledger;

    constructor(IFlexMarket market_) {
        market = market_;
        ledger = ISettlementLedger(msg.sender);
    }

    /// @notice The figures of a statement as the rules have them.
    function recompute(Evidence calldata evidence) external view returns (Recomputed memory found) {
        bytes32 agreementId = evidence.statement.agreementId;
        uint32 endDay = ActivationRules.endDay(evidence.terms, market.agreementState(agreementId));
        found = Recomputation.recompute(evidence, endDay);
        requireGenuine(evidence, found.logHead, found.seriesHash);
    }

    /// @notice Pass only if the stated actual of an ISP is not the sum of its committed readings.
    /// @param beforeBlock The block of the run.
    function requireOtherActual(Evidence calldata evidence, ReadingProof calldata proof, uint32 beforeBlock)
        external
        view
    {
        Terms calldata terms = evidence.terms;
        OrderedIsp memory stated = statedAt(evidence, proof.isp);

        requireElements(terms.elements, proof);
        bytes32 root = lastMeterRoot(terms, proof, beforeBlock);
        int256 sum;
        bool missing;
        for (uint256 i = 0; i < proof.blobs.length; ++i) {
            int32 valueW = committedW(terms, root, proof.meterKeys[i], proof.blobs[i], proof.isp);
            if (valueW == MeterData.MISSING_W) missing = true;
            sum += valueW;
        }
        require(missing || sum != stated.actualW, IChallenges.DataHolds(proof.isp, stated.actualW));
    }

    /// @notice Pass only if the stated baseline of an ISP is none of the nominations that may have been in force.
    function requireOtherBaseline(Evidence calldata evidence, NominationProof calldata proof) external view {
        Terms calldata terms = evidence.terms;
        bytes32 agreementId = evidence.statement.agreementId;
        require(
            terms.baselineMethod == BaselineMethod.NOMINATED, IChallenges.BaselineNotNominated(agreementId)
        );
        OrderedIsp memory stated = statedAt(evidence, proof.isp);

        requireAllInTime(terms, proof, ActivationRules.latestRecording(terms, stated.firstIsp));
        for (uint256 i = 0; i < proof.blobs.length; ++i) {
            (bytes32 root,) =
                ledger.commitmentAt(CommitmentKind.NOMINATION, terms.aggregator, utcDayOf(terms, proof.isp), i);
            int32 valueW = committedW(terms, root, agreementId, proof.blobs[i], proof.isp);
            require(valueW != stated.baselineW, IChallenges.DataHolds(proof.isp, valueW));
        }
    }

    function statedAt(Evidence calldata evidence, uint32 isp) private view returns (OrderedIsp memory stated) {
        stated = Recomputation.statedAt(evidence, isp);
        requireGenuine(evidence, stated.logHead, stated.seriesHash);
    }

    function requireGenuine(Evidence calldata evidence, bytes32 logHead, bytes32 seriesHash) private view {
        bytes32 agreementId = evidence.statement.agreementId;
        bytes32 head = market.activationHead(agreementId);
        require(logHead == head, IChallenges.LogMismatch(agreementId, logHead, head));
        bytes32 stated = evidence.statement.seriesHash;
        require(seriesHash == stated, IChallenges.SeriesMismatch(agreementId, seriesHash, stated));
    }

    function requireElements(bytes32 agreed, ReadingProof calldata proof) private pure {
        bytes32 given = MeterData.elements(proof.meterKeys);
        require(given == agreed, IChallenges.ElementsMismatch(given, agreed));
        uint256 keys = proof.meterKeys.length;
        require(proof.blobs.length == keys, IChallenges.BlobCount(proof.blobs.length, keys));
    }

    /// @dev The caller tells which version it is: to search for it would cost more with every later one.
    function lastMeterRoot(Terms calldata terms, ReadingProof calldata proof, uint32 beforeBlock)
        private
        view
        returns (bytes32 root)
    {
        uint32 utcDay = utcDayOf(terms, proof.isp);
        uint64 blockNumber;
        (root, blockNumber) = ledger.commitmentAt(CommitmentKind.METER, terms.mdc, utcDay, proof.version);
        bool last = proof.version + 1 == ledger.commitmentCount(CommitmentKind.METER, terms.mdc, utcDay);
        if (!last) {
            (, uint64 nextBlock) =
                ledger.commitmentAt(CommitmentKind.METER, terms.mdc, utcDay, proof.version + 1);
            last = nextBlock >= beforeBlock;
        }
        require(
            last && blockNumber < beforeBlock,
            IChallenges.NotTheLastBefore(proof.version, blockNumber, beforeBlock)
        );
    }

    /// @dev One blob for each version committed up to a moment, no more and no fewer, and at least one.
    function requireAllInTime(Terms calldata terms, NominationProof calldata proof, uint256 latestTime)
        private
        view
    {
        uint256 given = proof.blobs.length;
        bool enough = !isInTime(terms, proof.isp, given, latestTime);
        bool notTooMany = given != 0 && isInTime(terms, proof.isp, given - 1, latestTime);
        require(enough && notTooMany, IChallenges.NotAllNominations(given, latestTime));
    }

    function isInTime(Terms calldata terms, uint32 isp, uint256 version, uint256 latestTime)
        private
        view
        returns (bool)
    {
        uint32 utcDay = utcDayOf(terms, isp);
        if (version >= ledger.commitmentCount(CommitmentKind.NOMINATION, terms.aggregator, utcDay)) return false;
        return
            ledger.committedAt(CommitmentKind.NOMINATION, terms.aggregator, utcDay, version) <= latestTime;
    }

    function committedW(
        Terms calldata terms,
        bytes32 root,
        bytes32 key,
        CommittedBlob calldata proof,
        uint32 isp
    ) private pure returns (int32) {
        return MeterData.committedW(root, key, proof, isp, terms.ispMinutes);
    }

    function utcDayOf(Terms calldata terms, uint32 isp) private pure returns (uint32) {
        return MeterData.utcDayOf(isp, terms.ispMinutes);
    }
}
