"""Two arms compared as a sceptical reviewer would have it: declared estimand, weights, diagnostics, and every other way."""
