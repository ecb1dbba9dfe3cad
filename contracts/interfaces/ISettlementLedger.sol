// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFlexMarket, Terms} from "./IFlexMarket.sol";

/// @dev METER: readings of a meter data company. NOMINATION: nominated baselines of an aggregator.
enum CommitmentKind {
    METER,
    NOMINATION
}

/// @dev BONDED: the bond is tied. UNBONDED: it was freed or taken. RELEASED: what was unpaid went back to free escrow,
/// claims draw on that. VOID: pays nothing until a correction; VOID_RELEASED: the same, and nothing is locked.
enum RunStatus {
    BONDED,
    UNBONDED,
    RELEASED,
    VOID,
    VOID_RELEASED
}

/// @notice One agreement in one settlement period; money in 1e-4 EUR.
struct Statement {
    bytes32 agreementId;
    uint32 periodFirstDay; // local days, both inclusive
    uint32 periodLastDay;
    bytes32 seriesHash; // baseline and actual of the ordered ISPs
    uint32 capacityIsps; // window ISPs for which capacity is paid
    uint64 capacity;
    uint64 volume;
    uint64 penalty; // after the cap
    uint64 amount; // capacity + volume - penalty
}

/// @notice What a DSO publishes for one aggregator and one period.
struct RunInput {
    address aggregator;
    uint32 periodFirstDay; // local days, both inclusive
    uint32 periodLastDay;
    bytes32 root; // hash of the sum tree's root; 0 without statements
    uint64 sum; // sum of the sum tree's root in 1e-4 EUR
    uint8 depth; // levels of the tree: the smallest d with 2^d >= statements
    bytes32 ruleSet; // hash of the written rule set
    uint32 statements; // number of leaves without padding
}

/// @notice A published run as stored.
struct Run {
    bytes32 root;
    bytes32 ruleSet;
    uint64 sum; // 1e-4 EUR
    uint64 claimed; // paid on this version, 1e-4 EUR; never more than `sum` and what challenges added
    uint40 publishedAt; // block time of this version
    uint32 blockNumber; // block of this version
    uint32 periodLastDay;
    uint8 depth;
    uint8 version; // from 1, at most 255; 0 if there is no run
    RunStatus status;
}

/// @notice A node of a sum tree.
struct Node {
    bytes32 hash;
    uint64 sum; // of all amounts below it, 1e-4 EUR
}

/// @notice The way from a leaf to the root of a run.
struct Proof {
    uint256 index; // of the leaf; bit 0 = left or right at the lowest level
    Node[] siblings; // lowest level first
}

/// @notice A statement, the terms it belongs to, and the proof that it is in a run.
struct Claim {
    Terms terms;
    Statement statement;
    Proof proof;
}

/// @notice The money of an aggregator towards one DSO. What is locked stands with each run.
struct Escrow {
    uint128 free; // token units that may be withdrawn or locked by a run
    uint32 nextPeriodDay; // first local day that no run covers yet
}

/// @title Commitments, runs, claims and escrow
/// @notice A run is one root per aggregator and period, whatever the number of statements. Its sum is locked from the
/// aggregator's escrow when it is published, so that claims on it cannot exceed it. 1e-4 EUR are 100 token units.
interface ISettlementLedger {
    /// @notice An aggregator paid in for a DSO's runs.
    event Deposited(address indexed aggregator, address indexed dso, uint256 tokenUnits);

    /// @notice An aggregator took back free escrow.
    event Withdrawn(address indexed aggregator, address indexed dso, uint256 tokenUnits);

    /// @notice A root of one UTC day; `version` counts from 1, the last one counts.
    event Committed(
        CommitmentKind indexed kind, address indexed committer, uint32 indexed utcDay, uint256 version, bytes32 root
    );

    /// @notice A run, or with `version` above 1 its correction, was published and its sum locked.
    event RunPublished(
        address indexed dso,
        address indexed aggregator,
        uint32 indexed periodFirstDay,
        uint32 periodLastDay,
        uint8 version,
        bytes32 root,
        uint64 sum,
        uint8 depth,
        bytes32 ruleSet,
        uint32 statements
    );

    /// @notice The unpaid rest of a run's version went back to free escrow, in 1e-4 EUR.
    event RunReleased(
        address indexed dso, address indexed aggregator, uint32 indexed periodFirstDay, uint8 version, uint64 unpaid
    );

    /// @notice A statement was credited. `paid` went to the prosumer; `account` is what the agreement's account holds
    /// afterwards: 0, or below it where corrections took back more than was due. All in 1e-4 EUR.
    event Claimed(
        bytes32 indexed agreementId,
        address indexed dso,
        address indexed aggregator,
        uint32 periodFirstDay,
        uint8 version,
        uint64 amount,
        uint64 paid,
        int256 account
    );

    error NothingToMove();
    error EscrowShort(address aggregator, address dso, uint256 free, uint256 needed);
    error NoRoots();
    error UnknownCommitment(uint256 index, uint256 count);
    error PeriodReversed(uint32 periodFirstDay, uint32 periodLastDay);
    error PeriodNotOver(uint32 periodLastDay, uint256 utcToday);

    /// @notice The period begins before the end of one that has a run.
    error PeriodOverlap(uint32 periodFirstDay, uint32 nextPeriodDay);

