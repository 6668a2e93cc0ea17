"""One ledger of touchpoints: what caps a contact across all channels, reserved before use."""
