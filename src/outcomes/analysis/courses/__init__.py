"""Groups of patients whose scores take a similar course."""
