# Times known only to lie between two visits: Turnbull, and Kaplan-Meier at the first visit that shows the loss.
source("common.R")
library(survival)

rows <- read_table("seen_at_visits")
rows$last <- ifelse(rows$outcome > 0, rows$upper, rows$lower)
weeks <- c(4, 6, 8, 10, 12, 15)

# survival's own self-consistency steps, carried on until they stand still; as shipped they end at 5e-5.
patched <- survival:::survfitTurnbull
text <- gsub("5e-05", "1e-13", deparse(patched))
patched <- eval(parse(text = text), envir = asNamespace("survival"))

turnbull <- function(part) {
  loss <- ifelse(part$outcome == 1, part$upper, NA)
  response <- Surv(part$lower, loss, type = "interval2")
  fit <- patched(factor(rep(1, nrow(part))), response, rep(1, nrow(part)), se.fit = FALSE)
  drop <- -diff(c(1, fit$surv))
  list(time = fit$time[drop > 1e-9], mass = drop[drop > 1e-9])
}
kaplan_meier <- function(part) {
  fit <- survfit(Surv(last, outcome == 1) ~ 1, part, conf.type = "log-log")
  at <- summary(fit, times = 7 * weeks, extend = TRUE)
  data.frame(week = weeks, share = at$surv, lower = at$lower, upper = at$upper)
}

arms <- split(rows, rows$arm)
write_reference("durability", list(
  turnbull = lapply(arms, turnbull),
  kaplan_meier = lapply(arms, kaplan_meier)
))
