"""How long a response lasts after the induction, when it is seen only at visits."""
