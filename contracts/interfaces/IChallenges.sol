// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "./IFlexMarket.sol";
import {Proof, Statement} from "./ISettlementLedger.sol";

/// @dev Why a statement is on hold: its series is not one, or differs from committed data.
enum HoldReason {
    MALFORMED_SERIES,
    ACTUAL,
    BASELINE
}

/// @notice One entry of an agreement's activation log; a cancellation has `orderedW` 0.
struct LogEntry {
    uint32 firstIsp;
    uint16 isps;
    int32 orderedW;
}

/// @notice What every challenge hands in besides its proof: the statement, and what it was computed from.
struct Evidence {
    Terms terms;
    Statement statement;
    LogEntry[] log; // every entry of the agreement, the first one first
    uint256[] series; // baseline and actual of the ordered ISPs, packed as hashed in the statement
}

/// @notice A statement computed again; money in 1e-4 EUR.
struct Recomputed {
    bytes32 logHead; // of the entries handed in
    bytes32 seriesHash; // of the series handed in
    bool malformed; // the series has a wrong length, a padding that is not 0, or a value of -2^31
    uint256 capacityIsps; // this and the rest only mean something if it is well-formed
    uint256 capacity;
    uint256 volume;
    uint256 penalty; // after the cap
    uint256 amount;
}

/// @notice What a statement's series says about one ordered ISP.
struct OrderedIsp {
    bytes32 logHead;
    bytes32 seriesHash;
    uint32 firstIsp; // of its activation
    int32 baselineW;
    int32 actualW;
}

/// @notice A blob under a committed root.
struct CommittedBlob {
    bytes blob; // int32 W for each ISP of a UTC day, big-endian, -2^31 where missing
    uint256 index; // of the leaf; bit 0 = left or right at the lowest level
    bytes32[] siblingHashes; // lowest level first; all sums are 0
}

/// @notice The committed readings of one ISP.
struct ReadingProof {
    uint32 isp; // UTC ISP index
    uint256 version; // index of the last root of that UTC day before the run
    bytes32[] meterKeys; // those of the agreement's elements, ascending
    CommittedBlob[] blobs; // one for each key
}

/// @notice The committed nominations of one ISP.
struct NominationProof {
    uint32 isp; // UTC ISP index
    CommittedBlob[] blobs; // one for each version committed up to the last moment for ordering
}

/// @title Bonds and challenges
/// @notice A wrong statement is put right, or stopped, by whoever holds what it was computed from. Challenges are open
/// until the claims on the run open. A challenger posts no bond. Handing in a series publishes it.
interface IChallenges {
    /// @notice A DSO paid in for bonds.
    event BondDeposited(address indexed dso, uint256 tokenUnits);

    /// @notice A DSO took back bond money that is tied to no run.
    event BondWithdrawn(address indexed dso, uint256 tokenUnits);

    /// @notice A run gave back its bond: its challenge window closed, or a correction took its place.
    event BondFreed(
        address indexed dso, address indexed aggregator, uint32 indexed periodFirstDay, uint8 version
    );

    /// @notice The first successful challenge of a run's arithmetic took its bond.
    event BondTaken(
        address indexed dso,
        address indexed aggregator,
        uint32 indexed periodFirstDay,
        uint8 version,
        address challenger,
        uint256 tokenUnits
    );

    /// @notice The recomputed amount stands in for the statement's, in 1e-4 EUR; `added` is what the lock grew by.
    event StatementRecomputed(
        bytes32 indexed agreementId,
        address indexed dso,
        address indexed aggregator,
        uint32 periodFirstDay,
        uint8 version,
        uint64 before,
        uint64 amount,
        uint64 added
    );

    /// @notice The statement pays nothing until a correction.
    event StatementHeld(
        bytes32 indexed agreementId,
        address indexed dso,
        address indexed aggregator,
        uint32 periodFirstDay,
        uint8 version,
        HoldReason reason
    );

    /// @notice Free escrow did not cover a recomputed amount: the run pays nothing until a correction.
    event RunVoided(
        address indexed dso,
        address indexed aggregator,
        uint32 indexed periodFirstDay,
        uint8 version,
        uint256 free,
        uint256 needed
    );

