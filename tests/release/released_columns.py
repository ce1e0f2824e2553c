"""Every column that a released table, or the data of a figure, may have; none is an extreme of patients or tells one from another.

A column that is not here fails the test on the whole run: before adding it, see that each of its values is of at least the
minimum cell of patients (a count, a statistic, an estimate), of the study file, or of a publication. What a column holds is
judged here by whoever adds it; the test sees names.
"""

NAMES = """
aic analysis answer arm at_risk axis band band_lower baseline_answer baseline_mean baseline_sd between between_lower
between_upper bic bin_lower bin_upper censored change change_from_mean change_from_mean_lower change_from_mean_upper
change_lower change_upper comparison component contrast converged corrected correlation covariance cumulative
definition delta_reference delta_treated den_df design df difference difference_lower difference_upper differs_in
doi draws dropped_proportion dropped_rows dropped_subjects effective_n emulation end endpoint engine estimate events
events_reference events_treated expected file first_mean flagged formula group hazard_ratio
important instrument kept kind label lacks
level levels loglik lower mean measure median median_days merged method missing missing_information
missing_proportion model monte_carlo_error multiplicity n name n_analysed n_observations n_reference n_subjects n_treated
nnt note num_df observed observed_lower observed_reference observed_treated observed_upper order outcome_model overlapping
own_change own_change_lower own_change_upper own_estimate own_events own_lower own_n own_upper p5 p95 p_adjusted p_value percent population population_mean
population_sd primary proportion proportional_p q1 q3 quarantined random ratio ratio_lower ratio_upper raw reached
reason reference reference_after reference_before reference_mean reliability reliability_from reliability_needed remainder
remainder_lower remainder_upper risk_reference risk_treated route rows scale sd sd_ratio second_mean seen series_rule share
shrunken shrunken_lower shrunken_upper signal source smd smd_after smd_before specification spread started state statistic
stayed std_error step study subject target target_axis term tested text threshold time timepoint transition treated
treated_after treated_before treated_mean tried truncated type unit upper variable variance vcov warnings week
weights window withheld within without_weight
"""
COLUMNS = frozenset(NAMES.split())
# Words that a name has when it says the least or most of a group, or has a row for each patient.
WORDS = "min max minimum maximum smallest largest lowest highest range first last patient series id mrn birth"
FORBIDDEN = frozenset(WORDS.split())
# The mean of the first of two baselines; which series a publication counts; how many had no score after that one.
ALLOWED = {"first_mean", "series_rule", "good_last", "bad_last", "first_only"}
