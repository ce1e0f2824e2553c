"""What one site of a network gives for a mixed model over all sites: sums over its patients, and when they may leave."""
