# Times known only to lie between two visits: Turnbull, Kaplan-Meier at the first visit that shows the loss, Aalen-Johansen with
# further treatment as a competing outcome, Cox and Weibull hazards with weights and sandwich variances.
source("common.R")
library(survival)

rows <- read_table("seen_at_visits")
rows$x <- as.numeric(rows$arm == "b")
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
competing <- function(part) {
  part$state <- factor(part$outcome, 0:2, c("none", "loss", "again"))
  fit <- survfit(Surv(last, state) ~ 1, part, id = subject)
  at <- summary(fit, times = 7 * weeks, extend = TRUE)
  list(weeks = weeks, states = fit$states, share = at$pstate, std_error = at$std.err)
}
ratio <- function(log_ratio, error) list(log_ratio = unname(log_ratio), std_error = unname(error))
cox <- function(weights) {
  part <- rows[rows$last > 14, ]
  part$w <- weights[rows$last > 14]
  fit <- coxph(Surv(last - 14, outcome == 1) ~ x, part, weights = w, robust = TRUE, ties = "efron",
    control = coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 50))
  c(ratio(coef(fit), sqrt(vcov(fit)[1, 1])), list(proportional_p = cox.zph(fit, "km")$table["x", "p"]))
}
# survreg's own robust variance of interval-censored rows differs by a tenth from the sandwich of its likelihood, so the middle is
# made here from numerical derivatives of each row's likelihood; the bread is survreg's.
weibull <- function(weights) {
  part <- cbind(rows, w = weights)
  part <- part[part$lower > 14 | part$outcome == 1, ] # who was never seen after the landmark says nothing
  left <- ifelse(part$lower > 14, part$lower - 14, NA) # nothing earlier than the landmark: left-censored
  right <- ifelse(part$outcome == 1, part$upper - 14, NA)
  fit <- survreg(Surv(left, right, type = "interval2") ~ x, part, weights = w, dist = "weibull",
    control = survreg.control(rel.tolerance = 1e-12, maxiter = 100))
  beyond <- function(time, p) exp(-exp((log(time) - p[1] - p[2] * part$x) / exp(p[3])))
  loglik <- function(p) log(ifelse(is.na(left), 1, beyond(left, p)) - ifelse(is.na(right), 0, beyond(right, p)))
  scores <- numDeriv::jacobian(loglik, c(coef(fit), log(fit$scale))) * part$w
  vcov <- vcov(fit) %*% crossprod(scores) %*% vcov(fit)
  slope <- c(0, -1 / fit$scale, coef(fit)[["x"]] / fit$scale) # of -beta / scale by intercept, beta, log(scale)
  ratio(-coef(fit)[["x"]] / fit$scale, sqrt(drop(slope %*% vcov %*% slope)))
}

arms <- split(rows, rows$arm)
write_reference("durability", list(
  turnbull = lapply(arms, turnbull),
  kaplan_meier = lapply(arms, kaplan_meier),
  competing = lapply(arms, competing),
  cox = list(none = cox(rep(1, nrow(rows))), weighted = cox(rows$weight)),
  weibull_interval = list(none = weibull(rep(1, nrow(rows))), weighted = weibull(rows$weight))
))
