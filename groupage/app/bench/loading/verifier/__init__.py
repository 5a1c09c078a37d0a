"""Check load plans exactly, in integers and fractions. Shares no code with the engines."""
