"""Covariance structures, the likelihood of subjects that share them, and its maximum."""
