// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {CommitmentLog} from "./CommitmentLog.sol";
import {IFlexMarket, Terms} from "./interfaces/IFlexMarket.sol";
import {Claim, Escrow, ISettlementLedger, Run, RunInput, Statement} from "./interfaces/ISettlementLedger.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {TermsLib} from "./libraries/TermsLib.sol";

/// @title Runs, claims and escrow, on top of the commitments
/// @dev The documentation is on the interface. The admin grants roles and has no other power.
contract SettlementLedger is CommitmentLog, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using SumTree for Statement;
    using TermsLib for Terms;

    struct Credit {
        uint64 amount;
        uint8 version;
    }

    /* CONSTANTS AND IMMUTABLES */

    bytes32 public constant DSO_ROLE = keccak256("DSO_ROLE");

    /// @notice Token units in 1e-4 EUR.
    uint256 public constant TOKEN_UNITS_PER_AMOUNT = 100;

    /// @notice Time after the opening of claims at which the unpaid rest of a run may be released.
    uint256 public constant RELEASE_DELAY_S = 180 days;

    /// @inheritdoc ISettlementLedger
    IFlexMarket public immutable market;

    /// @inheritdoc ISettlementLedger
    IERC20 public immutable token;

    /// @inheritdoc ISettlementLedger
    uint32 public immutable challengeWindowS;

    /* STORAGE */

    /// @inheritdoc ISettlementLedger
    mapping(bytes32 agreementId => int256) public accountOf;

    /// @inheritdoc ISettlementLedger
    mapping(bytes32 agreementId => mapping(uint32 periodFirstDay => Credit)) public creditOf;

    mapping(address aggregator => mapping(address dso => Escrow)) private escrows;
    mapping(address dso => mapping(address aggregator => mapping(uint32 periodFirstDay => Run))) private runs;

    constructor(IFlexMarket market_, IERC20 token_, address admin, uint32 challengeWindowS_) {
        market = market_;
        token = token_;
        challengeWindowS = challengeWindowS_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /* ESCROW */

    /// @inheritdoc ISettlementLedger
    function deposit(address dso, uint256 tokenUnits) external nonReentrant {
        require(tokenUnits != 0, NothingToMove());

        escrows[msg.sender][dso].free += tokenUnits.toUint128();

        emit Deposited(msg.sender, dso, tokenUnits);

        token.safeTransferFrom(msg.sender, address(this), tokenUnits);
    }

    /// @inheritdoc ISettlementLedger
    function withdraw(address dso, uint256 tokenUnits) external nonReentrant {
        require(tokenUnits != 0, NothingToMove());

        takeFree(escrows[msg.sender][dso], msg.sender, dso, tokenUnits);

        emit Withdrawn(msg.sender, dso, tokenUnits);

        token.safeTransfer(msg.sender, tokenUnits);
    }

    /* RUNS */

    /// @inheritdoc ISettlementLedger
    function publishRun(RunInput calldata input) external onlyRole(DSO_ROLE) {
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
    function publishCorrection(RunInput calldata input) external onlyRole(DSO_ROLE) {
        Escrow storage escrow = escrows[input.aggregator][msg.sender];
        Run storage run = existingRun(msg.sender, input.aggregator, input.periodFirstDay);
        uint8 version = run.version;

        require(
            input.periodLastDay == run.periodLastDay, PeriodMismatch(input.periodLastDay, run.periodLastDay)
        );

        if (!run.released) release(run, escrow, msg.sender, input.aggregator, input.periodFirstDay);
        storeRun(input, escrow, version + 1);
    }

    /// @inheritdoc ISettlementLedger
    function releaseUnclaimed(address dso, address aggregator, uint32 periodFirstDay) external {
        Run storage run = existingRun(dso, aggregator, periodFirstDay);

        require(!run.released, AlreadyReleased(dso, aggregator, periodFirstDay));
        uint256 opensAt = claimsOpenAt(run) + RELEASE_DELAY_S;
        require(block.timestamp >= opensAt, ReleaseTooEarly(block.timestamp, opensAt));

        release(run, escrows[aggregator][dso], dso, aggregator, periodFirstDay);
    }

    /* CLAIMS */

    /// @inheritdoc ISettlementLedger
    function claim(Claim calldata proven) external nonReentrant returns (uint64 paid) {
        return credit(proven);
    }

    /// @inheritdoc ISettlementLedger
    function claimBatch(Claim[] calldata proven) external nonReentrant {
        for (uint256 i = 0; i < proven.length; ++i) {
            credit(proven[i]);
        }
    }

    /* VIEWS */

    /// @inheritdoc ISettlementLedger
    function escrowOf(address aggregator, address dso) external view returns (Escrow memory) {
        return escrows[aggregator][dso];
    }

    /// @inheritdoc ISettlementLedger
    function runOf(address dso, address aggregator, uint32 periodFirstDay) external view returns (Run memory) {
        return runs[dso][aggregator][periodFirstDay];
    }

    /* INTERNALS */

    function storeRun(RunInput calldata input, Escrow storage escrow, uint8 version) private {
        requireShape(input);

        takeFree(escrow, input.aggregator, msg.sender, input.sum * TOKEN_UNITS_PER_AMOUNT);
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
            released: false
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

    function release(
        Run storage run,
        Escrow storage escrow,
        address dso,
        address aggregator,
        uint32 periodFirstDay
    ) private {
        uint64 unpaid = run.sum - run.claimed;

        run.released = true;
        escrow.free += (unpaid * TOKEN_UNITS_PER_AMOUNT).toUint128();

        emit RunReleased(dso, aggregator, periodFirstDay, run.version, unpaid);
    }

    /// @dev A statement counts once per version, so what a version pays is at most the sum of distinct leaves.
    function credit(Claim calldata proven) private returns (uint64 paid) {
        Statement calldata statement = proven.statement;
        bytes32 agreementId = requireAgreement(proven.terms, statement);
        Run storage run = existingRun(proven.terms.dso, proven.terms.aggregator, statement.periodFirstDay);

        requireProven(proven, run);

        Credit storage credited = creditOf[agreementId][statement.periodFirstDay];
        uint8 version = run.version;
        if (credited.version == version) return 0;
        int256 account = accountOf[agreementId] + int256(uint256(statement.amount)) - int256(uint256(credited.amount));
        creditOf[agreementId][statement.periodFirstDay] = Credit(statement.amount, version);
        if (account > 0) {
            // At most the statement's amount, since no account is above 0 before.
            paid = uint64(uint256(account));
            account = 0;
        }
        accountOf[agreementId] = account;

        emit Claimed(
            agreementId,
            proven.terms.dso,
            proven.terms.aggregator,
            statement.periodFirstDay,
            version,
            statement.amount,
            paid,
            account
        );

        if (paid != 0) pay(proven.terms, run, paid);
    }

    function pay(Terms calldata terms, Run storage run, uint64 amount) private {
        uint256 tokenUnits = amount * TOKEN_UNITS_PER_AMOUNT;
        if (run.released) {
            takeFree(escrows[terms.aggregator][terms.dso], terms.aggregator, terms.dso, tokenUnits);
        }
        run.claimed += amount;

        token.safeTransfer(terms.prosumer, tokenUnits);
    }

    function takeFree(Escrow storage escrow, address aggregator, address dso, uint256 tokenUnits) private {
        uint256 free = escrow.free;
        require(tokenUnits <= free, EscrowShort(aggregator, dso, free, tokenUnits));
        escrow.free = uint128(free - tokenUnits);
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

    function existingRun(address dso, address aggregator, uint32 periodFirstDay)
        private
        view
        returns (Run storage run)
    {
        run = runs[dso][aggregator][periodFirstDay];
        require(run.version != 0, UnknownRun(dso, aggregator, periodFirstDay));
    }

    function requireAgreement(Terms calldata terms, Statement calldata statement)
        private
        view
        returns (bytes32 agreementId)
    {
        agreementId = terms.id();
        require(statement.agreementId == agreementId, AgreementMismatch(statement.agreementId, agreementId));
        require(market.isRecorded(agreementId), AgreementNotRecorded(agreementId));
    }

    function requireProven(Claim calldata proven, Run storage run) private view {
        uint256 opensAt = claimsOpenAt(run);
        require(block.timestamp >= opensAt, ClaimsNotOpen(block.timestamp, opensAt));
        Statement calldata statement = proven.statement;
        require(
            statement.periodLastDay == run.periodLastDay,
            PeriodMismatch(statement.periodLastDay, run.periodLastDay)
        );
        uint8 depth = run.depth;
        uint256 siblings = proven.siblingHashes.length;
        require(
            siblings == depth && proven.siblingSums.length == depth,
            ProofLength(siblings, proven.siblingSums.length, depth)
        );
        require(proven.index >> depth == 0, IndexOutOfTree(proven.index, depth));
        (bytes32 root, uint256 sum) = SumTree.rootFrom(
            statement.leaf(), statement.amount, proven.index, proven.siblingHashes, proven.siblingSums
        );
        require(root == run.root && sum == run.sum, ProofMismatch(root, sum, run.root, run.sum));
    }

    function claimsOpenAt(Run storage run) private view returns (uint256) {
        return uint256(run.publishedAt) + challengeWindowS;
    }
}
