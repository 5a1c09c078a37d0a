"""The planner process: requests in, solved in child processes, certified plans out."""
