"""What a report is made of: blocks, the study's released tables, and tables as a reader wants them."""
