# fit_mmrm.R CSV unstructured: the MMRM by mmrm with Kenward-Roger, its defaults otherwise.
suppressPackageStartupMessages(library(mmrm))
data <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
last <- max(data$visit)
data$visit <- factor(data$visit)
data$patient <- factor(data$patient)
fit <- mmrm(chg ~ base * visit + arm * visit + age + sex + us(visit | patient), data, method = "Kenward-Roger-Linear")
row <- coef(summary(fit))[paste0("visit", last, ":armiv"), ]
cat(sprintf('{"loglik": %.9f, "estimate": %.9f, "std_error": %.9f}\n', logLik(fit), row["Estimate"], row["Std. Error"]))
