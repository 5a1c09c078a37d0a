"""From a plan request to a verified plan: allocation, loading, routing, verification."""
