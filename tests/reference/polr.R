# Proportional odds by MASS::polr (maximum likelihood, observed information): the housing table of MASS, and arms with a baseline.
source("common.R")
suppressPackageStartupMessages(library(MASS))

rows_of <- function(fit) {
  table <- coef(summary(fit))
  data.frame(term = rownames(table), estimate = unname(table[, 1]), std_error = unname(table[, 2]))
}
tight <- list(reltol = 1e-14, maxit = 1000)

clinic <- read_table("confounded")
clinic$better <- factor(-findInterval(clinic$baseline + clinic$change, c(5, 10, 15, 20)), ordered = TRUE)
clinic$z <- (clinic$baseline - mean(clinic$baseline)) / sqrt(mean((clinic$baseline - mean(clinic$baseline))^2))
arms <- polr(better ~ treated + z, data = clinic, Hess = TRUE, control = tight)

houses <- polr(Sat ~ Infl + Type + Cont, weights = Freq, data = housing, Hess = TRUE, control = tight)
write_reference("polr", list(arms = rows_of(arms), bands = as.vector(table(clinic$better)), housing = rows_of(houses)))
