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
import {Claim, Run, RunStatus} from "./interfaces/ISettlementLedger.sol";

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
    function challengeArithmetic(Evidence calldata evidence) external nonReentrant {
        (bytes32 agreementId, Run storage run) = challenged(evidence.proven);
        Recomputed memory found = referee.recompute(evidence);

        if (found.malformed) {
            hold(evidence.proven, agreementId, run.version, HoldReason.MALFORMED_SERIES);
        } else {
            replaceAmount(evidence.proven, agreementId, run, found.amount.toUint64());
        }
    }

    /// @inheritdoc IChallenges
    function challengeActual(Evidence calldata evidence, ReadingProof calldata proof) external {
        (bytes32 agreementId, Run storage run) = challenged(evidence.proven);
        referee.requireOtherActual(evidence, proof, run.blockNumber);

        hold(evidence.proven, agreementId, run.version, HoldReason.ACTUAL);
    }

    /// @inheritdoc IChallenges
    function challengeBaseline(Evidence calldata evidence, NominationProof calldata proof) external {
        (bytes32 agreementId, Run storage run) = challenged(evidence.proven);
        referee.requireOtherBaseline(evidence, proof);

        hold(evidence.proven, agreementId, run.version, HoldReason.BASELINE);
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

    /// @dev The agreement and run of a proven statement that may be challenged now.
    function challenged(Claim calldata proven) private view returns (bytes32 agreementId, Run storage run) {
        Terms calldata terms = proven.terms;
        agreementId = requireAgreement(terms, proven.statement);
        run = existingRun(terms.dso, terms.aggregator, proven.statement.periodFirstDay);
        uint256 closedAt = claimsOpenAt(run);
        require(block.timestamp < closedAt, ChallengeTooLate(block.timestamp, closedAt));
        require(!isVoid(run), RunIsVoid(terms.dso, terms.aggregator, proven.statement.periodFirstDay));
        requireProven(proven, run);
    }

    function hold(Claim calldata proven, bytes32 agreementId, uint8 version, HoldReason reason) private {
        uint32 periodFirstDay = proven.statement.periodFirstDay;
        Credit storage credited = credits[agreementId][periodFirstDay];
        require(credited.heldVersion != version, StatementOnHold(agreementId, periodFirstDay, version));

        credited.heldVersion = version;

        emit StatementHeld(
            agreementId, proven.terms.dso, proven.terms.aggregator, periodFirstDay, version, reason
        );
    }

    /// @dev The lock grows by what no amount that stood before has covered. So statements of one agreement that
    /// contradict each other cannot drain the escrow by turns.
    function replaceAmount(Claim calldata proven, bytes32 agreementId, Run storage run, uint64 amount) private {
        uint32 periodFirstDay = proven.statement.periodFirstDay;
        Credit memory credited = credits[agreementId][periodFirstDay];
        if (credited.recomputedVersion != run.version) {
            credited.recomputedVersion = run.version;
            credited.recomputed = proven.statement.amount;
            credited.covered = proven.statement.amount;
        }
        uint64 before = credited.recomputed;
        require(amount != before, ArithmeticHolds(agreementId, amount));

        bool payBond = run.status == RunStatus.BONDED;
        if (payBond) run.status = RunStatus.UNBONDED;
        uint64 added = amount > credited.covered ? amount - credited.covered : 0;
        if (added != 0) {
            if (growLock(run, proven.terms, periodFirstDay, added)) credited.covered = amount;
            else added = 0;
        }
        credited.recomputed = amount;
        credits[agreementId][periodFirstDay] = credited;

        emitRecomputed(proven, credited, before, added);

        if (payBond) payOutBond(proven.terms, periodFirstDay, credited.recomputedVersion);
    }

    function emitRecomputed(Claim calldata proven, Credit memory credited, uint64 before, uint64 added) private {
        emit StatementRecomputed(
            proven.statement.agreementId,
            proven.terms.dso,
            proven.terms.aggregator,
            proven.statement.periodFirstDay,
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
