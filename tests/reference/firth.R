# Firth's penalised logistic regression with the constant corrected (FLIC), and the risks standardised with it, by maximising the penalised
# log-likelihood directly (optim, then Newton steps with numerical derivatives). Errors from stacked estimating equations whose
# derivative is taken numerically; as in logistf, the derivative of Firth's equations is the information of the likelihood.
source("common.R")
people <- read_table("confounded")
people$payer <- factor(people$payer)
people$site <- factor(people$site)
t <- people$treated
# no treated patient of site b and no reference patient who pays alone has the outcome: maximum likelihood has no end in either arm
none <- (t == 1 & people$site == "b") | (t == 0 & people$payer == "self-pay")
y <- ifelse(none, 0, people$response)
x <- model.matrix(~ baseline + payer + failures + site, people)
x[, c("baseline", "failures")] <- scale(x[, c("baseline", "failures")])
n <- nrow(x)
k <- ncol(x)

information <- function(b, x) crossprod(x * sqrt(dlogis(drop(x %*% b))))
penalised <- function(b, x, y) sum(y * (x %*% b) - log1p(exp(x %*% b))) + determinant(information(b, x))$modulus / 2
maximise <- function(x, y) {
  objective <- function(b) -as.numeric(penalised(b, x, y))
  found <- optim(numeric(ncol(x)), objective, method = "BFGS", control = list(reltol = 1e-14, maxit = 5000))
  newton_polish(objective, found$par)
}
leverage <- function(b, x) {
  v <- dlogis(drop(x %*% b))
  v * rowSums((x %*% solve(information(b, x))) * x)
}
sides <- list(t == 1, t == 0)
firth <- lapply(sides, function(side) maximise(x[side, ], y[side]))
constant <- lapply(1:2, function(a) {
  offset <- drop(x[sides[[a]], -1] %*% firth[[a]][-1])
  unname(coef(glm(y[sides[[a]]] ~ 1, binomial, offset = offset, control = list(epsilon = 1e-14, maxit = 100))))
})

score_model <- glm(t ~ x - 1, binomial, control = list(epsilon = 1e-14, maxit = 100))
alpha <- unname(coef(score_model))
standardise <- function(method) {
  equations <- function(theta, penalty) {
    e <- plogis(drop(x %*% theta[1:k]))
    h <- e * (1 - e)
    blocks <- lapply(1:2, function(a) {
      side <- 1 * sides[[a]]
      start <- k + (a - 1) * (k + 1 + (method == "augmented") + 1)
      b <- theta[start + 1:k]
      corrected <- theta[start + k + 1]
      p <- plogis(drop(x %*% b))
      q <- plogis(corrected + drop(x[, -1] %*% b[-1]))
      pull <- numeric(n)
      if (penalty) pull[sides[[a]]] <- leverage(b, x[sides[[a]], ]) * (0.5 - p[sides[[a]]])
      w <- if (a == 1) 1 - e else e
      rest <- if (method == "augmented") cbind(side * w * (y - q - theta[start + k + 3]))
      cbind(x * side * (y - p + pull), side * (y - q), h * (q - theta[start + k + 2]), rest)
    })
    cbind(x * (t - e), do.call(cbind, blocks))
  }
  e <- fitted(score_model)
  tail <- lapply(1:2, function(a) {
    q <- plogis(constant[[a]] + drop(x[, -1] %*% firth[[a]][-1]))
    w <- if (a == 1) 1 - e else e
    side <- sides[[a]]
    rest <- if (method == "augmented") weighted.mean((y - q)[side], w[side])
    c(weighted.mean(q, e * (1 - e)), rest)
  })
  root <- c(alpha, firth[[1]], constant[[1]], tail[[1]], firth[[2]], constant[[2]], tail[[2]])
  bread <- numDeriv::jacobian(function(theta) colMeans(equations(theta, FALSE)), root)
  inverse <- solve(bread)
  v <- inverse %*% (crossprod(equations(root, TRUE)) / n) %*% t(inverse) / n
  size <- k + 1 + length(tail[[1]])
  pick <- numeric(length(root))
  pick[k + k + 1 + seq_along(tail[[1]])] <- 1
  pick[k + size + k + 1 + seq_along(tail[[2]])] <- -1
  list(method = method, difference = sum(pick * root), std_error = sqrt(drop(pick %*% v %*% pick)))
}
write_reference("firth", list(
  columns = colnames(x),
  outcome = y,
  arms = lapply(1:2, function(a) list(
    coefficients = firth[[a]], constant = constant[[a]],
    loglik = as.numeric(penalised(firth[[a]], x[sides[[a]], ], y[sides[[a]]]))
  )),
  standardised = lapply(c("g_computation", "augmented"), standardise)
))
