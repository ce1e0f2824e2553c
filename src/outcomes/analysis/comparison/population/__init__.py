"""Who is compared: the declared estimand, eligibility, intercurrent events, and confounders."""
