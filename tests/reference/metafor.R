# Random effects over sites by metafor, as outcomes.random_effects has them: REML, Hartung-Knapp never narrower than without.
suppressPackageStartupMessages({library(metafor); library(jsonlite)})
cases <- list(
  bcg = with(escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg), list(yi = as.numeric(yi), vi = as.numeric(vi))),
  alike = list(yi = c(1, 1.01, 0.99, 1), vi = rep(0.25, 4)),
  two = list(yi = c(-1, -3.5), vi = c(0.3, 0.5)),
  two_alike = list(yi = c(-2, -2.1), vi = c(0.3, 0.5)),
  three = list(yi = c(-1, -2, -3), vi = c(0.1, 0.2, 0.1)),
  eight = list(yi = c(-0.09, -1.9, -1.52, -4.37, -2.03, -2.66, -0.63, -3.08), vi = c(0.92, 1.2, 1.4, 1.3, 1.1, 1.8, 1.3, 1.1)^2),
  seven = list(yi = c(-1.9, -1.52, -4.37, -2.03, -2.66, -0.63, -3.08), vi = c(1.2, 1.4, 1.3, 1.1, 1.8, 1.3, 1.1)^2)
)
run <- function(case, method) {
  fit <- rma(case$yi, case$vi, method = method, test = if (method == "REML") "adhoc" else "z",
             control = list(threshold = 1e-12, maxiter = 10000, tau2.min = 0))
  at <- predict(fit)
  list(estimate = as.numeric(fit$beta), std_error = fit$se, lower = fit$ci.lb, upper = fit$ci.ub, p_value = fit$pval, tau = sqrt(fit$tau2),
       i2 = fit$I2 / 100, q = fit$QE, q_p_value = fit$QEp, predicted_lower = at$pi.lb, predicted_upper = at$pi.ub)
}
found <- lapply(cases, function(case) list(differences = case$yi, variances = case$vi, random = run(case, "REML"), fixed = run(case, "EE")))
writeLines(toJSON(list(cases = found, r = R.version.string, metafor = as.character(packageVersion("metafor"))), digits = NA, auto_unbox = TRUE, pretty = TRUE),
           "output/metafor.json")
