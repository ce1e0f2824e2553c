"""Cost: what treatment is charged, per starter and per responder, and the difference between arms beside that of response."""
