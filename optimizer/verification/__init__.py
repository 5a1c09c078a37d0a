"""An independent judge of plans. It shares no code with the solvers and decides nothing itself."""