    error DepthMismatch(uint8 depth, uint32 statements);

    /// @notice A run without statements has root 0 and sum 0.
    error EmptyRun(bytes32 root, uint64 sum);

    error UnknownRun(address dso, address aggregator, uint32 periodFirstDay);
    error PeriodMismatch(uint32 periodLastDay, uint32 runPeriodLastDay);
    error ClaimsNotOpen(uint256 blockTime, uint256 opensAt);
    error AgreementMismatch(bytes32 statementAgreementId, bytes32 termsAgreementId);
    error AgreementNotRecorded(bytes32 agreementId);
    error ProofLength(uint256 siblings, uint8 depth);
    error IndexOutOfTree(uint256 index, uint8 depth);

    /// @notice The proof leads to another root: another run or version, or a wrong statement.
    error ProofMismatch(bytes32 root, uint256 sum, bytes32 runRoot, uint64 runSum);

    error ReleaseTooEarly(uint256 blockTime, uint256 opensAt);
    error AlreadyReleased(address dso, address aggregator, uint32 periodFirstDay);

    /// @notice The market whose agreements are settled.
    function market() external view returns (IFlexMarket);

    /// @notice The settlement token; six decimals, no fee on transfer, no rebasing.
    function token() external view returns (IERC20);

    /// @notice Seconds between the publication of a run and the first claim.
    function challengeWindowS() external view returns (uint32);

    /// @notice Pay in for the runs of a DSO; the caller is the aggregator and has approved the token.
    function deposit(address dso, uint256 tokenUnits) external;

    /// @notice Take back free escrow.
    function withdraw(address dso, uint256 tokenUnits) external;

    /// @notice The escrow of an aggregator towards a DSO.
    function escrowOf(address aggregator, address dso) external view returns (Escrow memory);

    /// @notice Commit the roots of consecutive UTC days; MDC_ROLE only. Nothing is overwritten, a later one is a new
    /// version.
    function commitMeterData(uint32 firstUtcDay, bytes32[] calldata roots) external;

    /// @notice Commit the roots of nominated baselines of consecutive UTC days. They count for the agreements of the
    /// calling aggregator only.
    function commitNominations(uint32 firstUtcDay, bytes32[] calldata roots) external;

    /// @notice How many versions of a day's root were committed.
    function commitmentCount(CommitmentKind kind, address committer, uint32 utcDay) external view returns (uint256);

    /// @notice One version of a day's root, `index` from 0, and the block that recorded it.
    function commitmentAt(CommitmentKind kind, address committer, uint32 utcDay, uint256 index)
        external
        view
        returns (bytes32 root, uint64 blockNumber);

    /// @notice Of consecutive UTC days, the last root of each that was committed before a block; 0 where there is none.
    /// @dev For reading off chain: it walks back through the versions of each day.
    function rootsBefore(
        CommitmentKind kind,
        address committer,
        uint32 firstUtcDay,
        uint32 utcDays,
        uint64 blockNumber
    ) external view returns (bytes32[] memory roots);

    /// @notice The block time of one version of a day's root.
    function committedAt(CommitmentKind kind, address committer, uint32 utcDay, uint256 index)
        external
        view
        returns (uint64);

    /// @notice Publish a run, lock its sum and tie a bond; DSO_ROLE only. The caller is the DSO of its agreements.
    /// @dev Periods of an aggregator ascend without overlap, and a period is over on the UTC calendar.
    function publishRun(RunInput calldata input) external;

    /// @notice Replace a run of the same period: release what it has not paid and its bond if that is tied, then lock the
    /// whole new sum and tie a bond. Claims prove against the new root from then on, and open after a new challenge
    /// window. What challenges did to the superseded version is over.
    function publishCorrection(RunInput calldata input) external;

    /// @notice The standing version of a run; all 0 if there is none.
    function runOf(address dso, address aggregator, uint32 periodFirstDay) external view returns (Run memory);

    /// @notice Credit a proven statement to its agreement and pay the prosumer. Anyone may, for anyone.
    /// @dev The account of the agreement gets the statement's amount less what was last credited for the period; a
    /// positive account is paid out. A statement counts once per version of the run: again, nothing happens.
    /// @return paid 1e-4 EUR.
    function claim(Claim calldata proven) external returns (uint64 paid);

    /// @notice Several claims; all or none. One that was already credited does not stop the others.
    function claimBatch(Claim[] calldata proven) external;

    /// @notice What was last credited to an agreement for a period (1e-4 EUR), and by which version of the run (0: none).
    function creditOf(bytes32 agreementId, uint32 periodFirstDay) external view returns (uint64 amount, uint8 version);

    /// @notice What an agreement's account holds in 1e-4 EUR, never above 0.
    function accountOf(bytes32 agreementId) external view returns (int256);

    /// @notice Give the unpaid rest of a run back to free escrow, 180 days after its claims opened, and its bond if that
    /// is still tied. Anyone may. Later claims draw on free escrow.
    function releaseUnclaimed(address dso, address aggregator, uint32 periodFirstDay) external;

    /// @notice Stop claims, new runs, corrections and the release of unclaimed money; GUARDIAN_ROLE only. Challenges,
    /// commitments, deposits and what is free stay open.
    function pause() external;

    /// @notice Let them go on; the admin only.
    function unpause() external;
}
