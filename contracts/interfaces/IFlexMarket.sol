// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Which clock changes the local time of an agreement makes.
enum ClockRule {
    NONE,
    EU,
    US
}

/// @dev How the volume of an activation is paid.
enum DeliveryRule {
    LINEAR,
    THRESHOLD,
    GRACE
}

/// @dev Where the baseline comes from.
enum BaselineMethod {
    HIGH,
    MID,
    LOW,
    ROLLING,
    NOMINATED
}

/// @dev How the baseline follows the day of the event.
enum Adjustment {
    NONE,
    ADDITIVE,
    MULTIPLICATIVE,
    ADDITIVE_UPWARD,
    MULTIPLICATIVE_UPWARD
}

/// @notice The terms of one agreement, or of a template for agreements. Their EIP-712 struct hash is the id.
/// @dev Power in W, averaged over an ISP, consumption positive. Rates in 1e-4 EUR. `bp` are basis points.
/// Days are local days since 1970-01-01, both ends inclusive. In a template the instance fields are 0:
/// prosumer, templateId, startDay, endDay, elements, salt, signBefore.
struct Terms {
    address aggregator; // orders and pays
    address prosumer; // delivers and is paid
    address dso; // settles
    address mdc; // commits the meter data
    bytes32 templateId; // a template that this aggregator has published
    bytes32 ruleSet; // hash of the written rule set
    uint32 startDay; // first local day
    uint32 endDay; // last local day
    int16 utcOffsetMinutes; // in winter, a multiple of ispMinutes
    ClockRule clockRule;
    uint8 ispMinutes; // 5, 15, 30 or 60
    uint256 window0; // weekly window, bits 0 to 255; bit = weekday (Monday 0) x 96 + quarter of an hour
    uint256 window1; // bits 256 to 511
    uint256 window2; // bits 512 to 671, the others are 0
    bytes32 elements; // salted hash of the metering points
    int32 amountW; // the largest change of the baseline that may be ordered, signed
    uint16 maxActivations; // over the whole agreement
    uint16 maxRuntimeIsps; // per activation
    uint16 recoveryIsps; // between two activations
    uint16 noticeIsps; // between recording and start of an activation
    uint32 volumeRate; // per MWh delivered
    uint32 penaltyRate; // per MWh missing
    uint32 capacityRate; // per MW and hour of the window
    DeliveryRule deliveryRule;
    uint16 deliveryBp; // threshold, or share of grace
    uint16 deliverySlope; // GRACE only
    uint16 penaltyCapBp; // of capacity and volume pay of a statement
    BaselineMethod baselineMethod;
    uint8 x; // days chosen
    uint8 y; // days considered
    Adjustment adjustment;
    uint16 adjustmentIsps; // length of the adjustment window
    uint16 adjustmentGapIsps; // between adjustment window and event
    uint16 adjustmentCapBp;
    bytes32 salt;
    uint64 signBefore; // last block time at which the agreement may be recorded
}

/// @notice Terms and the EIP-712 signatures of both parties over them (ECDSA, or ERC-1271 for accounts with code).
struct SignedAgreement {
    Terms terms;
    bytes aggregatorSignature;
    bytes prosumerSignature;
}

/// @notice One constant order over consecutive ISPs.
struct ActivationRequest {
    Terms terms;
    uint32 firstIsp; // UTC ISP index: seconds since 1970 / (60 x ispMinutes)
    uint16 isps; // number of ISPs
    int32 orderedW; // signed like amountW, not larger
}

/// @dev RECORDED: in force. TERMINATED: in force until `lastDay`.
enum AgreementStatus {
    UNKNOWN,
    RECORDED,
    TERMINATED
}

/// @notice What is stored of an agreement: one word. An "end" is the ISP after the last ordered one.
struct AgreementState {
    AgreementStatus status;
    uint16 activations; // standing ones, cancelled ones are given back
    uint32 lastEndIsp; // end of the last standing activation, 0 without one
    uint32 previousEndIsp; // end of the one before it, 0 without one
    uint32 lastDay; // last local day after a termination, 0 without one
    bool lastWasCancelled; // the last log entry is a cancellation
}

