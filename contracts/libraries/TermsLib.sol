// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Adjustment, BaselineMethod, DeliveryRule, IFlexMarket, Terms} from "../interfaces/IFlexMarket.sol";

/// @title The identity and the validity of terms
library TermsLib {
    bytes32 internal constant AGREEMENT_TYPEHASH = keccak256(
        "Agreement(address aggregator,address prosumer,address dso,address mdc,bytes32 templateId,bytes32 ruleSet,"
        "uint32 startDay,uint32 endDay,int16 utcOffsetMinutes,uint8 clockRule,uint8 ispMinutes,uint256 window0,"
        "uint256 window1,uint256 window2,bytes32 elements,int32 amountW,uint16 maxActivations,uint16 maxRuntimeIsps,"
        "uint16 recoveryIsps,uint16 noticeIsps,uint32 volumeRate,uint32 penaltyRate,uint32 capacityRate,"
        "uint8 deliveryRule,uint16 deliveryBp,uint16 deliverySlope,uint16 penaltyCapBp,uint8 baselineMethod,uint8 x,"
        "uint8 y,uint8 adjustment,uint16 adjustmentIsps,uint16 adjustmentGapIsps,uint16 adjustmentCapBp,bytes32 salt,"
        "uint64 signBefore)"
    );
    uint256 private constant BASIS_POINTS = 10_000;
    /// @dev The bits of the third window word that belong to the week: 672 - 2 x 256.
    uint256 private constant WINDOW2_BITS = 160;

    /// @notice The id of an agreement: the EIP-712 struct hash of its terms.
    function id(Terms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(AGREEMENT_TYPEHASH, terms));
    }

    /// @notice The id of the template that has these terms: the same hash with the instance fields 0.
    function templateIdOf(Terms calldata terms) internal pure returns (bytes32) {
        Terms memory form = terms;
        form.templateId = 0;
        form.prosumer = address(0);
        form.elements = 0;
        form.startDay = 0;
        form.endDay = 0;
        form.salt = 0;
        form.signBefore = 0;
        return keccak256(abi.encode(AGREEMENT_TYPEHASH, form));
    }

    /// @notice Refuse a template in which an instance field is set.
    function requireTemplateForm(Terms calldata terms) internal pure {
        require(terms.templateId == 0, IFlexMarket.InstanceFieldSet("templateId"));
        require(terms.prosumer == address(0), IFlexMarket.InstanceFieldSet("prosumer"));
        require(terms.elements == 0, IFlexMarket.InstanceFieldSet("elements"));
        require(terms.startDay == 0, IFlexMarket.InstanceFieldSet("startDay"));
        require(terms.endDay == 0, IFlexMarket.InstanceFieldSet("endDay"));
        require(terms.salt == 0, IFlexMarket.InstanceFieldSet("salt"));
        require(terms.signBefore == 0, IFlexMarket.InstanceFieldSet("signBefore"));
    }

    /// @notice Refuse terms that break a rule.
    function validate(Terms calldata terms) internal pure {
        validateTime(terms);
        if (terms.amountW == 0) refuse("amountW", 0, 1);
        if (terms.amountW == type(int32).min) refuse("amountW", terms.amountW, -type(int32).max);
        requireAtLeastOne("maxActivations", terms.maxActivations);
        requireAtLeastOne("maxRuntimeIsps", terms.maxRuntimeIsps);
        requireBasisPoints("penaltyCapBp", terms.penaltyCapBp);
        validateDelivery(terms);
        validateBaseline(terms);
        validateAdjustment(terms);
    }

    function validateTime(Terms calldata terms) private pure {
        uint256 ispMinutes = terms.ispMinutes;
        if (ispMinutes != 5 && ispMinutes != 15 && ispMinutes != 30 && ispMinutes != 60) {
            refuse("ispMinutes", int256(ispMinutes), 15);
        }
        if (terms.utcOffsetMinutes % int256(ispMinutes) != 0) {
            refuse("utcOffsetMinutes", terms.utcOffsetMinutes, int256(ispMinutes));
        }
        if (terms.startDay > terms.endDay) {
            refuse("startDay", int256(uint256(terms.startDay)), int256(uint256(terms.endDay)));
        }
        if (terms.window2 >> WINDOW2_BITS != 0) refuse("window2", int256(terms.window2 >> WINDOW2_BITS), 0);
    }

    function validateDelivery(Terms calldata terms) private pure {
        DeliveryRule rule = terms.deliveryRule;
        if (rule == DeliveryRule.LINEAR) requireUnused("deliveryBp", terms.deliveryBp);
        else requireBasisPoints("deliveryBp", terms.deliveryBp);
        if (rule == DeliveryRule.GRACE) requireAtLeastOne("deliverySlope", terms.deliverySlope);
        else requireUnused("deliverySlope", terms.deliverySlope);
    }

    function validateBaseline(Terms calldata terms) private pure {
        BaselineMethod method = terms.baselineMethod;
        uint256 x = terms.x;
        uint256 y = terms.y;
        if (method == BaselineMethod.NOMINATED) {
            requireUnused("x", x);
            requireUnused("y", y);
            requireUnused("adjustment", uint256(terms.adjustment));
        } else if (method == BaselineMethod.ROLLING) {
            requireUnused("x", x);
            requireAtLeastOne("y", y);
        } else {
            requireAtLeastOne("x", x);
            if (x > y) refuse("x", int256(x), int256(y));
            // MID drops the same number of days at both ends.
            if (method == BaselineMethod.MID && (y - x) % 2 != 0) refuse("x", int256(x), int256(y - 1));
        }
    }

    function validateAdjustment(Terms calldata terms) private pure {
        if (terms.adjustment == Adjustment.NONE) {
            requireUnused("adjustmentIsps", terms.adjustmentIsps);
            requireUnused("adjustmentGapIsps", terms.adjustmentGapIsps);
            requireUnused("adjustmentCapBp", terms.adjustmentCapBp);
        } else {
            requireAtLeastOne("adjustmentIsps", terms.adjustmentIsps);
            requireBasisPoints("adjustmentCapBp", terms.adjustmentCapBp);
        }
    }

    function requireUnused(bytes32 field, uint256 value) private pure {
        if (value != 0) refuse(field, int256(value), 0);
    }

    function requireAtLeastOne(bytes32 field, uint256 value) private pure {
        if (value == 0) refuse(field, 0, 1);
    }

    function requireBasisPoints(bytes32 field, uint256 value) private pure {
        if (value > BASIS_POINTS) refuse(field, int256(value), int256(BASIS_POINTS));
    }

    function refuse(bytes32 field, int256 value, int256 limit) private pure {
        revert IFlexMarket.InvalidTerms(field, value, limit);
    }
}
