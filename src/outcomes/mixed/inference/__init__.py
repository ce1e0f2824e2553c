"""Standard errors, degrees of freedom and tests of combinations of the coefficients."""
