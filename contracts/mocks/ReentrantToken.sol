// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestEuro} from "./TestEuro.sol";

/// @title A hostile token for tests: every transfer calls back whoever moves it
contract ReentrantToken is TestEuro {
    bytes private callback;

    /// @notice What to call from inside of the next transfers; empty for nothing.
    function arm(bytes calldata callback_) external {
        callback = callback_;
    }

    /// @dev The answer of the callback is passed on, so that a test sees why it was refused.
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (callback.length == 0) return;
        (bool success, bytes memory answer) = msg.sender.call(callback);
        if (success) return;
        revert CallbackRefused(answer);
    }

    error CallbackRefused(bytes answer);
}
