# Marginal models by nlme::gls, and the two random-effects models with a residual structure that nlme::lme can fit.
source("common.R")
library(nlme)
gls <- with_polish(nlme::gls)
lme <- with_polish(nlme:::lme.formula)

trial <- read_table("trial_unbalanced")
trial$position <- trial$visit
trial$visit <- factor(trial$visit)
trial$arm <- factor(trial$arm, c("control", "active"))
trial$sex <- factor(trial$sex, c("F", "M"))
trial$inverse_weight <- 1 / trial$weight
formula <- change ~ baseline * visit + arm * visit + age + sex

# gls() multiplies the ML variance by N / (N - p); undone here, so that it is the inverse information at the ML estimate.
model_vcov <- function(fit) {
  n <- fit$dims$N
  if (fit$method == "ML") vcov(fit) * (n - fit$dims$p) / n else vcov(fit)
}

full_subject <- function(data) names(which(table(data$subject) == nlevels(data$visit)))[1]

describe <- function(fit, data, covariance, ...) {
  list(
    covariance = covariance, method = tolower(fit$method), loglik = as.numeric(logLik(fit)),
    sigma = unclass(getVarCov(fit, individual = full_subject(data))),
    coefficients = coefficient_rows(coef(fit), model_vcov(fit)), n_parameters = attr(logLik(fit), "df"), ...
  )
}

by_visit <- varIdent(form = ~ 1 | visit)
lags <- nlevels(trial$visit) - 1
structures <- list(
  unstructured = list(corSymm(form = ~ position | subject), by_visit),
  compound_symmetry = list(corCompSymm(form = ~ 1 | subject), NULL),
  heterogeneous_compound_symmetry = list(corCompSymm(form = ~ 1 | subject), by_visit),
  ar1 = list(corAR1(form = ~ position | subject), NULL),
  heterogeneous_ar1 = list(corAR1(form = ~ position | subject), by_visit),
  # An autoregression of order T - 1 reaches every positive definite Toeplitz correlation of T visits.
  toeplitz = list(corARMA(form = ~ position | subject, p = lags), NULL),
  heterogeneous_toeplitz = list(corARMA(form = ~ position | subject, p = lags), by_visit)
)
fits <- list()
for (name in names(structures)) {
  for (method in c("REML", "ML")) {
    structure <- structures[[name]]
    fit <- gls(formula, trial, correlation = structure[[1]], weights = structure[[2]], method = method)
    extra <- if (name == "unstructured") list(pearson = unname(c(residuals(fit, "pearson")))) else list()
    fits <- c(fits, list(c(describe(fit, trial, name), extra)))
  }
}

# One weight per subject: the subject's covariance is divided by it.
weighted <- list(
  unstructured = varComb(varFixed(~inverse_weight), by_visit),
  compound_symmetry = varFixed(~inverse_weight)
)
weighted_fits <- list()
for (name in names(weighted)) {
  fit <- gls(formula, trial, correlation = structures[[name]][[1]], weights = weighted[[name]], method = "REML")
  weighted_fits <- c(weighted_fits, list(list(
    covariance = name, method = "reml", loglik = as.numeric(logLik(fit)),
    coefficients = coefficient_rows(coef(fit), vcov(fit))
  )))
}

# A covariance of its own for each arm. With every effect interacted with arm, the joint model is two separate ones;
# the log-likelihoods add.
separate <- lapply(levels(trial$arm), function(arm) {
  part <- droplevels(trial[trial$arm == arm, ])
  describe(gls(change ~ baseline * visit, part,
    correlation = structures$unstructured[[1]], weights = by_visit, method = "REML"
  ), part, "unstructured", arm = arm)
})
# Not separable: common effects of baseline, age and sex; random intercept and residual variances by arm are
# compound symmetry by arm.
by_arm <- lme(formula, trial,
  random = list(subject = pdDiag(~ 0 + arm)), weights = varIdent(form = ~ 1 | arm), method = "REML"
)
random_covariance <- function(fit) unname(as.matrix(fit$modelStruct$reStruct[[1]]) * fit$sigma^2)
between <- diag(random_covariance(by_arm))
ratio <- coef(by_arm$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[levels(trial$arm)]
group_fit <- list(
  covariance = "compound_symmetry", method = "reml", loglik = as.numeric(logLik(by_arm)),
  coefficients = coefficient_rows(fixef(by_arm), by_arm$varFix),
  variance = data.frame(arm = levels(trial$arm), between = between, within = as.numeric((by_arm$sigma * ratio)^2))
)

# Random intercept together with a first-order autoregressive residual; lme's degrees of freedom are between-within.
both <- lme(formula, trial, random = ~ 1 | subject, correlation = corAR1(form = ~ position | subject), method = "REML")
random_and_residual <- list(
  random = "1", covariance = "ar1", method = "reml", loglik = as.numeric(logLik(both)),
  coefficients = coefficient_rows(fixef(both), both$varFix, both$fixDF$X),
  intercept_variance = random_covariance(both)[1, 1], residual_variance = both$sigma^2,
  correlation = unname(coef(both$modelStruct$corStruct, unconstrained = FALSE))
)

# Visits whose alphabetical order is not their order; strings everywhere.
awkward <- read_table("awkward")
awkward$when <- factor(awkward$when, c("week 2", "week 10", "month 3", "end"))
awkward$position <- as.integer(awkward$when)
names(awkward)[names(awkward) == "log dose"] <- "log_dose" # gls() cannot quote a name
awkward$given <- factor(awkward$given, c("no drug: usual care", "drug (50 mg)"))
odd <- gls(y ~ given * when + log_dose, awkward,
  correlation = corSymm(form = ~ position | who), weights = varIdent(form = ~ 1 | when), method = "REML"
)
odd_fit <- list(
  covariance = "unstructured", method = "reml", loglik = as.numeric(logLik(odd)),
  coefficients = coefficient_rows(coef(odd), vcov(odd))
)

write_reference("nlme_gls", list(
  fits = fits, weighted = weighted_fits, separate_by_arm = separate, group_by_arm = group_fit,
  random_and_residual = random_and_residual, awkward = odd_fit
))
