// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LedgerRoles} from "./LedgerRoles.sol";
import {RunRegister} from "./RunRegister.sol";
import {StatementChallenges} from "./StatementChallenges.sol";
import {Treasury} from "./Treasury.sol";
import {IFlexMarket, Terms} from "./interfaces/IFlexMarket.sol";
import {Claim, ISettlementLedger, Run, Statement} from "./interfaces/ISettlementLedger.sol";

/// @title Commitments, runs, challenges and claims
/// @dev The documentation is on the interfaces. Each base holds one of these; here they end in payments.
contract SettlementLedger is StatementChallenges {
    using SafeERC20 for IERC20;

    /// @inheritdoc ISettlementLedger
    mapping(bytes32 agreementId => int256) public accountOf;

    constructor(
        IFlexMarket market_,
        IERC20 token_,
        address admin,
        uint32 challengeWindowS_,
        uint256 bondUnits_
    )
        LedgerRoles(admin)
        Treasury(token_, bondUnits_)
        RunRegister(market_, challengeWindowS_)
    {}

    /* CLAIMS */

    /// @inheritdoc ISettlementLedger
    function claim(Claim calldata proven) external nonReentrant whenNotPaused returns (uint64 paid) {
        return credit(proven);
    }

    /// @inheritdoc ISettlementLedger
    function claimBatch(Claim[] calldata proven) external nonReentrant whenNotPaused {
        for (uint256 i = 0; i < proven.length; ++i) {
            credit(proven[i]);
        }
    }

    /* VIEWS */

    /// @inheritdoc ISettlementLedger
    function creditOf(bytes32 agreementId, uint32 periodFirstDay)
        external
        view
        returns (uint64 amount, uint8 version)
    {
        Credit storage credited = credits[agreementId][periodFirstDay];
        return (credited.amount, credited.version);
    }

    /* INTERNALS */

    /// @dev A statement counts once per version, so what a version pays is at most the sum of distinct leaves and of
    /// what challenges added.
    function credit(Claim calldata proven) private returns (uint64 paid) {
        Terms calldata terms = proven.terms;
        Statement calldata statement = proven.statement;
        bytes32 agreementId = requireAgreement(terms, statement);
        Run storage run = existingRun(terms.dso, terms.aggregator, statement.periodFirstDay);

        requirePayable(proven, run);

        Credit memory credited = credits[agreementId][statement.periodFirstDay];
        uint8 version = run.version;
        if (credited.version == version) return 0;
        require(
            credited.heldVersion != version, StatementOnHold(agreementId, statement.periodFirstDay, version)
        );
        uint64 amount = credited.recomputedVersion == version ? credited.recomputed : statement.amount;
        int256 account = accountOf[agreementId] + int256(uint256(amount)) - int256(uint256(credited.amount));
        credited.amount = amount;
        credited.version = version;
        credits[agreementId][statement.periodFirstDay] = credited;
        if (account > 0) {
            // At most the amount, since no account is above 0 before.
            paid = uint64(uint256(account));
            account = 0;
        }
        accountOf[agreementId] = account;

        emitClaimed(proven, credited, paid, account);

        if (paid != 0) pay(terms, run, paid);
    }

    function emitClaimed(Claim calldata proven, Credit memory credited, uint64 paid, int256 account) private {
        emit Claimed(
            proven.statement.agreementId,
            proven.terms.dso,
            proven.terms.aggregator,
            proven.statement.periodFirstDay,
            credited.version,
            credited.amount,
            paid,
            account
        );
    }

    function pay(Terms calldata terms, Run storage run, uint64 amount) private {
        uint256 tokenUnits = amount * TOKEN_UNITS_PER_AMOUNT;
        if (isReleased(run)) {
            takeFree(escrows[terms.aggregator][terms.dso], terms.aggregator, terms.dso, tokenUnits);
        }
        run.claimed += amount;

        token.safeTransfer(terms.prosumer, tokenUnits);
    }

    function requirePayable(Claim calldata proven, Run storage run) private view {
        uint256 opensAt = claimsOpenAt(run);
        require(block.timestamp >= opensAt, ClaimsNotOpen(block.timestamp, opensAt));
        require(
            !isVoid(run),
            RunIsVoid(proven.terms.dso, proven.terms.aggregator, proven.statement.periodFirstDay)
        );
        requireProven(proven.statement, proven.proof, run);
    }
}
