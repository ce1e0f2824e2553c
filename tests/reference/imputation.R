# Missing changes replaced by their conditional means at the REML estimate, patient by patient, under each strategy of Carpenter, Roger &
# Kenward (2013): joint distributions are written out in full, and the part after the last observed change is conditioned on the part before.
source("common.R")
library(nlme)
gls <- with_polish(nlme::gls)

trial <- read_table("trial_unbalanced")
visits <- sort(unique(trial$visit))
trial$position <- match(trial$visit, visits)
trial$visit <- factor(trial$visit, visits)
trial$arm <- factor(trial$arm, c("control", "active"))
fit <- gls(change ~ arm * visit + baseline * visit, data = trial, method = "REML",
           correlation = corSymm(form = ~ position | subject), weights = varIdent(form = ~ 1 | visit))
full <- names(which(table(trial$subject) == length(visits)))[1]
sigma <- matrix(unclass(getVarCov(fit, individual = full)), length(visits))

people <- trial[!duplicated(trial$subject), c("subject", "arm", "baseline", "weight")]
changes <- matrix(NA, nrow(people), length(visits))
changes[cbind(match(trial$subject, people$subject), trial$position)] <- trial$change

mean_of <- function(arm, baseline) {
  new <- data.frame(arm = factor(arm, levels(trial$arm)), baseline = baseline, visit = factor(visits, visits))
  as.vector(model.matrix(~ arm * visit + baseline * visit, new) %*% coef(fit))
}

# gaps from the patient's own arm; then the part after the last change from the strategy's joint distribution
impute <- function(y, arm, baseline, strategy) {
  own <- mean_of(arm, baseline)
  reference <- mean_of("control", baseline)
  last <- max(0, which(!is.na(y)))
  before <- seq_len(last)
  gaps <- before[is.na(y[before])]
  seen <- which(!is.na(y))
  if (length(gaps))
    y[gaps] <- own[gaps] + sigma[gaps, seen, drop = FALSE] %*% solve(sigma[seen, seen, drop = FALSE], y[seen] - own[seen])
  after <- setdiff(seq_along(y), before)
  if (!length(after)) return(y)
  mean <- own
  if (arm == "active" && strategy != "imputed_mar") {
    if (strategy == "copy_reference" || last == 0) mean <- reference
    else if (strategy == "jump_to_reference") mean[after] <- reference[after]
    else mean[after] <- own[last] + reference[after] - reference[last]
  }
  y[after] <- mean[after]
  if (last) y[after] <- y[after] + sigma[after, before, drop = FALSE] %*% solve(sigma[before, before, drop = FALSE], y[before] - mean[before])
  y
}

rows <- list()
for (strategy in c("imputed_mar", "jump_to_reference", "copy_reference", "copy_increments")) {
  filled <- t(sapply(seq_len(nrow(people)), function(i)
    impute(changes[i, ], as.character(people$arm[i]), people$baseline[i], strategy)))
  for (visit in seq_along(visits)) {
    analysis <- lm(filled[, visit] ~ arm + baseline, data = people, weights = weight)
    rows[[length(rows) + 1]] <- data.frame(analysis = strategy, visit = visits[visit], estimate = unname(coef(analysis)["armactive"]))
  }
}
write_reference("imputation", list(estimates = do.call(rbind, rows), sigma = sigma))
