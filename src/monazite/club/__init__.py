"""How do members trade? Sealed auctions, settlement and the journal of the trading club."""
