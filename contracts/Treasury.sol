// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {Escrow, ISettlementLedger} from "./interfaces/ISettlementLedger.sol";

/// @title What is free: escrow of aggregators towards a DSO, and bonds of DSOs
/// @dev Every token unit of the ledger is free here, locked in a run, or tied to a run as its bond.
abstract contract Treasury is ISettlementLedger, IChallenges, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @notice Token units in 1e-4 EUR.
    uint256 public constant TOKEN_UNITS_PER_AMOUNT = 100;

    /// @inheritdoc ISettlementLedger
    IERC20 public immutable token;

    /// @inheritdoc IChallenges
    uint256 public immutable bondUnits;

    /// @inheritdoc IChallenges
    mapping(address dso => uint256) public bondOf;

    mapping(address aggregator => mapping(address dso => Escrow)) internal escrows;

    constructor(IERC20 token_, uint256 bondUnits_) {
        token = token_;
        bondUnits = bondUnits_;
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

    /// @inheritdoc ISettlementLedger
    function escrowOf(address aggregator, address dso) external view returns (Escrow memory) {
        return escrows[aggregator][dso];
    }

    /* BONDS */

    /// @inheritdoc IChallenges
    function depositBond(uint256 tokenUnits) external nonReentrant {
        require(tokenUnits != 0, NothingToMove());

        bondOf[msg.sender] += tokenUnits;

        emit BondDeposited(msg.sender, tokenUnits);

        token.safeTransferFrom(msg.sender, address(this), tokenUnits);
    }

    /// @inheritdoc IChallenges
    function withdrawBond(uint256 tokenUnits) external nonReentrant {
        require(tokenUnits != 0, NothingToMove());

        takeBond(msg.sender, tokenUnits);

        emit BondWithdrawn(msg.sender, tokenUnits);

        token.safeTransfer(msg.sender, tokenUnits);
    }

    /* INTERNALS */

    function takeFree(Escrow storage escrow, address aggregator, address dso, uint256 tokenUnits) internal {
        uint256 free = escrow.free;
        require(tokenUnits <= free, EscrowShort(aggregator, dso, free, tokenUnits));
        escrow.free = uint128(free - tokenUnits);
    }

    function takeBond(address dso, uint256 tokenUnits) internal {
        uint256 free = bondOf[dso];
        require(tokenUnits <= free, BondShort(dso, free, tokenUnits));
        bondOf[dso] = free - tokenUnits;
    }
}
