"""The verifier of plans. It shares no code with the solvers and makes no decisions."""
