# Kenward-Roger by pbkrtest: expected information, covariance linear in its parameters.
source("common.R")
suppressPackageStartupMessages({
  library(lme4)
  library(pbkrtest)
})
control <- lmerControl(optimizer = "polished_bobyqa", calc.derivs = FALSE)

trial <- read_table("trial_unbalanced")
trial$time <- trial$visit
trial$visit <- factor(trial$visit)
trial$arm <- factor(trial$arm, c("control", "active"))
trial$sex <- factor(trial$sex, c("F", "M"))
days <- read_table("slopes_by_day")
days$arm <- factor(days$arm, c("control", "active"))
three <- read_table("three_arms")
three$visit <- factor(three$visit)
three$arm <- factor(three$arm, c("placebo", "high", "low"))

describe <- function(formula, data, name, random, joint) {
  fit <- lmer(formula, data, REML = TRUE, control = control)
  terms <- names(fixef(fit))
  adjusted <- vcovAdj(fit)
  df <- sapply(seq_along(terms), function(k) get_Lb_ddf(fit, as.numeric(seq_along(terms) == k)))
  list(
    data = name, formula = paste(deparse(lme4::nobars(formula)), collapse = " "), random = random, method = "reml",
    information = "expected", loglik = as.numeric(logLik(fit)),
    coefficients = coefficient_rows(fixef(fit), as.matrix(adjusted), df),
    adjusted_vcov = unname(as.matrix(adjusted)),
    joint = lapply(joint, function(pattern) {
      rows <- grep(pattern, terms)
      test <- KRmodcomp(fit, diag(length(terms))[rows, , drop = FALSE])$test["Ftest", ]
      list(terms = I(terms[rows]), statistic = test$stat, df1 = test$ndf, df2 = test$ddf, p_value = test$p.value)
    })
  )
}

fits <- list(
  intercept = describe(
    change ~ baseline * visit + arm * visit + age + sex + (1 | subject), trial, "trial_unbalanced", "1",
    c("^visit[0-9]:arm", "^baseline:visit")
  ),
  slope_by_visit = describe(
    change ~ baseline + arm * time + age + sex + (1 + time | subject), trial, "trial_unbalanced", "1 + time", "^armactive"
  ),
  slope_by_day = describe(
    score ~ arm * week + severity + (1 + week | subject), days, "slopes_by_day", "1 + week", "week$"
  ),
  three_arms = describe(
    change ~ baseline + arm * visit + (1 | subject), three, "three_arms", "1", c("^arm[a-z]+$", "^arm.*:visit")
  )
)
write_reference("pbkrtest", list(fits = fits))
