# Least-squares means and their differences by emmeans: Kenward-Roger (expected information), Satterthwaite, residual and
# normal degrees of freedom; adjustments within a visit.
source("common.R")
suppressPackageStartupMessages({
  library(lmerTest)
  library(emmeans)
  library(nlme)
})
gls <- with_polish(nlme::gls)
control <- lmerControl(optimizer = "polished_bobyqa", calc.derivs = FALSE)

three <- read_table("three_arms")
three$position <- three$visit
three$visit <- factor(three$visit)
three$arm <- factor(three$arm, c("placebo", "high", "low"))
trial <- read_table("trial_unbalanced")
trial$position <- trial$visit
trial$visit <- factor(trial$visit)
trial$arm <- factor(trial$arm, c("control", "active"))
trial$sex <- factor(trial$sex, c("F", "M"))

table_of <- function(grid, ...) {
  rows <- as.data.frame(summary(grid, infer = TRUE, ...))
  old <- c("emmean", "estimate", "SE", "t.ratio", "z.ratio", "p.value", "lower.CL", "asymp.LCL", "upper.CL", "asymp.UCL")
  new <- c("estimate", "estimate", "std_error", "statistic", "statistic", "p_value", "lower", "lower", "upper", "upper")
  for (k in seq_along(old)) names(rows)[names(rows) == old[k]] <- new[k]
  rows$df[is.infinite(rows$df)] <- NA # normal: JSON has no infinity
  rows
}
describe <- function(means, ...) {
  # revpairwise: the reference level, which comes first, is the one subtracted.
  pairs <- contrast(means, "revpairwise")
  adjust <- c("none", "holm", "sidak", "tukey")
  list(
    ..., margins = table_of(means),
    differences = lapply(setNames(adjust, adjust), function(a) table_of(pairs, adjust = a))
  )
}

mixed <- lmer(change ~ baseline + arm * visit + (1 | subject), three, control = control)
marginal <- gls(change ~ baseline + arm * visit, three,
  correlation = corSymm(form = ~ position | subject), weights = varIdent(form = ~ 1 | visit)
)
large <- gls(change ~ baseline * visit + arm * visit + age + sex, trial,
  correlation = corSymm(form = ~ position | subject), weights = varIdent(form = ~ 1 | visit)
)
fits <- list(
  describe(emmeans(mixed, ~ arm | visit, lmer.df = "kenward-roger"),
    data = "three_arms", formula = "change ~ baseline + arm * visit", random = "1", df = "kenward_roger"
  ),
  describe(emmeans(mixed, ~ arm | visit, lmer.df = "satterthwaite"),
    data = "three_arms", formula = "change ~ baseline + arm * visit", random = "1", df = "satterthwaite"
  ),
  # emmeans would also subtract the covariance parameters; residual df here are N - p.
  describe(emmeans(marginal, ~ arm | visit, df = marginal$dims$N - marginal$dims$p),
    data = "three_arms", formula = "change ~ baseline + arm * visit", covariance = "unstructured", df = "residual"
  ),
  describe(emmeans(large, ~ arm | visit, mode = "asymptotic"),
    data = "trial_unbalanced", formula = "change ~ baseline * visit + arm * visit + age + sex",
    covariance = "unstructured", df = "normal"
  )
)
write_reference("emmeans", list(fits = fits))
