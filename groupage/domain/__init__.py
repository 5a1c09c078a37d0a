"""The language every room speaks: facts, commands, plans, and the pure rules of the trade."""
