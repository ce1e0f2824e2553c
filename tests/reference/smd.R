# Standardised differences between arms, in base R by another way than the formula of Yang & Dalton: the Mahalanobis
# distance between the mean indicator vectors of two arms, with the mean of their covariances.
source("common.R")
three <- read_table("three_arms")
three$band <- cut(three$change, quantile(three$change, c(0, 0.3, 0.5, 0.7, 1), na.rm = TRUE), include.lowest = TRUE, labels = c("a", "b", "c", "d"))

population_cov <- function(x) cov(x) * (nrow(x) - 1) / nrow(x)
indicators <- function(values) model.matrix(~values)[, -1, drop = FALSE]

numeric_smd <- function(x, y) (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)
category_smd <- function(x, y) {
  one <- indicators(x)
  other <- indicators(y)
  spread <- (population_cov(one) + population_cov(other)) / 2
  sqrt(unname(mahalanobis(colMeans(one), colMeans(other), spread)))
}

pairs <- combn(c("placebo", "high", "low"), 2, simplify = FALSE)
rows <- lapply(pairs, function(pair) {
  one <- three[three$arm == pair[2] & !is.na(three$change), ]
  other <- three[three$arm == pair[1] & !is.na(three$change), ]
  list(
    contrast = paste(pair[2], "-", pair[1]), change = numeric_smd(one$change, other$change),
    band = category_smd(one$band, other$band), visit = category_smd(factor(one$visit), factor(other$visit))
  )
})
write_reference("smd", list(
  edges = as.numeric(quantile(three$change, c(0, 0.3, 0.5, 0.7, 1), na.rm = TRUE)), differences = rows
))
