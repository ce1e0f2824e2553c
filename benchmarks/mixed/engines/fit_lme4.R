# fit_lme4.R CSV slope: the random-slope model by lme4 (no degrees of freedom there).
suppressPackageStartupMessages(library(lme4))
data <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
fit <- lmer(chg ~ base + arm * time + age + sex + (1 + time | patient), data)
term <- "armiv:time"
cat(sprintf('{"loglik": %.9f, "estimate": %.9f, "std_error": %.9f}\n', logLik(fit), fixef(fit)[term], sqrt(vcov(fit)[term, term])))
