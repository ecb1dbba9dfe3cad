// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {
    ActivationRequest,
    AgreementState,
    AgreementStatus,
    IFlexMarket,
    SignedAgreement,
    Terms
} from "./interfaces/IFlexMarket.sol";
import {ActivationRules} from "./libraries/ActivationRules.sol";
import {IspClock} from "./libraries/IspClock.sol";
import {MarketMessages} from "./libraries/MarketMessages.sol";
import {TermsLib} from "./libraries/TermsLib.sol";

/// @title Templates, assets, agreements and activations
/// @dev The documentation is on the interface. Nobody owns this contract and nothing in it holds money.
contract FlexMarket is IFlexMarket, EIP712 {
    using TermsLib for Terms;

    struct Agreement {
        AgreementState state;
        bytes32 activationHead;
    }

    /* CONSTANTS */

    /// @notice Days between the local day on which one party gives notice and the last day it may name.
    uint256 public constant NOTICE_DAYS = 30;

    /* STORAGE */

    /// @inheritdoc IFlexMarket
    mapping(bytes32 templateId => address) public templateAggregator;

    /// @inheritdoc IFlexMarket
    mapping(bytes32 assetHash => address) public assetOwner;

    mapping(bytes32 agreementId => Agreement) private agreements;

    constructor() EIP712("FlexMarket", "1") {}

    /* TEMPLATES */

    /// @inheritdoc IFlexMarket
    function publishTemplate(Terms calldata terms) external returns (bytes32 templateId) {
        templateId = terms.id();

        requireAggregator(terms.aggregator);
        terms.requireTemplateForm();
        terms.validate();
        require(templateAggregator[templateId] == address(0), TemplateAlreadyPublished(templateId));

        templateAggregator[templateId] = msg.sender;

        emit TemplatePublished(templateId, msg.sender, terms);
    }

    /// @inheritdoc IFlexMarket
    function withdrawTemplate(bytes32 templateId) external {
        requireAggregator(templateAggregator[templateId]);

        delete templateAggregator[templateId];

        emit TemplateWithdrawn(templateId, msg.sender);
    }

    /* AGREEMENTS */

    /// @inheritdoc IFlexMarket
    function recordAgreement(SignedAgreement calldata signed) external returns (bytes32 agreementId) {
        return record(signed);
    }

    /// @inheritdoc IFlexMarket
    function recordAgreements(SignedAgreement[] calldata signed) external {
        for (uint256 i = 0; i < signed.length; ++i) {
            record(signed[i]);
        }
    }

    /// @inheritdoc IFlexMarket
    function terminate(
        Terms calldata terms,
        uint32 lastDay,
        uint64 signBefore,
        bytes calldata aggregatorSignature,
        bytes calldata prosumerSignature
    ) external {
        bytes32 agreementId = terms.id();

        requireNotExpired(signBefore);
        bytes32 digest = _hashTypedDataV4(MarketMessages.termination(agreementId, lastDay, signBefore));
        requireSignature(terms.aggregator, digest, aggregatorSignature);
        requireSignature(terms.prosumer, digest, prosumerSignature);

        endEarly(agreementId, terms, lastDay, localToday(terms));

        emit AgreementTerminated(agreementId, address(0), lastDay);
    }

    /// @inheritdoc IFlexMarket
    function giveNotice(Terms calldata terms, uint32 lastDay) external {
        noticeBy(msg.sender, terms, lastDay);
    }

    /// @inheritdoc IFlexMarket
    function giveNoticeBySignature(
        Terms calldata terms,
        uint32 lastDay,
        uint64 signBefore,
        address party,
        bytes calldata signature
    ) external {
        requireNotExpired(signBefore);
        requireSignature(
            party, _hashTypedDataV4(MarketMessages.notice(terms.id(), lastDay, signBefore)), signature
        );

        noticeBy(party, terms, lastDay);
    }

    /* ACTIVATIONS */

    /// @inheritdoc IFlexMarket
    function activate(ActivationRequest calldata request) external {
        order(request);
    }

    /// @inheritdoc IFlexMarket
    function activateBatch(ActivationRequest[] calldata requests) external {
        for (uint256 i = 0; i < requests.length; ++i) {
            order(requests[i]);
        }
    }

    /// @inheritdoc IFlexMarket
    function cancelActivation(
        Terms calldata terms,
        bytes32 previousHead,
        uint32 firstIsp,
        uint16 isps,
        int32 orderedW
    ) external {
        bytes32 agreementId = terms.id();
        AgreementState memory state = recordedState(agreementId);
        bytes32 head = agreements[agreementId].activationHead;

        requireAggregator(terms.aggregator);
        require(state.activations != 0 && !state.lastWasCancelled, NothingToCancel(agreementId));
        bytes32 given = ActivationRules.nextHead(previousHead, firstIsp, isps, orderedW);
        require(given == head, ActivationHeadMismatch(agreementId, given, head));
        uint256 startTime = uint256(firstIsp) * terms.ispMinutes * 60;
        require(block.timestamp < startTime, ActivationStarted(agreementId, block.timestamp, startTime));

        state.activations -= 1;
        state.lastEndIsp = state.previousEndIsp;
        state.previousEndIsp = 0;
        state.lastWasCancelled = true;
        agreements[agreementId].state = state;
        agreements[agreementId].activationHead = ActivationRules.nextHead(head, firstIsp, isps, 0);

        emit ActivationCancelled(agreementId, firstIsp, isps, orderedW);
    }

    /// @inheritdoc IFlexMarket
    function noteOverride(Terms calldata terms, uint32 firstIsp, uint16 isps) external {
        require(msg.sender == terms.prosumer, NotProsumer(msg.sender, terms.prosumer));

        overrideNoted(terms.id(), firstIsp, isps);
    }

    /// @inheritdoc IFlexMarket
    function noteOverrideBySignature(
        Terms calldata terms,
        uint32 firstIsp,
        uint16 isps,
        uint64 signBefore,
        bytes calldata signature
    ) external {
        bytes32 agreementId = terms.id();

        requireNotExpired(signBefore);
        bytes32 structHash = MarketMessages.overriding(agreementId, firstIsp, isps, signBefore);
        requireSignature(terms.prosumer, _hashTypedDataV4(structHash), signature);

        overrideNoted(agreementId, firstIsp, isps);
    }

    /* ASSETS */

    /// @inheritdoc IFlexMarket
    function registerAssets(
        address owner,
        bytes32[] calldata assetHashes,
        uint64 signBefore,
        bytes calldata ownerSignature
    ) external {
        require(assetHashes.length != 0, NoAssets());
        requireNotExpired(signBefore);
        bytes32 structHash = MarketMessages.assetRegistration(owner, assetHashes, signBefore);
        requireSignature(owner, _hashTypedDataV4(structHash), ownerSignature);

        for (uint256 i = 0; i < assetHashes.length; ++i) {
            bytes32 assetHash = assetHashes[i];
            address registered = assetOwner[assetHash];
            require(registered == address(0), AssetAlreadyRegistered(assetHash, registered));
            assetOwner[assetHash] = owner;
            emit AssetRegistered(assetHash, owner);
        }
    }

    /* VIEWS */

    /// @inheritdoc IFlexMarket
    function agreementState(bytes32 agreementId) external view returns (AgreementState memory) {
        return agreements[agreementId].state;
    }

    /// @inheritdoc IFlexMarket
    function isRecorded(bytes32 agreementId) external view returns (bool) {
        return agreements[agreementId].state.status != AgreementStatus.UNKNOWN;
    }

    /// @inheritdoc IFlexMarket
    function activationHead(bytes32 agreementId) external view returns (bytes32) {
        return agreements[agreementId].activationHead;
    }

    /* INTERNALS */

    function record(SignedAgreement calldata signed) private returns (bytes32 agreementId) {
        Terms calldata terms = signed.terms;
        agreementId = terms.id();
        Agreement storage agreement = agreements[agreementId];

        require(agreement.state.status == AgreementStatus.UNKNOWN, AgreementAlreadyRecorded(agreementId));
        terms.validate();
        requireNotExpired(terms.signBefore);
        requireTemplate(terms);
        uint256 today = localToday(terms);
        require(today < terms.startDay, AgreementAlreadyStarted(agreementId, terms.startDay, today));
        bytes32 digest = _hashTypedDataV4(agreementId);
        requireSignature(terms.aggregator, digest, signed.aggregatorSignature);
        requireSignature(terms.prosumer, digest, signed.prosumerSignature);

        agreement.state.status = AgreementStatus.RECORDED;

        emit AgreementRecorded(agreementId, terms.aggregator, terms.prosumer, terms);
    }

    function order(ActivationRequest calldata request) private {
        bytes32 agreementId = request.terms.id();
        AgreementState memory state = recordedState(agreementId);

        requireAggregator(request.terms.aggregator);
        ActivationRules.check(agreementId, state, request);

        state.activations += 1;
        state.previousEndIsp = state.lastEndIsp;
        state.lastEndIsp = request.firstIsp + request.isps;
        state.lastWasCancelled = false;
        Agreement storage agreement = agreements[agreementId];
        agreement.state = state;
        agreement.activationHead = ActivationRules.nextHead(
            agreement.activationHead, request.firstIsp, request.isps, request.orderedW
        );

        emit Activated(agreementId, request.firstIsp, request.isps, request.orderedW);
    }

    function noticeBy(address party, Terms calldata terms, uint32 lastDay) private {
        bytes32 agreementId = terms.id();

        require(
            party == terms.aggregator || party == terms.prosumer,
            NotParty(party, terms.aggregator, terms.prosumer)
        );

        endEarly(agreementId, terms, lastDay, localToday(terms) + NOTICE_DAYS);

        emit AgreementTerminated(agreementId, party, lastDay);
    }

    /// @dev Only ever earlier: so no signed termination can be replayed to undo a later one.
    function endEarly(bytes32 agreementId, Terms calldata terms, uint32 lastDay, uint256 earliest) private {
        AgreementState memory state = recordedState(agreementId);
        uint32 endDay = ActivationRules.endDay(terms, state);
        require(lastDay < endDay, TerminationNotEarlier(agreementId, lastDay, endDay));
        if (state.lastEndIsp != 0) {
            uint256 lastStart = (uint256(state.lastEndIsp) - 1) * terms.ispMinutes * 60;
            uint256 lastOrderedDay = IspClock.localDay(terms.clockRule, terms.utcOffsetMinutes, lastStart);
            if (lastOrderedDay > earliest) earliest = lastOrderedDay;
        }
        require(lastDay >= earliest, TerminationTooEarly(agreementId, lastDay, earliest));

        state.status = AgreementStatus.TERMINATED;
        state.lastDay = lastDay;
        agreements[agreementId].state = state;
    }

    function overrideNoted(bytes32 agreementId, uint32 firstIsp, uint16 isps) private {
        recordedState(agreementId);
        require(isps != 0, NoIsps(agreementId));

        emit OverrideNoted(agreementId, firstIsp, isps);
    }

    function recordedState(bytes32 agreementId) private view returns (AgreementState memory state) {
        state = agreements[agreementId].state;
        require(state.status != AgreementStatus.UNKNOWN, UnknownAgreement(agreementId));
    }

    function requireAggregator(address aggregator) private view {
        require(msg.sender == aggregator, NotAggregator(msg.sender, aggregator));
    }

    function requireTemplate(Terms calldata terms) private view {
        address publisher = templateAggregator[terms.templateId];
        require(
            publisher == terms.aggregator && publisher != address(0),
            UnknownTemplate(terms.templateId, terms.aggregator, publisher)
        );
    }

    function requireNotExpired(uint64 signBefore) private view {
        require(block.timestamp <= signBefore, SignatureExpired(signBefore, block.timestamp));
    }

    function requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        require(
            SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature), InvalidSignature(signer, digest)
        );
    }

    function localToday(Terms calldata terms) private view returns (uint256) {
        return IspClock.localDay(terms.clockRule, terms.utcOffsetMinutes, block.timestamp);
    }
}
