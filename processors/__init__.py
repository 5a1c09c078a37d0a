"""From facts to state: batch intake, pure cores, one transaction, fence and relay."""
