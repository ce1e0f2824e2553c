"""A formula read against the rows: factors, their columns, and what each subject brings to them."""
