// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A euro token for tests and demonstrations: anyone may mint, it is worth nothing
contract TestEuro is ERC20 {
    constructor() ERC20("Test Euro", "TEUR") {}

    /// @notice Create tokens out of nothing.
    function mint(address to, uint256 tokenUnits) external {
        _mint(to, tokenUnits);
    }

    /// @notice Six decimals, as the euro tokens in use have.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