/// @title Templates, assets, agreements and activations
/// @notice Content is identity: functions take the terms as calldata and check their hash. Storage holds two words per
/// agreement, its state and the head of its activation log; the events carry the rest.
interface IFlexMarket {
    /// @notice An aggregator offers these terms as a template.
    event TemplatePublished(bytes32 indexed templateId, address indexed aggregator, Terms terms);

    /// @notice No further agreement may be recorded on this template.
    event TemplateWithdrawn(bytes32 indexed templateId, address indexed aggregator);

    /// @notice Both parties signed these terms.
    event AgreementRecorded(
        bytes32 indexed agreementId, address indexed aggregator, address indexed prosumer, Terms terms
    );

    /// @notice The agreement ends with `lastDay`. `party` gave notice, or is 0 where both parties signed.
    event AgreementTerminated(bytes32 indexed agreementId, address indexed party, uint32 lastDay);

    /// @notice An activation was ordered.
    event Activated(bytes32 indexed agreementId, uint32 firstIsp, uint16 isps, int32 orderedW);

    /// @notice The last standing activation was cancelled before it began.
    event ActivationCancelled(bytes32 indexed agreementId, uint32 firstIsp, uint16 isps, int32 orderedW);

    /// @notice The owner takes back control of the devices. It changes no money rule.
    event OverrideNoted(bytes32 indexed agreementId, uint32 firstIsp, uint16 isps);

    /// @notice An owner registers a flexible asset by a salted hash of its description.
    event AssetRegistered(bytes32 indexed assetHash, address indexed owner);

    /// @notice A field of the terms breaks a rule. `limit` is the bound it breaks (a multiple for the UTC offset).
    error InvalidTerms(bytes32 field, int256 value, int256 limit);

    /// @notice A template must leave this field 0: it differs from one agreement to the next.
    error InstanceFieldSet(bytes32 field);

    error NotAggregator(address caller, address aggregator);
    error NotProsumer(address caller, address prosumer);
    error NotParty(address party, address aggregator, address prosumer);
    error TemplateAlreadyPublished(bytes32 templateId);

    /// @notice `publisher` is 0 where nobody offers this template.
    error UnknownTemplate(bytes32 templateId, address aggregator, address publisher);

    error AgreementAlreadyRecorded(bytes32 agreementId);
    error UnknownAgreement(bytes32 agreementId);

    /// @notice Block time is later than the deadline in what was signed.
    error SignatureExpired(uint64 signBefore, uint256 blockTime);

    error InvalidSignature(address signer, bytes32 digest);

    /// @notice The start day has begun; `today` is the local day of the block.
    error AgreementAlreadyStarted(bytes32 agreementId, uint32 startDay, uint256 today);

    error TerminationTooEarly(bytes32 agreementId, uint32 lastDay, uint256 earliestLastDay);
    error TerminationNotEarlier(bytes32 agreementId, uint32 lastDay, uint32 endDay);
    error AmountOutOfRange(bytes32 agreementId, int32 orderedW, int32 amountW);
    error RuntimeOutOfRange(bytes32 agreementId, uint16 isps, uint16 maxRuntimeIsps);
    error ActivationsUsedUp(bytes32 agreementId, uint16 activations, uint16 maxActivations);
    error RecoveryNotOver(bytes32 agreementId, uint32 firstIsp, uint256 earliestIsp);
    error NoticeTooShort(bytes32 agreementId, uint256 blockTime, uint256 latestTime);
    error OutsideDates(bytes32 agreementId, uint256 isp, uint256 localDay, uint32 startDay, uint32 endDay);
    error OutsideWindow(bytes32 agreementId, uint256 isp, uint256 windowBit);
    error ActivationHeadMismatch(bytes32 agreementId, bytes32 given, bytes32 stored);

    /// @notice The last log entry already is a cancellation, or there is no activation.
    error NothingToCancel(bytes32 agreementId);

    error ActivationStarted(bytes32 agreementId, uint256 blockTime, uint256 startTime);
    error NoIsps(bytes32 agreementId);
    error NoAssets();
    error AssetAlreadyRegistered(bytes32 assetHash, address owner);

    /// @notice Offer terms as a template. The caller must be their aggregator, the instance fields must be 0.
    /// @return templateId The EIP-712 struct hash of the terms as handed in.
    function publishTemplate(Terms calldata terms) external returns (bytes32 templateId);

