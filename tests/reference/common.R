# Shared by the reference scripts: reading the committed tables, optimisers driven to the very optimum, writing JSON.
suppressPackageStartupMessages(library(jsonlite))

read_table <- function(name, ...) {
  read.csv(file.path("data", paste0(name, ".csv")), check.names = FALSE, stringsAsFactors = FALSE, encoding = "UTF-8", ...)
}

# Newton steps with Richardson-extrapolated derivatives. nlminb and bobyqa stop where the log-likelihood looks flat in
# double precision, about 1e-5 short in the parameters; the gradient still shows the way.
newton_polish <- function(f, par, steps = 4) {
  for (k in seq_len(steps)) {
    gradient <- numDeriv::grad(f, par)
    hessian <- numDeriv::hessian(f, par)
    par <- par - solve(hessian, gradient)
  }
  par
}

# nlme's own gls() and lme(), except that the optimiser they call ends with the steps above.
polished_nlminb <- function(start, objective, control) {
  found <- stats::nlminb(start, objective, control = control)
  found$par <- newton_polish(objective, found$par)
  found$objective <- objective(found$par)
  found
}
with_polish <- function(fit) {
  environment(fit) <- list2env(list(nlminb = polished_nlminb), parent = asNamespace("nlme"))
  fit
}

# An optimiser for lmerControl(): bobyqa, then the same steps in the parameters that are not at their bound.
polished_bobyqa <- function(fn, par, lower, upper, control) {
  par <- minqa::bobyqa(par, fn, lower, upper, control = list(rhoend = 1e-9, maxfun = 20000))$par
  free <- par > lower + 1e-8
  par[!free] <- lower[!free]
  par[free] <- newton_polish(function(some) fn(replace(par, free, some)), par[free])
  list(par = par, fval = fn(par), conv = 0, message = "bobyqa and Newton")
}

coefficient_rows <- function(estimate, vcov, df = NULL) {
  rows <- data.frame(term = names(estimate), estimate = unname(estimate), std_error = unname(sqrt(diag(vcov))))
  if (!is.null(df)) rows$df <- unname(df)
  rows
}

write_reference <- function(topic, content) {
  packages <- c(sessionInfo()$otherPkgs, sessionInfo()$loadedOnly)
  content$session <- list(
    r = R.version.string, platform = R.version$platform,
    packages = lapply(packages[sort(names(packages))], function(p) p$Version)
  )
  dir.create("output", showWarnings = FALSE)
  write_json(content, file.path("output", paste0(topic, ".json")), digits = NA, auto_unbox = TRUE, pretty = TRUE)
}
