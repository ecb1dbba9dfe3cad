// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {RunRegister} from "./RunRegister.sol";
import {StatementReferee} from "./StatementReferee.sol";
import {
    Evidence,
    HoldReason,
    IChallenges,
    NominationProof,
    ReadingProof,
    Recomputed
} from "./interfaces/IChallenges.sol";
import {Terms} from "./interfaces/IFlexMarket.sol";
import {Proof, Run, RunStatus, Statement} from "./interfaces/ISettlementLedger.sol";

/// @title What a wrong statement can be met with while the claims on its run are not open
/// @dev The documentation is on the interface. A hold and a recomputed amount are independent of each other.
abstract contract StatementChallenges is RunRegister {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @dev One word for an agreement and period. Each part names the version of the run it belongs to.
    struct Credit {
        uint64 amount; // last credited
        uint8 version;
        uint8 heldVersion;
        uint8 recomputedVersion;
        uint64 recomputed; // stands in for the statement's amount
        uint64 covered; // the largest amount that the lock of the run covers for it
    }

    /// @notice Judges the evidence of challenges; anyone may ask it.
    StatementReferee public immutable referee;

    mapping(bytes32 agreementId => mapping(uint32 periodFirstDay => Credit)) internal credits;

    constructor() {
        referee = new StatementReferee(market);
    }

    /* ACTIONS */

    /// @inheritdoc IChallenges
    function challengeArithmetic(Evidence calldata evidence, Proof calldata proof) external nonReentrant {
        Run storage run = challenged(evidence, proof);
        Recomputed memory found = referee.recompute(evidence);

        if (found.malformed) hold(evidence, run.version, HoldReason.MALFORMED_SERIES);
        else replaceAmount(evidence, run, found.amount.toUint64());
    }

    /// @inheritdoc IChallenges
    function challengeActual(Evidence calldata evidence, Proof calldata proof, ReadingProof calldata readings)
        external
    {
        Run storage run = challenged(evidence, proof);
        referee.requireOtherActual(evidence, readings, run.blockNumber);

        hold(evidence, run.version, HoldReason.ACTUAL);
    }

    /// @inheritdoc IChallenges
    function challengeBaseline(Evidence calldata evidence, Proof calldata proof, NominationProof calldata nominations)
        external
    {
        Run storage run = challenged(evidence, proof);
        referee.requireOtherBaseline(evidence, nominations);

        hold(evidence, run.version, HoldReason.BASELINE);
    }

    /* VIEWS */

    /// @inheritdoc IChallenges
    function disputeOf(bytes32 agreementId, uint32 periodFirstDay)
        external
        view
        returns (uint8 recomputedVersion, uint64 amount, uint8 heldVersion)
    {
        Credit storage credited = credits[agreementId][periodFirstDay];
        return (credited.recomputedVersion, credited.recomputed, credited.heldVersion);
    }

    /* INTERNALS */

    /// @dev The run of a statement that may be challenged now.
    function challenged(Evidence calldata evidence, Proof calldata proof) private view returns (Run storage run) {
        Terms calldata terms = evidence.terms;
        Statement calldata statement = evidence.statement;
        requireAgreement(terms, statement);
        run = existingRun(terms.dso, terms.aggregator, statement.periodFirstDay);
        uint256 closedAt = claimsOpenAt(run);
        require(block.timestamp < closedAt, ChallengeTooLate(block.timestamp, closedAt));
        require(!isVoid(run), RunIsVoid(terms.dso, terms.aggregator, statement.periodFirstDay));
        requireProven(statement, proof, run);
    }

    function hold(Evidence calldata evidence, uint8 version, HoldReason reason) private {
        bytes32 agreementId = evidence.statement.agreementId;
        uint32 periodFirstDay = evidence.statement.periodFirstDay;
        Credit storage credited = credits[agreementId][periodFirstDay];
        require(credited.heldVersion != version, StatementOnHold(agreementId, periodFirstDay, version));

        credited.heldVersion = version;

        emit StatementHeld(
            agreementId, evidence.terms.dso, evidence.terms.aggregator, periodFirstDay, version, reason
        );
    }

    /// @dev The lock grows by what no amount that stood before has covered. So statements of one agreement that
    /// contradict each other cannot drain the escrow by turns.
    function replaceAmount(Evidence calldata evidence, Run storage run, uint64 amount) private {
        Statement calldata statement = evidence.statement;
        bytes32 agreementId = statement.agreementId;
        uint32 periodFirstDay = statement.periodFirstDay;
        Credit memory credited = credits[agreementId][periodFirstDay];
        uint8 version = run.version;
        if (credited.recomputedVersion != version) {
            credited.recomputedVersion = version;
            credited.recomputed = statement.amount;
            credited.covered = statement.amount;
        }
        uint64 before = credited.recomputed;
        require(amount != before, ArithmeticHolds(agreementId, amount));

        bool payBond = run.status == RunStatus.BONDED;
        if (payBond) run.status = RunStatus.UNBONDED;
        uint64 added = amount > credited.covered ? amount - credited.covered : 0;
        if (added != 0) {
            if (growLock(run, evidence.terms, periodFirstDay, added)) credited.covered = amount;
            else added = 0;
        }
        credited.recomputed = amount;
        credits[agreementId][periodFirstDay] = credited;

        emitRecomputed(evidence, credited, before, added);

        if (payBond) payOutBond(evidence.terms, periodFirstDay, version);
    }

    function emitRecomputed(Evidence calldata evidence, Credit memory credited, uint64 before, uint64 added)
        private
    {
        emit StatementRecomputed(
            evidence.statement.agreementId,
            evidence.terms.dso,
            evidence.terms.aggregator,
            evidence.statement.periodFirstDay,
            credited.recomputedVersion,
            before,
            credited.recomputed,
            added
        );
    }

    function payOutBond(Terms calldata terms, uint32 periodFirstDay, uint8 version) private {
        emit BondTaken(terms.dso, terms.aggregator, periodFirstDay, version, msg.sender, bondUnits);

        token.safeTransfer(msg.sender, bondUnits);
    }
}