    /// @notice Stop recording agreements on a template. Agreements already recorded stay as they are.
    function withdrawTemplate(bytes32 templateId) external;

    /// @notice The aggregator that offers a template; 0 if none does or it was withdrawn.
    function templateAggregator(bytes32 templateId) external view returns (address);

    /// @notice Record an agreement that both parties have signed. Anyone may relay it: the prosumer needs no gas.
    /// @dev Refused once the start day has begun, after `signBefore`, without a template of the same aggregator, and a
    /// second time. The terms may differ from those of the template.
    /// @return agreementId The EIP-712 struct hash of the terms.
    function recordAgreement(SignedAgreement calldata signed) external returns (bytes32 agreementId);

    /// @notice Record several agreements; all or none.
    function recordAgreements(SignedAgreement[] calldata signed) external;

    /// @notice Order an activation. Only the aggregator may, within every limit of the agreement: amount, runtime,
    /// count, recovery, notice, and dates and window for each ISP.
    function activate(ActivationRequest calldata request) external;

    /// @notice Order several activations in the order given; all or none.
    function activateBatch(ActivationRequest[] calldata requests) external;

    /// @notice Cancel the last standing activation before its first ISP begins. Only the aggregator may, and not twice
    /// in a row. It gives back the count and the recovery.
    /// @param previousHead The head of the activation log before that activation.
    function cancelActivation(
        Terms calldata terms,
        bytes32 previousHead,
        uint32 firstIsp,
        uint16 isps,
        int32 orderedW
    ) external;

    /// @notice End an agreement early by both signatures over
    /// `Termination(bytes32 agreementId,uint32 lastDay,uint64 signBefore)`.
    /// @dev `lastDay` is not before the local day of the block nor before the last recorded ISP, and earlier than the
    /// present end.
    function terminate(
        Terms calldata terms,
        uint32 lastDay,
        uint64 signBefore,
        bytes calldata aggregatorSignature,
        bytes calldata prosumerSignature
    ) external;

    /// @notice End an agreement early by the notice of the calling party; `lastDay` is at least 30 days after the local
    /// day of the block.
    function giveNotice(Terms calldata terms, uint32 lastDay) external;

    /// @notice The same for a party that signed
    /// `TerminationNotice(bytes32 agreementId,uint32 lastDay,uint64 signBefore)`; anyone may relay it.
    function giveNoticeBySignature(
        Terms calldata terms,
        uint32 lastDay,
        uint64 signBefore,
        address party,
        bytes calldata signature
    ) external;

    /// @notice The calling prosumer notes that it overrides control for some ISPs. Evidence only.
    function noteOverride(Terms calldata terms, uint32 firstIsp, uint16 isps) external;

    /// @notice The same for a prosumer that signed
    /// `Override(bytes32 agreementId,uint32 firstIsp,uint16 isps,uint64 signBefore)`; anyone may relay it.
    function noteOverrideBySignature(
        Terms calldata terms,
        uint32 firstIsp,
        uint16 isps,
        uint64 signBefore,
        bytes calldata signature
    ) external;

    /// @notice Register assets for an owner that signed
    /// `AssetRegistration(address owner,bytes32[] assetHashes,uint64 signBefore)`; anyone may relay it.
    /// @dev A hash registers once, for good. It has to be salted: it covers data about a home.
    function registerAssets(
        address owner,
        bytes32[] calldata assetHashes,
        uint64 signBefore,
        bytes calldata ownerSignature
    ) external;

    /// @notice The owner of a registered asset, 0 if it is not registered.
    function assetOwner(bytes32 assetHash) external view returns (address);

    /// @notice The state of an agreement; all 0 if it is not recorded.
    function agreementState(bytes32 agreementId) external view returns (AgreementState memory);

    /// @notice Whether an agreement is recorded, terminated or not.
    function isRecorded(bytes32 agreementId) external view returns (bool);

    /// @notice The head of the activation log: 0 when empty, else the hash of the head before, first ISP, number of
    /// ISPs and ordered W. A cancellation repeats the first two with 0 W.
    function activationHead(bytes32 agreementId) external view returns (bytes32);
}
