# fit_gls.R CSV unstructured: the MMRM by nlme::gls (no Kenward-Roger there).
suppressPackageStartupMessages(library(nlme))
data <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
data$position <- data$visit
data$visit <- factor(data$visit)
fit <- gls(chg ~ base * visit + arm * visit + age + sex, data,
  correlation = corSymm(form = ~ position | patient), weights = varIdent(form = ~ 1 | visit), method = "REML",
  control = glsControl(msMaxIter = 500)
)
term <- paste0("visit", max(data$position), ":armiv")
cat(sprintf('{"loglik": %.9f, "estimate": %.9f, "std_error": %.9f}\n', logLik(fit), coef(fit)[term], sqrt(vcov(fit)[term, term])))
