// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {CommitmentLog} from "./CommitmentLog.sol";
import {Treasury} from "./Treasury.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {IFlexMarket, Terms} from "./interfaces/IFlexMarket.sol";
import {
    Escrow,
    ISettlementLedger,
    Proof,
    Run,
    RunInput,
    RunStatus,
    Statement
} from "./interfaces/ISettlementLedger.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {TermsLib} from "./libraries/TermsLib.sol";

/// @title Runs: what they lock and tie, when they let go of it, and whether a statement is in one
/// @dev The documentation is on the interfaces.
abstract contract RunRegister is CommitmentLog, Treasury {
    using SafeCast for uint256;
    using SumTree for Statement;
    using TermsLib for Terms;

    /// @dev What challenges added to the lock of one version of a run, 1e-4 EUR.
    struct Growth {
        uint64 amount;
        uint8 version;
    }

    /// @notice Time after the opening of claims at which the unpaid rest of a run may be released.
    uint256 public constant RELEASE_DELAY_S = 180 days;

    /// @inheritdoc ISettlementLedger
    IFlexMarket public immutable market;

    /// @inheritdoc ISettlementLedger
    uint32 public immutable challengeWindowS;

    mapping(address dso => mapping(address aggregator => mapping(uint32 periodFirstDay => Run))) private runs;
    mapping(address dso => mapping(address aggregator => mapping(uint32 periodFirstDay => Growth))) private growths;

    constructor(IFlexMarket market_, uint32 challengeWindowS_) {
        market = market_;
        challengeWindowS = challengeWindowS_;
    }

    /* ACTIONS */

    /// @inheritdoc ISettlementLedger
    function publishRun(RunInput calldata input) external onlyRole(DSO_ROLE) whenNotPaused {
        Escrow storage escrow = escrows[input.aggregator][msg.sender];

        requirePeriod(input);
        require(
            input.periodFirstDay >= escrow.nextPeriodDay,
            PeriodOverlap(input.periodFirstDay, escrow.nextPeriodDay)
        );

        escrow.nextPeriodDay = input.periodLastDay + 1;
        storeRun(input, escrow, 1);
    }

    /// @inheritdoc ISettlementLedger
    function publishCorrection(RunInput calldata input) external onlyRole(DSO_ROLE) whenNotPaused {
        Run storage run = existingRun(msg.sender, input.aggregator, input.periodFirstDay);
        uint8 version = run.version;

        require(
            input.periodLastDay == run.periodLastDay, PeriodMismatch(input.periodLastDay, run.periodLastDay)
        );

        untieBond(run, msg.sender, input.aggregator, input.periodFirstDay);
        if (!isReleased(run)) release(run, msg.sender, input.aggregator, input.periodFirstDay);
        storeRun(input, escrows[input.aggregator][msg.sender], version + 1);
    }

    /// @inheritdoc ISettlementLedger
    function releaseUnclaimed(address dso, address aggregator, uint32 periodFirstDay) external whenNotPaused {
        Run storage run = existingRun(dso, aggregator, periodFirstDay);

        require(!isReleased(run), AlreadyReleased(dso, aggregator, periodFirstDay));
        uint256 opensAt = claimsOpenAt(run) + RELEASE_DELAY_S;
        require(block.timestamp >= opensAt, ReleaseTooEarly(block.timestamp, opensAt));

        untieBond(run, dso, aggregator, periodFirstDay);
        release(run, dso, aggregator, periodFirstDay);
    }

    /// @inheritdoc IChallenges
    function freeBond(address dso, address aggregator, uint32 periodFirstDay) external {
        Run storage run = existingRun(dso, aggregator, periodFirstDay);

        require(run.status == RunStatus.BONDED, BondNotTied(dso, aggregator, periodFirstDay));
        uint256 freeAt = claimsOpenAt(run);
        require(block.timestamp >= freeAt, BondStillTied(block.timestamp, freeAt));

        untieBond(run, dso, aggregator, periodFirstDay);
    }

    /* VIEWS */

    /// @inheritdoc ISettlementLedger
    function runOf(address dso, address aggregator, uint32 periodFirstDay) external view returns (Run memory) {
        return runs[dso][aggregator][periodFirstDay];
    }

    /// @inheritdoc IChallenges
    function lockedOf(address dso, address aggregator, uint32 periodFirstDay) external view returns (uint256) {
        Run storage run = runs[dso][aggregator][periodFirstDay];
        return isReleased(run) ? 0 : unpaidOf(run, dso, aggregator, periodFirstDay);
    }

    /* INTERNALS */

    function storeRun(RunInput calldata input, Escrow storage escrow, uint8 version) private {
        requireShape(input);

        takeFree(escrow, input.aggregator, msg.sender, input.sum * TOKEN_UNITS_PER_AMOUNT);
        takeBond(msg.sender, bondUnits);
        runs[msg.sender][input.aggregator][input.periodFirstDay] = Run({
            root: input.root,
            ruleSet: input.ruleSet,
            sum: input.sum,
            claimed: 0,
            publishedAt: uint40(block.timestamp),
            blockNumber: block.number.toUint32(),
            periodLastDay: input.periodLastDay,
            depth: input.depth,
            version: version,
            status: RunStatus.BONDED
        });

        emit RunPublished(
            msg.sender,
            input.aggregator,
            input.periodFirstDay,
            input.periodLastDay,
            version,
            input.root,
            input.sum,
            input.depth,
            input.ruleSet,
            input.statements
        );
    }

    function release(Run storage run, address dso, address aggregator, uint32 periodFirstDay) private {
        uint64 unpaid = unpaidOf(run, dso, aggregator, periodFirstDay);

        run.status = run.status == RunStatus.VOID ? RunStatus.VOID_RELEASED : RunStatus.RELEASED;
        escrows[aggregator][dso].free += (unpaid * TOKEN_UNITS_PER_AMOUNT).toUint128();

        emit RunReleased(dso, aggregator, periodFirstDay, run.version, unpaid);
    }

    function untieBond(Run storage run, address dso, address aggregator, uint32 periodFirstDay) private {
        if (run.status != RunStatus.BONDED) return;

        run.status = RunStatus.UNBONDED;
        bondOf[dso] += bondUnits;

        emit BondFreed(dso, aggregator, periodFirstDay, run.version);
    }

    /// @dev Lock more for a run, unless free escrow is short or 64 bits would not hold the lock.
    /// @return covered Whether it is locked.
    function growLock(Run storage run, Terms calldata terms, uint32 periodFirstDay, uint64 added)
        internal
        returns (bool covered)
    {
        Escrow storage escrow = escrows[terms.aggregator][terms.dso];
        Growth storage growth = growths[terms.dso][terms.aggregator][periodFirstDay];
        uint8 version = run.version;
        uint256 grown = uint256(growth.version == version ? growth.amount : 0) + added;
        uint256 tokenUnits = added * TOKEN_UNITS_PER_AMOUNT;

        covered = tokenUnits <= escrow.free && run.sum + grown <= type(uint64).max;
        if (covered) {
            escrow.free -= uint128(tokenUnits);
            growth.amount = uint64(grown);
            growth.version = version;
        } else {
            run.status = RunStatus.VOID;
            emit RunVoided(terms.dso, terms.aggregator, periodFirstDay, version, escrow.free, tokenUnits);
        }
    }

    function unpaidOf(Run storage run, address dso, address aggregator, uint32 periodFirstDay)
        private
        view
        returns (uint64)
    {
        Growth storage growth = growths[dso][aggregator][periodFirstDay];
        return run.sum + (growth.version == run.version ? growth.amount : 0) - run.claimed;
    }

    function isReleased(Run storage run) internal view returns (bool) {
        RunStatus status = run.status;
        return status == RunStatus.RELEASED || status == RunStatus.VOID_RELEASED;
    }

    function isVoid(Run storage run) internal view returns (bool) {
        RunStatus status = run.status;
        return status == RunStatus.VOID || status == RunStatus.VOID_RELEASED;
    }

    function claimsOpenAt(Run storage run) internal view returns (uint256) {
        return uint256(run.publishedAt) + challengeWindowS;
    }

    function existingRun(address dso, address aggregator, uint32 periodFirstDay)
        internal
        view
        returns (Run storage run)
    {
        run = runs[dso][aggregator][periodFirstDay];
        require(run.version != 0, UnknownRun(dso, aggregator, periodFirstDay));
    }

    function requireAgreement(Terms calldata terms, Statement calldata statement)
        internal
        view
        returns (bytes32 agreementId)
    {
        agreementId = terms.id();
        require(statement.agreementId == agreementId, AgreementMismatch(statement.agreementId, agreementId));
        require(market.isRecorded(agreementId), AgreementNotRecorded(agreementId));
    }

    function requireProven(Statement calldata statement, Proof calldata proof, Run storage run) internal view {
        uint32 lastDay = run.periodLastDay;
        uint8 depth = run.depth;
        require(statement.periodLastDay == lastDay, PeriodMismatch(statement.periodLastDay, lastDay));
        uint256 siblings = proof.siblings.length;
        require(siblings == depth, ProofLength(siblings, depth));
        require(proof.index >> depth == 0, IndexOutOfTree(proof.index, depth));
        (bytes32 root, uint256 sum) = SumTree.rootFrom(statement.leaf(), statement.amount, proof);
        require(root == run.root && sum == run.sum, ProofMismatch(root, sum, run.root, run.sum));
    }

    function requirePeriod(RunInput calldata input) private view {
        require(
            input.periodFirstDay <= input.periodLastDay, PeriodReversed(input.periodFirstDay, input.periodLastDay)
        );
        // A period in the future by mistake would shut out every run before its end.
        uint256 utcToday = block.timestamp / 1 days;
        require(input.periodLastDay < utcToday, PeriodNotOver(input.periodLastDay, utcToday));
    }

    function requireShape(RunInput calldata input) private pure {
        uint256 statements = input.statements;
        uint256 width = input.depth < 33 ? uint256(1) << input.depth : 0;
        bool smallest = statements <= 1 ? input.depth == 0 : statements <= width && width < 2 * statements;
        require(smallest, DepthMismatch(input.depth, input.statements));
        if (statements == 0) require(input.root == 0 && input.sum == 0, EmptyRun(input.root, input.sum));
    }
}
