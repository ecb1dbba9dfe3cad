// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Evidence, Recomputed} from "../interfaces/IChallenges.sol";
import {ClockRule, DeliveryRule, Terms} from "../interfaces/IFlexMarket.sol";
import {Proof, Statement} from "../interfaces/ISettlementLedger.sol";
import {ActivationRules} from "../libraries/ActivationRules.sol";
import {IspClock} from "../libraries/IspClock.sol";
import {LineMath} from "../libraries/LineMath.sol";
import {MeterData} from "../libraries/MeterData.sol";
import {Recomputation} from "../libraries/Recomputation.sol";
import {Series} from "../libraries/Series.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {WeeklyWindow} from "../libraries/WeeklyWindow.sol";

/// @title The rules as pure functions, for comparing them with the implementation off chain
/// @dev Never deployed in production. Every function passes its arguments to one library function; `multicall` asks
/// many at once.
contract RulesHarness is Multicall {
    function agreementId(Terms calldata terms) external pure returns (bytes32) {
        return TermsLib.id(terms);
    }

    function templateId(Terms calldata terms) external pure returns (bytes32) {
        return TermsLib.templateIdOf(terms);
    }

    function signingDigest(bytes32 domainSeparator, bytes32 structHash) external pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }

    function validate(Terms calldata terms) external pure {
        TermsLib.validate(terms);
    }

    function yearAround(uint256 day) external pure returns (uint256 start, uint256 next) {
        return IspClock.yearAround(day);
    }

    function summerTime(ClockRule rule, int16 winterMinutes, uint256 day)
        external
        pure
        returns (uint256 begin, uint256 end)
    {
        (uint256 start, uint256 next) = IspClock.yearAround(day);
        return IspClock.summerTime(rule, winterMinutes, start, next);
    }

    function localDays(ClockRule rule, int16 winterMinutes, uint8 ispMinutes, uint32 firstIsp, uint32 isps)
        external
        pure
        returns (uint256[] memory localDay, uint256[] memory minuteOfDay, uint256[] memory windowBit)
    {
        localDay = new uint256[](isps);
        minuteOfDay = new uint256[](isps);
        windowBit = new uint256[](isps);
        for (uint256 i = 0; i < isps; ++i) {
            uint256 utcSeconds = (firstIsp + i) * ispMinutes * 60;
            uint256 minutesLocal = IspClock.localMinutes(rule, winterMinutes, utcSeconds);
            localDay[i] = IspClock.localDay(rule, winterMinutes, utcSeconds);
            minuteOfDay[i] = minutesLocal % 1440;
            windowBit[i] = WeeklyWindow.bitOf(minutesLocal);
        }
    }

    function isWindowIsp(Terms calldata terms, uint32 isp) external pure returns (bool) {
        uint256 utcSeconds = uint256(isp) * terms.ispMinutes * 60;
        uint256 minutesLocal = IspClock.localMinutes(terms.clockRule, terms.utcOffsetMinutes, utcSeconds);
        return WeeklyWindow.isSet(WeeklyWindow.words(terms), WeeklyWindow.bitOf(minutesLocal));
    }

    function windowIsps(Terms calldata terms, uint256 firstDay, uint256 lastDay) external pure returns (uint256) {
        return WeeklyWindow.count(terms, firstDay, lastDay);
    }

    function nextHead(bytes32 head, uint32 firstIsp, uint16 isps, int32 orderedW) external pure returns (bytes32) {
        return ActivationRules.nextHead(head, firstIsp, isps, orderedW);
    }

    function recompute(Evidence calldata evidence, uint32 endDay) external pure returns (Recomputed memory) {
        return Recomputation.recompute(evidence, endDay);
    }

    function divideHalfEven(uint256 numerator, uint256 denominator) external pure returns (uint256) {
        return LineMath.divideHalfEven(numerator, denominator);
    }

    function line(uint256 scaledW, uint256 scale, uint8 ispMinutes, uint32 rate) external pure returns (uint256) {
        return LineMath.line(scaledW, scale, ispMinutes, rate);
    }

    function measure(int32 baselineW, int32 actualW, int32 orderedW)
        external
        pure
        returns (uint256 deliveredW, uint256 deficiencyW)
    {
        return LineMath.measure(baselineW, actualW, orderedW);
    }

    function failsThreshold(LineMath.Delivery calldata sums, DeliveryRule rule, uint16 deliveryBp)
        external
        pure
        returns (bool)
    {
        return LineMath.failsThreshold(sums, rule, deliveryBp);
    }

    function paidScaledW(LineMath.Delivery calldata sums, DeliveryRule rule, uint16 deliveryBp, uint16 slope)
        external
        pure
        returns (uint256)
    {
        return LineMath.paidScaledW(sums, rule, deliveryBp, slope);
    }

    function cappedPenalty(uint256 penaltyLines, uint16 penaltyCapBp, uint256 capacityAndVolume)
        external
        pure
        returns (uint256)
    {
        return LineMath.cappedPenalty(penaltyLines, penaltyCapBp, capacityAndVolume);
    }

    function capacityW(int32 amountW, uint256 windowIspCount, uint256 failedIsps) external pure returns (uint256) {
        return LineMath.capacityW(amountW, windowIspCount, failedIsps);
    }

    function statementLeaf(Statement calldata statement) external pure returns (bytes32) {
        return SumTree.leaf(statement);
    }

    function node(bytes32 leftHash, uint256 leftSum, bytes32 rightHash, uint256 rightSum)
        external
        pure
        returns (bytes32)
    {
        return SumTree.node(leftHash, leftSum, rightHash, rightSum);
    }

    function rootFrom(bytes32 hash, uint256 sum, Proof calldata proof)
        external
        pure
        returns (bytes32 root, uint256 rootSum)
    {
        return SumTree.rootFrom(hash, sum, proof);
    }

    function seriesHash(uint256[] calldata words) external pure returns (bytes32) {
        return Series.hash(words);
    }

    function seriesPair(uint256[] calldata words, uint256 position)
        external
        pure
        returns (int32 baselineW, int32 actualW)
    {
        return Series.pairAt(words, position);
    }

    function meterKey(string calldata meteringPoint, bytes32 salt) external pure returns (bytes32) {
        return MeterData.key(meteringPoint, salt);
    }

    function elementsHash(bytes32[] calldata meterKeys) external pure returns (bytes32) {
        return MeterData.elements(meterKeys);
    }

    function meterLeaf(bytes32 meterKey_, uint32 utcDay, bytes calldata blob) external pure returns (bytes32) {
        return MeterData.leaf(meterKey_, utcDay, blob);
    }
}
