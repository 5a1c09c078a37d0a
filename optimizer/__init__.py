"""Turn plan requests into certified plans: allocation, loading, routing, verification."""
