# Propensity scores, weights, balance, and standardised risks from base R's glm. Standard errors by a stack of estimating equations whose
# derivative is taken numerically (numDeriv): nothing of the package's algebra is used.
source("common.R")
people <- read_table("confounded")
people$payer <- factor(people$payer)
people$site <- factor(people$site)
score_model <- glm(treated ~ baseline + payer + failures + site, binomial, people, control = list(epsilon = 1e-14, maxit = 100))
x <- model.matrix(score_model)
t <- people$treated
e <- unname(fitted(score_model))
n <- nrow(people)

raw_weight <- function(kind, e) switch(kind,
  overlap = ifelse(t == 1, 1 - e, e),
  att = ifelse(t == 1, 1, e / (1 - e)),
  ate = ifelse(t == 1, 1 / e, 1 / (1 - e))
)
stabilise <- function(kind, w) {
  share <- mean(t)
  scale <- switch(kind, overlap = c(1, 1), att = c(1, (1 - share) / share), ate = c(share, 1 - share))
  w <- w * ifelse(t == 1, scale[1], scale[2])
  w / mean(w)
}
tilt <- function(kind, e) switch(kind, overlap = e * (1 - e), att = t, ate = rep(1, n))
smd <- function(v, w) {
  spread <- sqrt((mean((v[t == 1] - mean(v[t == 1]))^2) + mean((v[t == 0] - mean(v[t == 0]))^2)) / 2)
  (weighted.mean(v[t == 1], w[t == 1]) - weighted.mean(v[t == 0], w[t == 0])) / spread
}
levels_of <- cbind(baseline = people$baseline, failures = people$failures,
                   sapply(levels(people$payer), function(l) 1 * (people$payer == l)),
                   sapply(levels(people$site), function(l) 1 * (people$site == l)))

# A root of the stack by glm and weighted means; its error from the numerical derivative of the mean estimating function.
solve_stack <- function(equations, root) {
  bread <- numDeriv::jacobian(function(theta) colMeans(equations(theta)), root)
  meat <- crossprod(equations(root)) / n
  inverse <- solve(bread)
  inverse %*% meat %*% t(inverse) / n
}
k <- ncol(x)
alpha <- coef(score_model)
compare <- function(kind, y, method) {
  outcome <- lapply(1:0, function(a) coef(glm(y ~ x - 1, binomial, subset = t == a, control = list(epsilon = 1e-14, maxit = 100))))
  equations <- function(theta) {
    p <- plogis(drop(x %*% theta[1:k]))
    w <- raw_weight(kind, p)
    h <- tilt(kind, p)
    b <- list(theta[k + 1:k], theta[2 * k + 1:k])
    m <- lapply(b, function(one) plogis(drop(x %*% one)))
    side <- list(t, 1 - t)
    fits <- lapply(1:2, function(a) x * side[[a]] * (y - m[[a]]))
    means <- switch(method,
      weighted = lapply(1:2, function(a) cbind(side[[a]] * w * (y - theta[3 * k + a]))),
      g_computation = lapply(1:2, function(a) cbind(h * (m[[a]] - theta[3 * k + a]))),
      augmented = lapply(1:2, function(a) cbind(
        h * (m[[a]] - theta[3 * k + a]), side[[a]] * w * (y - m[[a]] - theta[3 * k + 2 + a])
      ))
    )
    both <- do.call(cbind, means)
    if (method == "augmented") both <- both[, c(1, 3, 2, 4)]
    cbind(x * (t - p), fits[[1]], fits[[2]], both)
  }
  w <- raw_weight(kind, e)
  h <- tilt(kind, e)
  m <- lapply(outcome, function(one) plogis(drop(x %*% one)))
  side <- list(t == 1, t == 0)
  hajek <- function(v) sapply(1:2, function(a) weighted.mean(v[[a]][side[[a]]], w[side[[a]]]))
  tail <- switch(method,
    weighted = hajek(list(y, y)),
    g_computation = sapply(m, weighted.mean, w = h),
    augmented = c(sapply(m, weighted.mean, w = h), hajek(lapply(m, function(one) y - one)))
  )
  v <- solve_stack(equations, c(alpha, outcome[[1]], outcome[[2]], tail))
  pick <- if (method == "augmented") c(1, -1, 1, -1) else c(1, -1)
  last <- seq_along(pick) + 3 * k
  list(weights = kind, method = method, difference = sum(pick * tail), std_error = sqrt(drop(pick %*% v[last, last] %*% pick)))
}

kinds <- c("overlap", "att", "ate")
weighted_change <- lapply(kinds, function(kind) {
  w <- stabilise(kind, raw_weight(kind, e))
  fit <- lm(change ~ treated + baseline, people, weights = w)
  z <- model.matrix(fit)
  inverse <- solve(crossprod(z * sqrt(w)))
  meat <- crossprod(z * w * resid(fit))
  list(weights = kind, difference = unname(coef(fit)["treated"]), hc0 = sqrt((inverse %*% meat %*% inverse)["treated", "treated"]))
})
write_reference("propensity", list(
  score = e,
  weights = lapply(setNames(kinds, kinds), function(kind) stabilise(kind, raw_weight(kind, e))),
  effective_n = lapply(setNames(kinds, kinds), function(kind) {
    w <- stabilise(kind, raw_weight(kind, e))
    c(sum(w[t == 1])^2 / sum(w[t == 1]^2), sum(w[t == 0])^2 / sum(w[t == 0]^2))
  }),
  levels = colnames(levels_of),
  smd = lapply(setNames(c("none", kinds), c("none", kinds)), function(kind) {
    w <- if (kind == "none") rep(1, n) else raw_weight(kind, e)
    unname(apply(levels_of, 2, smd, w = w))
  }),
  change = weighted_change,
  response = unlist(lapply(kinds, function(kind) lapply(
    c("weighted", "g_computation", "augmented"), function(method) compare(kind, people$response, method)
  )), recursive = FALSE)
))
