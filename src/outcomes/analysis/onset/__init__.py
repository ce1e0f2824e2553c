"""When a response begins: who was looked at when, first and confirmed onset, and late response."""
