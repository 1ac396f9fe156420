"""What a rule can ask about a call, one small function each. `registry.KINDS` is the one list of them."""
