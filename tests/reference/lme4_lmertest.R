# Random intercepts and slopes by lme4, with Satterthwaite degrees of freedom and type-III tests by lmerTest.
source("common.R")
suppressPackageStartupMessages(library(lmerTest))
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
singular <- read_table("singular") # the correlation of the random effects is -1 at the optimum

models <- list(
  intercept = list(change ~ baseline * visit + arm * visit + age + sex + (1 | subject), "trial_unbalanced", "1"),
  slope_by_visit = list(change ~ baseline + arm * time + age + sex + (1 + time | subject), "trial_unbalanced", "1 + time"),
  intercept_by_day = list(score ~ arm * week + severity + (1 | subject), "slopes_by_day", "1"),
  slope_by_day = list(score ~ arm * week + severity + (1 + week | subject), "slopes_by_day", "1 + week"),
  three_arms = list(change ~ baseline + arm * visit + (1 | subject), "three_arms", "1"),
  singular = list(score ~ time + (1 + time | subject), "singular", "1 + time")
)
tables <- list(trial_unbalanced = trial, slopes_by_day = days, three_arms = three, singular = singular)

describe <- function(formula, name, random, reml) {
  fit <- lmer(formula, tables[[name]], REML = reml, control = control)
  rows <- coef(summary(fit, ddf = "Satterthwaite"))
  tests <- anova(fit, type = 3, ddf = "Satterthwaite")
  effects <- ranef(fit)$subject
  # Satterthwaite's denominator of a joint test depends on the rows that span the hypothesis, not only on the
  # hypothesis: here both programs are given the same rows.
  terms <- names(fixef(fit))
  tested <- grep("^arm|^time$", terms)
  joint <- contestMD(fit, diag(length(terms))[tested, , drop = FALSE], ddf = "Satterthwaite")
  list(
    data = name, formula = paste(deparse(lme4::nobars(formula)), collapse = " "), random = random,
    method = if (reml) "reml" else "ml", loglik = as.numeric(logLik(fit)),
    coefficients = data.frame(
      term = rownames(rows), estimate = rows[, "Estimate"], std_error = rows[, "Std. Error"], df = rows[, "df"],
      statistic = rows[, "t value"], p_value = rows[, "Pr(>|t|)"], row.names = NULL
    ),
    random_covariance = unclass(VarCorr(fit)$subject)[, , drop = FALSE], residual_variance = sigma(fit)^2,
    type_three = data.frame(
      term = rownames(tests), df1 = tests$NumDF, df2 = tests$DenDF, statistic = tests$`F value`,
      p_value = tests$`Pr(>F)`
    ),
    joint = list(
      terms = I(terms[tested]), df1 = joint$NumDF, df2 = joint$DenDF, statistic = joint$`F value`,
      p_value = joint$`Pr(>F)`
    ),
    blup = data.frame(subject = rownames(effects), unname(effects))
  )
}

fits <- list()
for (name in names(models)) {
  for (reml in c(TRUE, FALSE)) {
    fits <- c(fits, list(c(name = name, do.call(describe, c(models[[name]], reml)))))
  }
}
write_reference("lme4_lmertest", list(fits = fits))
