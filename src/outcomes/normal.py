"""The one quantile of the normal distribution that 95% intervals are made with."""

Z = 1.959963984540054  # 97.5%
