// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActivationRequest, AgreementState, AgreementStatus, IFlexMarket, Terms} from "../interfaces/IFlexMarket.sol";
import {IspClock} from "./IspClock.sol";
import {WeeklyWindow} from "./WeeklyWindow.sol";

/// @title The limits of an agreement at the moment of activation, and the log of its activations
library ActivationRules {
    uint256 private constant MINUTES_PER_DAY = 1440;

    /// @notice The head of the activation log after one more entry; a cancellation has `orderedW` 0.
    function nextHead(bytes32 head, uint32 firstIsp, uint16 isps, int32 orderedW) internal pure returns (bytes32) {
        return keccak256(abi.encode(head, firstIsp, isps, orderedW));
    }

    /// @notice The last local day of an agreement: a termination only ever brings it nearer.
    function endDay(Terms calldata terms, AgreementState memory state) internal pure returns (uint32) {
        return state.status == AgreementStatus.TERMINATED ? state.lastDay : terms.endDay;
    }

    /// @notice The last block time at which an activation may be recorded.
    function latestRecording(Terms calldata terms, uint32 firstIsp) internal pure returns (uint256) {
        uint256 ispSeconds = uint256(terms.ispMinutes) * 60;
        uint256 start = firstIsp * ispSeconds;
        uint256 notice = terms.noticeIsps * ispSeconds;
        return start > notice ? start - notice : 0;
    }

    /// @notice Refuse an activation that breaks a limit.
    function check(bytes32 agreementId, AgreementState memory state, ActivationRequest calldata request)
        internal
        view
    {
        Terms calldata terms = request.terms;
        checkAmount(agreementId, request.orderedW, terms.amountW);
        if (request.isps == 0 || request.isps > terms.maxRuntimeIsps) {
            revert IFlexMarket.RuntimeOutOfRange(agreementId, request.isps, terms.maxRuntimeIsps);
        }
        if (state.activations >= terms.maxActivations) {
            revert IFlexMarket.ActivationsUsedUp(agreementId, state.activations, terms.maxActivations);
        }
        if (state.lastEndIsp != 0) {
            uint256 recovery = terms.recoveryIsps == 0 ? 1 : terms.recoveryIsps;
            uint256 earliest = state.lastEndIsp + recovery;
            if (request.firstIsp < earliest) {
                revert IFlexMarket.RecoveryNotOver(agreementId, request.firstIsp, earliest);
            }
        }
        checkNotice(agreementId, request);
        checkEachIsp(agreementId, request, endDay(terms, state));
    }

    function checkAmount(bytes32 agreementId, int32 orderedW, int32 amountW) private pure {
        bool inRange = amountW > 0 ? 0 < orderedW && orderedW <= amountW : amountW <= orderedW && orderedW < 0;
        if (!inRange) revert IFlexMarket.AmountOutOfRange(agreementId, orderedW, amountW);
    }

    function checkNotice(bytes32 agreementId, ActivationRequest calldata request) private view {
        uint256 latest = latestRecording(request.terms, request.firstIsp);
        if (block.timestamp > latest) {
            revert IFlexMarket.NoticeTooShort(agreementId, block.timestamp, latest);
        }
    }

    /// @dev Dates and window hold for the local start of each ISP. The offset is computed once for all ISPs up to the
    /// next switch of the clock. Bounded by maxRuntimeIsps. Unchecked: 2^32 ISPs of an hour and days of 32 bits are far
    /// from overflow, and the first ISP is not in the past, so local time is positive.
    function checkEachIsp(bytes32 agreementId, ActivationRequest calldata request, uint32 lastDay) private pure {
        Terms calldata terms = request.terms;
        uint256[3] memory window = WeeklyWindow.words(terms);
        uint256 ispMinutes = terms.ispMinutes;
        uint256 firstLocal = terms.startDay * MINUTES_PER_DAY;
        uint256 endLocal = (uint256(lastDay) + 1) * MINUTES_PER_DAY;
        uint256 isp = request.firstIsp;
        uint256 end = isp + request.isps;
        int256 offset;
        uint256 until;
        unchecked {
            for (; isp < end; ++isp) {
                uint256 utcMinutes = isp * ispMinutes;
                if (utcMinutes * 60 >= until) {
                    (offset, until) = IspClock.offsetAt(terms.clockRule, terms.utcOffsetMinutes, utcMinutes * 60);
                }
                uint256 local = uint256(int256(utcMinutes) + offset);
                if (local < firstLocal || local >= endLocal) {
                    revert IFlexMarket.OutsideDates(
                        agreementId, isp, local / MINUTES_PER_DAY, terms.startDay, lastDay
                    );
                }
                uint256 bit = WeeklyWindow.bitOf(local);
                if (!WeeklyWindow.isSet(window, bit)) revert IFlexMarket.OutsideWindow(agreementId, isp, bit);
            }
        }
    }
}
