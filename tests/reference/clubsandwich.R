# Sandwich variances clustered by subject. clubSandwich's CR2 takes another matrix square root than mmrm and this
# project do, so its numbers are neighbours, not twins; `bias_reduced` below is the one meant, in plain R.
# CR0 and CR3 hold no square root and must agree.
source("common.R")
suppressPackageStartupMessages({
  library(nlme)
  library(clubSandwich)
})
gls <- with_polish(nlme::gls)

trial <- read_table("trial_unbalanced")
trial$position <- trial$visit
trial$visit <- factor(trial$visit)
trial$arm <- factor(trial$arm, c("control", "active"))
trial$sex <- factor(trial$sex, c("F", "M"))
three <- read_table("three_arms")
three$position <- three$visit
three$visit <- factor(three$visit)
three$arm <- factor(three$arm, c("placebo", "high", "low"))

# Residuals and design whitened by a Cholesky factor of each subject's covariance; the residuals are multiplied by the
# symmetric root of (I - H)^-1, H the subject's block of the whitened hat matrix.
bias_reduced <- function(fit, data) {
  X <- model.matrix(formula(fit), data)
  bread <- vcov(fit)
  residual <- data[[all.vars(formula(fit))[1]]] - drop(X %*% coef(fit))
  scores <- sapply(unique(data$subject), function(subject) {
    rows <- which(data$subject == subject)
    root <- t(chol(unclass(getVarCov(fit, individual = as.character(subject)))))
    Z <- forwardsolve(root, X[rows, , drop = FALSE])
    parts <- eigen(diag(length(rows)) - Z %*% bread %*% t(Z), symmetric = TRUE)
    adjust <- parts$vectors %*% (t(parts$vectors) / sqrt(parts$values))
    drop(t(Z) %*% adjust %*% forwardsolve(root, residual[rows]))
  })
  coefficient_rows(coef(fit), bread %*% tcrossprod(scores) %*% bread)
}

describe <- function(fit, data, name, covariance) {
  types <- c(cr0 = "CR0", cr2 = "CR2", cr3 = "CR3")
  list(
    data = name, formula = paste(deparse(formula(fit)), collapse = " "), covariance = covariance,
    vcov = lapply(types, function(type) {
      rows <- coef_test(fit, vcov = type, test = "Satterthwaite")
      data.frame(term = names(coef(fit)), estimate = rows$beta, std_error = rows$SE, df = rows$df)
    }),
    bias_reduced = bias_reduced(fit, data)
  )
}
un <- gls(change ~ baseline * visit + arm * visit + age + sex, trial,
  correlation = corSymm(form = ~ position | subject), weights = varIdent(form = ~ 1 | visit)
)
cs <- gls(change ~ baseline + arm * visit, three, correlation = corCompSymm(form = ~ 1 | subject))
write_reference("clubsandwich", list(fits = list(
  describe(un, trial, "trial_unbalanced", "unstructured"), describe(cs, three, "three_arms", "compound_symmetry")
)))
