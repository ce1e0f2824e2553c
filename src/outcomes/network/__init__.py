"""Sites that keep their rows: what a site sends, what the coordinating centre accepts, and the estimates of all put together."""
