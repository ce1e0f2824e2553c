"""Sites beside one another: what each observed, what a model without site expects of its patients, and how far apart they are."""
