"""What one site of a network works out of a propensity model over all sites: sums over its patients, and when they may leave."""