    error BondShort(address dso, uint256 free, uint256 needed);
    error BondNotTied(address dso, address aggregator, uint32 periodFirstDay);
    error BondStillTied(uint256 blockTime, uint256 freeAt);
    error ChallengeTooLate(uint256 blockTime, uint256 closedAt);

    /// @notice A run that is void pays nothing, and nothing in it can get more wrong.
    error RunIsVoid(address dso, address aggregator, uint32 periodFirstDay);

    error StatementOnHold(bytes32 agreementId, uint32 periodFirstDay, uint8 version);
    error LogMismatch(bytes32 agreementId, bytes32 given, bytes32 stored);
    error SeriesMismatch(bytes32 agreementId, bytes32 given, bytes32 stated);

    /// @notice The recomputed amount is the one that stands.
    error ArithmeticHolds(bytes32 agreementId, uint64 amount);

    error IspNotOrdered(uint32 isp);
    error SeriesTooShort(uint256 position, uint256 words);
    error ElementsMismatch(bytes32 given, bytes32 agreed);
    error BlobCount(uint256 given, uint256 expected);
    error BlobLength(uint256 given, uint256 expected);

    /// @notice The blob is not under the root that was committed.
    error BlobMismatch(bytes32 key, uint32 utcDay, bytes32 given, bytes32 committed);

    /// @notice The version was not committed before the run, or there is a later one that was.
    error NotTheLastBefore(uint256 version, uint64 blockNumber, uint64 beforeBlock);

    error BaselineNotNominated(bytes32 agreementId);

    /// @notice There is not one blob for each version committed up to `latestTime`, or there is no version.
    error NotAllNominations(uint256 given, uint256 latestTime);

    /// @notice The statement says what was committed.
    error DataHolds(uint32 isp, int32 valueW);

    /// @notice What a run ties as its bond, in token units.
    function bondUnits() external view returns (uint256);

    /// @notice Bond money of a DSO that is tied to no run, in token units.
    function bondOf(address dso) external view returns (uint256);

    /// @notice Pay in for bonds; the caller is the DSO and has approved the token.
    function depositBond(uint256 tokenUnits) external;

    /// @notice Take back bond money that is tied to no run.
    function withdrawBond(uint256 tokenUnits) external;

    /// @notice Free the bond of a run whose challenge window closed without success. Anyone may; it goes to the DSO.
    function freeBond(address dso, address aggregator, uint32 periodFirstDay) external;

    /// @notice Have a statement recomputed. If the amount differs from the one that stands, it stands in for it until a
    /// correction, the lock grows by what is missing, and the first success of a run takes the bond to the caller.
    /// @dev A lower amount leaves the lock as it is. If free escrow is short, the run is void. A malformed series puts
    /// the statement on hold instead. The recomputation itself can be read from `referee` first, without gas.
    function challengeArithmetic(Evidence calldata evidence, Proof calldata proof) external;

    /// @notice Show that the actual of one ordered ISP is not the sum of the committed readings, or that one of these is
    /// missing: the statement is on hold until a correction.
    function challengeActual(Evidence calldata evidence, Proof calldata proof, ReadingProof calldata readings)
        external;

    /// @notice Show that the baseline of one ordered ISP is none of the nominations that may have been in force: the
    /// statement is on hold until a correction.
    /// @dev Those are all versions committed up to the last moment at which its activation may have been recorded; which
    /// block recorded it is not stored.
    function challengeBaseline(Evidence calldata evidence, Proof calldata proof, NominationProof calldata nominations)
        external;

    /// @notice What challenges did to an agreement's statement in a period, each with the version of the run it counts
    /// for (0: none): the amount that stands in (1e-4 EUR), and the hold.
    function disputeOf(bytes32 agreementId, uint32 periodFirstDay)
        external
        view
        returns (uint8 recomputedVersion, uint64 amount, uint8 heldVersion);

    /// @notice What a run holds back from free escrow, in 1e-4 EUR.
    function lockedOf(address dso, address aggregator, uint32 periodFirstDay) external view returns (uint256);
}
