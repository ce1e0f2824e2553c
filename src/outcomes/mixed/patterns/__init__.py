"""Sums over the subjects of each pattern of visits: all that the likelihood needs of them."""
