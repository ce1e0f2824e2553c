"""Which figures a study has, what each is called and says, and the released rows behind it; draws nothing."""
